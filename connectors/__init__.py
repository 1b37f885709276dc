"""One folder a kind of system. A connector depends on `hub.ports` and `hub.values`, and on no other connector."""
