"""The models this Odoo has: `catalogue` declares them, `seed` fills a new database, the rest is behaviour."""
