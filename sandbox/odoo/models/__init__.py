"""The models this Odoo has: `catalogue` declares them, `seed` holds the first records, the rest is behaviour."""
