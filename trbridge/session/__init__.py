"""The life of a connection without any I/O: states, deadlines, back-off, heartbeat, token expiry.

Theory of operation
-------------------

A :class:`Session` never reads a clock, opens a socket or sleeps. Whoever drives it calls a method for each thing
that happens, with the time ``now``; afterwards takes the effects out with :meth:`Session.effects` and carries them
out in order; and calls :meth:`Session.wake` when the time is :attr:`Session.deadline`. Everything that changes the
state is in this package, and the state only changes along the table :data:`~trbridge.session.states.TRANSITIONS`;
an input that the table does not have for a state is ignored, so it cannot come at the wrong moment.

*One socket.* ``Dial`` is only asked for when there is no socket and no attempt: a socket that is given up gets
``CloseSocket`` first. (The original kept it, and got every event twice, Q25.) Each ``Dial`` has a new *epoch*, and
what comes with an old one, from a dead socket or a late answer, is ignored.

*On open*: ``RequestReady``, then ``Connected``, and ``Ready`` when the request was answered; the original's order
(wire-protocol 3.2). A ready request that fails is reported and repeated (Q5).

*On loss*: ``Disconnected`` once, with code and reason (Q28); attempts that fail are each a ``Report``. What a
failure means is one table, :data:`~trbridge.session.outcomes.OUTCOMES`. Waits grow as in v1, with full jitter, and
start again only after a stable minute.

*The token* may run out while the socket is open: that changes nothing for the socket (wire-protocol 3.7). With a
provider, a new one is asked for early, and in any case before an attempt with a token that is over (F52). A refused
token is renewed once; if that one is refused too, the session stops.

All times are seconds on one axis that never jumps, such as ``loop.time()``.
"""

from . import effects
from .backoff import Backoff, full_jitter
from .effects import Effect
from .machine import Session
from .options import SessionOptions
from .outcomes import OUTCOMES, Failure, Verdict, classify
from .states import TRANSITIONS, Input, State, mermaid

__all__ = [
    "OUTCOMES",
    "TRANSITIONS",
    "Backoff",
    "Effect",
    "Failure",
    "Input",
    "Session",
    "SessionOptions",
    "State",
    "Verdict",
    "classify",
    "effects",
    "full_jitter",
    "mermaid",
]
