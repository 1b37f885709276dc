"""The real daemon, killed without warning at any instant, and what must be true afterwards."""
