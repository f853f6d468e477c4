"""The fixtures are in a module of their own, which mypy can tell from other folders'."""

from client_fixtures import bench, workspace

__all__ = ["bench", "workspace"]
