"""One POST to the bridge: out goes a body with a token, back comes an answer or a typed error."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import urlsplit

from ..answers import Answer, printable
from ..errors import InvalidArgument, RequestTimeout, TransportError
from ..hints import REPEAT_WITH_CARE, hint_for_kind
from ..troubles import diagnose
from ..wire import Request, encode_request

if TYPE_CHECKING:
    from .pool import Connections

__all__ = ["Body", "Headers", "headers_for", "post", "timed_out"]

Headers = Sequence[tuple[bytes, bytes]]
"""Names and values as they are sent."""

_WORDS: Final[Mapping[str, str]] = {
    "dns": "the name of {host} could not be resolved",
    "refused": "{host} refused the connection",
    "unreachable": "{host} could not be reached",
    "reset": "{host} ended the connection before the answer was complete",
    "tls": "no trusted connection to {host}",
    "proxy": "the proxy did not let the request through to {host}",
    "protocol": "{host} answered something that is not HTTP",
    "network": "the connection to {host} failed",
}


class Body:
    """The body of one POST. Hides the token that is in it from logs and tracebacks.

    Args:
        request: What to ask.
        token: With which token.

    Attributes:
        asked_for: True once a connection has taken it. Before that the bridge cannot have acted: what it
            has got so far is headers at most.

    Raises:
        InvalidArgument: A parameter is no text that can be sent.
    """

    __slots__ = ("_data", "_token", "asked_for")

    def __init__(self, request: Request, token: str) -> None:
        self.asked_for = False
        self._token = token
        try:
            self._data = encode_request(request, token)
        except UnicodeEncodeError:
            raise InvalidArgument("a parameter holds half a character (a lone surrogate), which has no UTF-8") from None

    def __len__(self) -> int:
        return len(self._data)

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a request's body holds a token and is neither pickled nor copied")

    def take(self) -> bytes:
        """The bytes, for a connection."""
        self.asked_for = True
        return self._data

    def scrub(self, data: bytes) -> bytes:
        """The data without the token, should a server send it back."""
        return data.replace(self._token.encode(), b"***") if self._token else data


def headers_for(request: Request) -> Headers:
    """The headers of the POST, except for those that say where to and how much.

    The content type is the one v1's browsers sent for a string. It is the only one of which the service
    is known to take it; that the bridge ignores it is inferred (wire-protocol 4.1).

    Raises:
        InvalidArgument: The version for ``If-Match`` is no header value (check 20).
    """
    version = request.if_match
    if version is None:
        return _standing_headers()
    if not version.strip() or not version.isascii() or not version.isprintable():
        raise InvalidArgument(
            f"if_match must be a version as the ETag header gave it, not {printable(repr(version), 60)}"
        )
    return (*_standing_headers(), (b"If-Match", version.encode()))


@functools.cache
def _standing_headers() -> Headers:
    from .. import __version__

    return (
        (b"Accept", b"application/json"),
        # Only what Inflater undoes within its limit.
        (b"Accept-Encoding", b"gzip"),
        (b"Content-Type", b"text/plain;charset=UTF-8"),
        (b"User-Agent", f"trbridge/{__version__}".encode()),
    )


async def post(connections: Connections, url: str, headers: Headers, body: Body, method: str) -> Answer:
    """Post the body and read the answer.

    Args:
        connections: Which ones to use.
        url: The channel URL.
        headers: As :func:`headers_for` makes them.
        body: Used for this POST only.
        method: The REST method inside; decides whether a lost answer leaves the outcome unknown.

    Raises:
        TimeoutError: The transport has a time limit of its own, and it is over.
        TransportError: There was no answer, or not all of it.
        DecodeError: A success that is too large or wrongly compressed.
        InvalidArgument: The URL is none.
    """
    import httpx

    from .exchange import exchange

    try:
        return await exchange(connections, url, headers, body)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
        failure: InvalidArgument | TransportError = InvalidArgument(f"{_host(url)} is not a place to post to")
        cause = None
    except (httpx.TimeoutException, TimeoutError) as error:
        body.asked_for = body.asked_for and not _before_sending(error)
        raise TimeoutError from None
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        failure, cause = _no_answer(error, url)
        failure.outcome_unknown = method != "GET" and body.asked_for and not _before_sending(error)
        failure.hint = REPEAT_WITH_CARE if failure.outcome_unknown else failure.hint
    # Outside of the handlers, so that httpx's error, whose frames hold the body, is not dragged along.
    raise failure from cause


def timed_out(seconds: float, url: str, body: Body, method: str) -> RequestTimeout:
    """The error for a POST whose time is over."""
    if not body.asked_for:
        return RequestTimeout(f"no connection to {_host(url)} within {seconds:g} s; nothing was sent")
    error = RequestTimeout(f"{_host(url)} did not answer within {seconds:g} s")
    if method != "GET":
        error.outcome_unknown, error.hint = True, REPEAT_WITH_CARE
    return error


def _no_answer(error: Exception, url: str) -> tuple[TransportError, OSError | None]:
    trouble = diagnose(error, _kind_by_class(error))
    words = _WORDS[trouble.kind].format(host=_host(url))
    failure = TransportError(
        f"{words}: {printable(trouble.detail)}" if trouble.detail else words, hint=hint_for_kind(trouble.kind)
    )
    failure.kind = trouble.kind
    return failure, trouble.cause and trouble.cause.with_traceback(None)


def _kind_by_class(error: Exception) -> str:
    """The kind where the system had no error to tell. The libraries' words may quote the network: not used."""
    import httpx

    if isinstance(error, httpx.ProxyError):
        return "proxy"
    if isinstance(error, httpx.ProtocolError):
        # httpcore and h11 have no class of its own for a server that hangs up.
        return "reset" if "disconnected" in str(error) or "closed connection" in str(error) else "protocol"
    return "reset" if isinstance(error, (httpx.NetworkError, httpx.StreamError)) else "network"


def _before_sending(error: Exception) -> bool:
    import httpx

    return isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError))


def _host(url: str) -> str:
    """Host and port of a URL: no user, no path."""
    try:
        return printable(urlsplit(url).netloc.rpartition("@")[2], 100) or "(no host)"
    except ValueError:
        return "(no host)"
