"""The three doors: XML-RPC, JSON-RPC and JSON-2, and the HTTP server they are in."""
