"""Posts requests to the event bridge. The only user of httpx, which is imported when the first one is sent.

``pool`` keeps connections, ``posting`` does one POST, ``sending`` repeats it where that is wise.
"""

from __future__ import annotations

from ..retry import RetryInfo
from .pool import HttpPool
from .sending import HttpRequester

__all__ = ["HttpPool", "HttpRequester", "RetryInfo"]
