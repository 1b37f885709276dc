"""Sage over files: the conformance suite against a small Sage, and each kind of bad input."""
