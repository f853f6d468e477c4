"""Following the log of events: what to ask for, what is new, what is done.

:mod:`.window` decides, without I/O; :mod:`.follower` asks and hands out; :mod:`.doubles` recognises what came in
two ways.
"""

from .doubles import Doubles
from .follower import Follower
from .window import Ask, Entry, Window

__all__ = ["Ask", "Doubles", "Entry", "Follower", "Window"]
