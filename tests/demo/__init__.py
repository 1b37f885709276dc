"""The demo: what a newcomer sees first must work, look right, and not hide a failure."""
