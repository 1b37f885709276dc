"""Sage 100 read by SQL, on SQLite and PostgreSQL with tables of its shape. No SQL Server was ever asked."""
