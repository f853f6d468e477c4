"""A caller of an application that receives event callbacks, and what the service would send."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from trbridge.webhooks import EventCallbacks

SECRET = "0123456789abcdef0123456789abcdef"
AC, WS, WT, EV = "AC" + "1" * 32, "WS" + "2" * 32, "WT" + "3" * 32, "EV" + "4" * 32
NOW = 1_893_456_000
FORM = {
    "Sid": EV,
    "AccountSid": AC,
    "WorkspaceSid": WS,
    "WorkspaceName": "Demo",
    "EventType": "task.created",
    "EventDescription": "Task created",
    "ResourceType": "task",
    "ResourceSid": WT,
    "Timestamp": str(NOW),
    "TimestampMs": f"{NOW}500",
    "TaskSid": WT,
    "TaskAttributes": '{"name":"Zoë & co"}',
    "TaskPriority": "3",
    "TaskAssignmentStatus": "pending",
}

Headers = Iterable[tuple[bytes, bytes]]


class Caller:
    """Calls an application as an ASGI server does.

    Args:
        app: The application.
        url: What it is asked for.
    """

    def __init__(self, app: EventCallbacks, url: str = "https://example.com/events?key=1") -> None:
        self.app, self.url = app, url
        self.headers: dict[str, str] = {}

    def scope(self, headers: Headers, **changes: Any) -> dict[str, Any]:
        scheme, _, rest = self.url.partition("://")
        host, slash, path = rest.partition("/")
        path, _, query = f"{slash}{path}".partition("?")
        return {
            "type": "http",
            "method": "POST",
            "scheme": scheme,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(b"host", host.encode()), *headers],
            "client": ("203.0.113.9", 5000),
            **changes,
        }

    async def raw(self, scope: dict[str, Any], *parts: bytes) -> int:
        """Send a body in parts; the status of the answer, 0 for none."""
        messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": part, "more_body": number < len(parts)}
            for number, part in enumerate(parts, 1)
        ]
        answers: list[Any] = []

        async def receive() -> dict[str, Any]:
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            answers.append(message)

        await self.app(scope, receive, send)
        if not answers:
            return 0
        self.headers = {name.decode(): value.decode() for name, value in answers[0]["headers"]}
        self.text = answers[1]["body"].decode()
        return int(answers[0]["status"])

    async def post(
        self, form: dict[str, str] | bytes = FORM, *, signature: str | None = "right", more: Headers = (), **scope: Any
    ) -> int:
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        headers = [(b"content-type", b"application/x-www-form-urlencoded; charset=UTF-8"), *more]
        if signature is not None:
            right = RequestValidator(SECRET).compute_signature(self.url, form if isinstance(form, dict) else {})
            headers.append((b"x-twilio-signature", (right if signature == "right" else signature).encode()))
        return await self.raw(self.scope(headers, **scope), body)


def signed(**options: Any) -> EventCallbacks:
    return EventCallbacks(SECRET, now=lambda: NOW, **options)


def heard(app: Any, name: str = "task.created") -> list[Any]:
    got: list[Any] = []
    app.emitter.on(name, got.append)
    return got
