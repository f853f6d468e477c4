"""Whether to send a failed request again, and after how long. Pure: chance and time are arguments.

v1 meant to retry but never did (Q1), and it would have repeated at once and whatever it was. Here:

====================================================  ==================  ===========================
what failed                                           not carried out     perhaps carried out
====================================================  ==================  ===========================
429; 503 with ``Retry-After`` or Twilio's error body  retried             --
500, 502, 504, any other 503                          --                  retried if repeatable
no connection (``dns``, ``refused``, ...), timeouts   retried             retried if repeatable
an answer that broke off or is not the protocol's     --                  retried if repeatable
a certificate that is not accepted (``tls``)          never               never
every other answer (400, 401, 403, 404, 409, ...)     never               --
====================================================  ==================  ===========================

What is repeatable (sending it twice does what sending it once does):

====================================================  ==================  ===========================
request                                               repeatable          because
====================================================  ==================  ===========================
GET, and POST to ``.../RealTimeStatistics``           yes                 it only reads
DELETE                                                yes                 a 404 then means it worked
POST to a SID with ``If-Match``                       yes                 a second one gets a 412
POST to a SID: properties                             yes                 the same values again
POST to a SID: a status, an instruction, or           no                  the second gets a 400 or 410,
``RejectPendingReservations``                                             or acts on something newer
POST to anything else: a create, a v2 action          no                  there would be two
====================================================  ==================  ===========================
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC
from typing import Final

import msgspec

from .errors import ApiError, DecodeError, RequestError, RequestTimeout, TransportError
from .sids import is_sid
from .wire import Request

__all__ = ["MAX_WAIT", "RetryInfo", "backoff", "decide", "is_repeatable", "is_transient", "parse_retry_after"]

MAX_WAIT: Final = 60.0
"""Longest wait for a ``Retry-After``, in seconds [I]: beyond it the caller should decide, not we."""

_BASE: Final = 0.8
"""Seconds of the first back-off: v2's figure (wire-protocol 4.6); those of v1.23 are unknown."""

_CAP: Final = 30.0
"""Longest back-off in seconds, as for reconnecting (v1's ``min(30, 2^k - 1)``)."""

_DAY: Final = 86400.0
_RETRIED_STATUSES: Final = frozenset({429, 500, 502, 503, 504})
_TRANSITIONS: Final = frozenset(
    {"AssignmentStatus", "Instruction", "RejectPendingReservations", "ReservationStatus", "TransferStatus"}
)
# [0-9], not \d: float() takes the digits of other scripts, and underscores.
_SECONDS: Final = re.compile(r"-?[0-9]{1,300}(?:\.[0-9]{1,300})?")


class RetryInfo(msgspec.Struct, frozen=True):
    """What an ``on_retry`` hook is told. Holds no token and no parameter.

    Attributes:
        method: ``GET``, ``POST`` or ``DELETE``.
        url: The REST URL, without its query.
        attempt: The attempt that failed, from 1.
        max_retries: How many retries there may be.
        delay: Seconds until the next attempt.
        error: Why it failed.
    """

    method: str
    url: str
    attempt: int
    max_retries: int
    delay: float
    error: RequestError


def decide(
    request: Request, error: RequestError, attempt: int, max_retries: int, random: Callable[[], float]
) -> float | None:
    """Seconds to wait before the next attempt, or None to give up.

    Args:
        request: What was sent.
        error: How it failed; ``outcome_unknown`` tells whether it may have been carried out.
        attempt: Which attempt failed, from 1.
        max_retries: How many retries there may be.
        random: Gives numbers in [0, 1); spreads the retries of many clients.
    """
    if attempt > max_retries or not is_transient(error):
        return None
    if error.outcome_unknown and not is_repeatable(request):
        return None
    after: float | None = getattr(error, "retry_after", None)
    # Never before the moment the service named (F63), and not everybody in that moment.
    return backoff(attempt, random) if after is None else min(after, MAX_WAIT) + random() * _BASE


def backoff(attempt: int, random: Callable[[], float]) -> float:
    """Seconds after the given attempt: truncated exponential, full jitter: [0, min(30, 0.8 * 2^(attempt - 1)))."""
    return random() * min(_CAP, _BASE * 2.0 ** min(max(attempt, 1) - 1, 16))


def is_transient(error: RequestError) -> bool:
    """Tell whether the same request might succeed later."""
    if isinstance(error, ApiError):
        return error.status in _RETRIED_STATUSES
    if isinstance(error, TransportError):
        # A bad certificate does not get better, and asking again gives an attacker more chances (check 14).
        return error.kind != "tls"
    return isinstance(error, (RequestTimeout, DecodeError))


def is_repeatable(request: Request) -> bool:
    """Tell whether sending the request twice does no more than sending it once (see the table above)."""
    if request.method in ("GET", "DELETE"):
        return True
    last = request.url.partition("?")[0].rstrip("/").rpartition("/")[2]
    if last == "RealTimeStatistics":
        return True
    # Only what exists has a version: If-Match on a create protects nothing.
    return is_sid(last) and (request.if_match is not None or _TRANSITIONS.isdisjoint(request.params or ()))


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a ``Retry-After`` header asks for (RFC 9110 section 10.2.3), between 0 and a day.

    Args:
        value: The header: seconds or an HTTP date. Anything else counts as no header.
        now: Seconds since 1970, for the date.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        seconds: float | None = float(text)
    else:
        seconds = _seconds_until(text, now)
    return None if seconds is None else min(max(seconds, 0.0), _DAY)


def _seconds_until(date: str, now: float) -> float | None:
    # Imported here: only a server in trouble sends dates.
    from email.utils import parsedate_to_datetime

    if not 0 < len(date) <= 100:
        return None
    try:
        moment = parsedate_to_datetime(date)
        # "-0000" reads as a naive datetime; an HTTP date is always UTC.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
