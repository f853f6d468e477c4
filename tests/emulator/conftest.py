"""The fixtures are in a module of their own, which mypy can tell from other folders'."""

from emulator_fixtures import engine, workspace

__all__ = ["engine", "workspace"]
