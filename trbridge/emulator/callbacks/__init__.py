"""Assignment and event callbacks: what goes out over HTTP, and what the answers mean."""
