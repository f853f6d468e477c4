"""Connections: what one costs, to make, to keep and to make again."""
