"""TaskRouter for Python."""
