"""The fixtures are in a module of their own, which mypy can tell from other folders'."""

from bot_fixtures import station

__all__ = ["station"]
