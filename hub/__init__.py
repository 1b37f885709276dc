"""The engine: golden records, merge, matching, delivery. It knows no connector, no web and no Odoo."""

__version__ = "0.1.0"
