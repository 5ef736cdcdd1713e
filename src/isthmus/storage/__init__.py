"""Accounts, keys, settings and the request log, kept in SQLite, PostgreSQL or MySQL/MariaDB by the same code."""
