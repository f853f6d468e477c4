"""Seeds: a file in, a workspace out, and back."""
