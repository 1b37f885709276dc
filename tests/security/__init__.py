"""Secrets that must turn up nowhere, and doors that must stay shut. Run alone: `pytest tests/security`."""
