"""Starting: what importing, the first request and the emulator's start take."""
