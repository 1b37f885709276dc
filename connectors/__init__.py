"""One folder a kind of system. A connector depends on `hub.ports` and `hub.values`, on no other connector."""
