"""The event bridge's requests: a JSON body with a token and a REST call in it (wire-protocol 4).

The call is carried out by the same table of routes as REST, in process. What the token may do is decided by
its policies, over the very path that is then asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from ...errors import ApiError, BadRequest, Forbidden, InvalidArgument, NotFound
from ...paths import resource_path, split_url
from ...policies import decide
from ...sids import is_sid
from ..access.gatekeeper import Bearer, Gatekeeper
from ..access.rate_limits import RateLimits
from ..options import Options
from ..rest.answer import Answer, Call, error_answer
from ..rest.dispatch import dispatch
from ..rest.parameters import shown
from ..rest.router import Segments
from ..web import AsgiScope, Receive, Send, check_host, headers_of, parse_form, read_body, send_answer, send_preflight
from .dialect_v2 import is_relative, path_of, renamed

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["Bridge", "Envelope", "encode_form"]

_METHODS: Final = ("GET", "POST", "DELETE")
_BASE: Final = re.compile(r"(https?://[^/?#\s]+(?:/[^/?#\s]+)*?/v1)/Workspaces(?:[/?#]|$)")


class Envelope(msgspec.Struct):
    """The body of a request (wire-protocol 4.1)."""

    url: str
    method: str
    token: str = ""
    params: dict[str, Any] | None = None
    event_type: str | None = None


_decode: Final = msgspec.json.Decoder(Envelope).decode


def encode_form(params: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """Parameters as REST takes them: text, or several texts under one name (wire-protocol 4.1).

    Objects, and lists that hold more than scalars, are JSON text; other lists repeat the parameter. A null is
    no parameter.
    """
    form: dict[str, list[str]] = {}
    for name, value in (params or {}).items():
        if value is not None:
            form[name] = [_text(item) for item in value] if _repeats(name, value) else [_text(value)]
    return form


def _repeats(name: str, value: Any) -> bool:
    if not isinstance(value, list) or not value or name in _JSON_NAMES:
        return False
    return not any(isinstance(item, (dict, list)) or item is None for item in value)


_JSON_NAMES: Final = frozenset({"Attributes", "Configuration", "EvaluateWorkerAttributes"})
"""A list here is a document, whatever it holds."""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


class Bridge:
    """Serves ``POST /v1/wschannels/{AC}/{channel}``, and ``POST /v1/wschannels`` for the second generation.

    Args:
        engine: The emulator's core.
        gatekeeper: Knows whom to let in.
        options: The emulator's choices.
        limits: Counts requests, those of REST as well; none when left out.
    """

    def __init__(
        self, engine: Engine, gatekeeper: Gatekeeper, options: Options, limits: RateLimits | None = None
    ) -> None:
        self._engine = engine
        self._gatekeeper = gatekeeper
        self._options = options
        self._limits = limits

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer one request. The content type means nothing: browsers send text/plain (wire-protocol 4.1)."""
        if scope["method"] == "OPTIONS":
            await send_preflight(send, ("GET", "POST"))
            return
        try:
            headers = headers_of(scope)
            host = check_host(headers, allow_remote=self._options.allow_remote)
            if scope["method"] != "POST":
                raise BadRequest("The event bridge takes POST, and GET for a websocket.")
            body = await read_body(receive, headers, self._options.max_body)
            answer = self.answer(channel_of(scope), body, headers, f"{scope['scheme']}://{host}/v1")
        except ApiError as error:
            answer = error_answer(error)
        await send_answer(send, answer)

    def answer(
        self, channel: tuple[str, str] | None, body: bytes, headers: Mapping[bytes, bytes], base_url: str
    ) -> Answer:
        """The answer to one request's body.

        Args:
            channel: Account and channel SID of the URL it was posted to; None where the token says which.
            body: The body.
            headers: Its headers, for ``If-Match``.
            base_url: Where REST is, for a call that names no absolute URL.

        Raises:
            ApiError: The request is not let through; what REST answers comes back as an answer.
        """
        envelope = _envelope(body)
        bearer = self._gatekeeper.check(envelope.token, channel, "POST")
        call = self._call(envelope, bearer, headers, base_url)
        answer = dispatch(self._engine, call, self._limits)
        if not answer.ok:
            return answer
        # Everything but 200 is a failure to the original client, and so is an empty body (wire-protocol 4.2).
        return Answer(200, {"event_type": envelope.event_type, "payload": answer.body}, answer.headers)

    def _call(self, envelope: Envelope, bearer: Bearer, headers: Mapping[bytes, bytes], base_url: str) -> Call:
        method = envelope.method.upper()
        if method not in _METHODS:
            raise BadRequest(f"Invalid method. '{shown(envelope.method)}' is not one of {', '.join(_METHODS)}.")
        internal = is_relative(envelope.url)
        path, query = _split(f"/v1/{envelope.url}" if internal else envelope.url)
        params = encode_form(envelope.params)
        if internal:
            path, params = path_of(path), renamed(params)
        if path[:2] != ("v1", "Workspaces"):
            raise NotFound(f"'{shown(envelope.url)}' is no URL of TaskRouter: its path must begin with /v1/Workspaces.")
        self._authorize(bearer, method, path, query, params)
        tag = headers.get(b"if-match")
        base = _BASE.match(envelope.url)
        reads = method == "GET"
        in_url = parse_form(query.encode())
        return Call(
            method=method,
            path=path,
            query=_merged(in_url, params) if reads else in_url,
            form={} if reads else params,
            json=envelope.params,
            if_match=None if tag is None else tag.decode("latin-1"),
            base_url=base_url if base is None else base[1],
            account_sid=self._engine.account_sid,
            dialect="v2" if internal else "v1",
        )

    def _authorize(self, bearer: Bearer, method: str, path: Segments, query: str, params: dict[str, list[str]]) -> None:
        # Decided over the very segments that are then asked for.
        url = "/".join(("", *map(quote, path))) + (f"?{query}" if query else "")
        reads = method == "GET"
        decision = decide(bearer.policies, method, url, query=params if reads else None, form=None if reads else params)
        if not decision:
            raise Forbidden(f"The token does not allow this: {decision.reason}.")


def _envelope(body: bytes) -> Envelope:
    try:
        return _decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequest(f"The body is not a request to the event bridge: {error}") from None


def _split(url: str) -> tuple[tuple[str, ...], str]:
    try:
        return split_url(url)
    except InvalidArgument as error:
        raise BadRequest(f"Invalid url. {error.message}.") from None


def _merged(first: dict[str, list[str]], second: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: [*first.get(name, ()), *second.get(name, ())] for name in {**first, **second}}


def channel_of(scope: AsgiScope) -> tuple[str, str] | None:
    """Account and channel of a channel's URL; None for the URL without them, where the token says which.

    Raises:
        NotFound: It is no channel's URL.
    """
    raw = scope["raw_path"].decode("ascii")
    try:
        path = resource_path(raw)
    except InvalidArgument:
        path = ()
    if path == ("v1", "wschannels"):
        return None
    if path[:2] != ("v1", "wschannels") or len(path) != 4 or not is_sid(path[2], "AC"):
        raise NotFound(f"'{shown(raw)}' is no channel: its URL is /v1/wschannels/AC.../WS... (or WK..., WQ...)")
    return path[2], path[3]
