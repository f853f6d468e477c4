"""The REST API over HTTP: credentials, parameters and answers. What is asked for is done by :mod:`.dispatch`.

A plain ASGI application: between the server and the table of routes there is nothing but this.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ...errors import ApiError, BadRequest, InvalidArgument
from ...paths import resource_path
from ..access.basic_auth import Credentials, unauthorized
from ..access.rate_limits import RateLimits
from ..options import Options
from ..web import (
    AsgiScope,
    Receive,
    Send,
    check_host,
    check_origin,
    headers_of,
    parse_form,
    read_body,
    send_answer,
    send_preflight,
)
from .answer import Answer, Call, error_answer
from .dispatch import dispatch, methods_of
from .router import Segments, not_found

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["Rest"]


class Rest:
    """Serves ``/v1/Workspaces`` and everything below it.

    Args:
        engine: The emulator's core; its account and secret are the credentials.
        options: The emulator's choices.
        limits: Counts requests, those of the bridge as well.
    """

    def __init__(self, engine: Engine, options: Options, limits: RateLimits) -> None:
        self._engine = engine
        self._options = options
        self._limits = limits
        self._credentials = Credentials(engine)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            if scope["method"] == "OPTIONS":
                await send_preflight(send, methods_of(_segments(scope)))
                return
            answer = await self._answer(scope, receive)
        except ApiError as error:
            answer = error_answer(error)
        await send_answer(send, answer)

    async def _answer(self, scope: AsgiScope, receive: Receive) -> Answer:
        headers = headers_of(scope)
        host = check_host(headers, allow_remote=self._options.allow_remote)
        check_origin(headers, self._options.origins, allow_remote=self._options.allow_remote)
        if not self._credentials.match(headers):
            return unauthorized()
        form, json = await self._body(scope, receive, headers)
        tag = headers.get(b"if-match")
        call = Call(
            method=scope["method"],
            path=_segments(scope),
            query=parse_form(scope["query_string"]),
            form=form,
            json=json,
            if_match=None if tag is None else tag.decode("latin-1"),
            base_url=f"{scope['scheme']}://{host}/v1",
            account_sid=self._engine.account_sid,
        )
        return dispatch(self._engine, call, self._limits)

    async def _body(
        self, scope: AsgiScope, receive: Receive, headers: dict[bytes, bytes]
    ) -> tuple[dict[str, list[str]], Any]:
        if scope["method"] != "POST":
            return {}, None
        body = await read_body(receive, headers, self._options.max_body)
        if headers.get(b"content-type", b"").startswith(b"application/json"):
            return {}, _json(body)
        return parse_form(body), None


_PLAIN: Final = re.compile(r"(?:/[A-Za-z0-9_-]+)+/?")


def _segments(scope: AsgiScope) -> Segments:
    raw: str = scope["raw_path"].decode("ascii")
    if _PLAIN.fullmatch(raw) is not None:
        return raw.removesuffix("/").split("/")[1:]  # nearly always: nothing in it can be read in two ways
    try:
        return resource_path(raw)
    except InvalidArgument:
        raise not_found(raw.split("/")[1:]) from None


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body) if body.strip() else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequest(f"The body is not JSON: {error}") from error
