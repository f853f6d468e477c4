"""Faults on purpose, and the record of what was said."""
