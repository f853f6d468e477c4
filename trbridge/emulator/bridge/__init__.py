"""The event bridge: requests over HTTP, and websockets."""
