"""The receiver for hosted exchanges: real HTTP on loopback, messages of our own in each vendor's shape."""
