"""Tests of the Odoo connector: on cassettes recorded from real servers, and on servers that misbehave."""
