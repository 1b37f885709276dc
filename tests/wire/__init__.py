"""Everything that can go wrong on the way to an Odoo and back, tried on the whole hub."""
