"""One function per reader: it takes any bytes, and raises if the reader does what it must not.

What a reader may do with bad input is to raise its own error, in words that fit into a log. Anything else is a finding:
another exception, a broken promise about what it returned, or ten seconds without an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from .answers import read_http_answer
from .callbacks import read_callback
from .events import read_event
from .expressions import read_expression
from .pages import read_page_url
from .seeds import read_seed
from .tokens import read_token
from .workflows import read_workflow

__all__ = ["TARGETS", "Target"]

Target = Callable[[bytes], None]

TARGETS: Final[Mapping[str, Target]] = {
    "event": read_event,
    "answer": read_http_answer,
    "callback": read_callback,
    "token": read_token,
    "page": read_page_url,
    "expression": read_expression,
    "workflow": read_workflow,
    "seed": read_seed,
}
