"""Requests: a POST and its answer as an object."""
