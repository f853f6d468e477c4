"""The emulator: what a request costs, an event to a thousand websockets, and a task."""
