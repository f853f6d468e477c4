"""Event dispatch: from the bytes of a websocket to a listener."""
