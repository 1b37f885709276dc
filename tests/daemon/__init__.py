"""The daemon: its parts one by one, and the whole of it as a process of its own on a workbook and an Odoo."""
