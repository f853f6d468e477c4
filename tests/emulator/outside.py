"""Calls of the REST API without HTTP: what a test wants of an engine from the outside."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from trbridge.emulator.access.rate_limits import RateLimits
from trbridge.emulator.engine import Engine
from trbridge.emulator.rest.answer import Answer, Call, Dialect
from trbridge.emulator.rest.dispatch import dispatch
from trbridge.emulator.state.model import Workspace

BASE = "http://127.0.0.1:1/v1"


def form_of(values: dict[str, Any]) -> dict[str, list[str]]:
    """Python values as a form."""
    return {name: list(map(str, value if isinstance(value, list) else [value])) for name, value in values.items()}


class Outside:
    """An engine and one workspace in it, called as REST would."""

    def __init__(self, engine: Engine, workspace: Workspace, dialect: Dialect = "v1") -> None:
        self.engine = engine
        self.workspace = workspace
        self.dialect = dialect
        self.limits: RateLimits | None = None

    def __call__(
        self,
        method: str,
        path: str = "",
        values: dict[str, Any] | None = None,
        if_match: str | None = None,
        **more: Any,
    ) -> Answer:
        """Call a path below the workspace; one that starts with a slash is below ``/v1``; a URL is taken whole."""
        if path.startswith("http"):
            url = path
        elif path.startswith("/"):
            url = BASE + path
        else:
            url = f"{BASE}/Workspaces/{self.workspace.sid}" + (f"/{path}" if path else "")
        parts = urlsplit(url)
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        given = form_of(values or {})
        call = Call(
            method=method,
            path=parts.path.split("/")[1:],
            query={**query, **given} if method == "GET" else query,
            form={} if method == "GET" else given,
            if_match=if_match,
            base_url=BASE,
            account_sid=self.engine.account_sid,
            dialect=self.dialect,
            **more,
        )
        return dispatch(self.engine, call, self.limits)

    def get(self, path: str = "", **values: Any) -> dict[str, Any]:
        """Body of a GET that went well."""
        return self._body(self("GET", path, values), 200)

    def create(self, path: str, **values: Any) -> dict[str, Any]:
        """Body of a POST that made something."""
        return self._body(self("POST", path, values), 201)

    def update(self, path: str = "", **values: Any) -> dict[str, Any]:
        """Body of a POST that changed something."""
        return self._body(self("POST", path, values), 200)

    def delete(self, path: str) -> None:
        """A DELETE that went well."""
        assert self("DELETE", path) == Answer(204)

    def refused(self, method: str, path: str = "", status: int = 400, **values: Any) -> str:
        """The message of a call that went wrong."""
        answer = self(method, path, values)
        assert answer.status == status, answer.body
        assert answer.body is not None
        assert answer.body["status"] == status
        assert answer.body["more_info"] == f"https://www.twilio.com/docs/errors/{answer.body['code']}"
        return str(answer.body["message"])

    @staticmethod
    def _body(answer: Answer, status: int) -> dict[str, Any]:
        assert answer.status == status, answer.body
        assert answer.body is not None
        return answer.body
