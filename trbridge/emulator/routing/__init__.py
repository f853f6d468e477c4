"""Routing: workflows, who is eligible, what becomes of tasks and reservations."""
