"""Two records of one system made one, and apart again: one suite, run against every way that is done."""
