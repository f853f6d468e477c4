"""The fixtures are in a module of their own, which mypy can tell from other folders'."""

from client_fixtures import absent, bench, seat, workspace

__all__ = ["absent", "bench", "seat", "workspace"]
