"""The models this Odoo has: declarations (`catalogue`), behaviour (`partner`, `users`, `base`), first records (`seed`)."""
