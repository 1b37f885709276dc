"""The record set class, under the name the rest of the sandbox imports."""

from sandbox.odoo.web import Records

__all__ = ["Records"]
