"""Tests against real servers, and the means to have those servers on a plain Debian machine.

They run with ``-m live`` only. What they promise, they promise of the software a customer runs, not of a
stand-in.
"""
