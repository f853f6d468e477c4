"""A client of the event bridge in a test's hand."""

from __future__ import annotations

import json
from typing import Any

from outside_world import World

from trbridge.emulator.access.gatekeeper import Gatekeeper
from trbridge.emulator.access.minting import mint
from trbridge.emulator.bridge.app import Bridge
from trbridge.emulator.options import Options
from trbridge.emulator.rest.answer import Answer, error_answer
from trbridge.errors import ApiError

__all__ = ["API", "Client"]

API = "https://taskrouter.twilio.com/v1"


class Client:
    """A client of the bridge, without a network."""

    def __init__(self, world: World, kind: str = "workspace", sid: str | None = None) -> None:
        self.world = world
        self.engine = world.engine
        self.sid = sid or world.workspace.sid
        self.token = mint(self.engine, self.sid, kind, 3600, full=True)
        self.bridge = Bridge(self.engine, Gatekeeper(self.engine, Options()), Options())

    def post(self, body: Any, channel: tuple[str, str] | None = None, **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        names = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
        try:
            return self.bridge.answer(
                channel or (self.engine.account_sid, self.sid), raw, names, "http://127.0.0.1:1/v1"
            )
        except ApiError as error:
            return error_answer(error)

    def __call__(self, method: str, path: str = "", params: Any = None, **more: Any) -> Answer:
        url = f"{API}/Workspaces/{self.world.workspace.sid}{path}"
        body = {"url": url, "method": method, "token": self.token, "params": params, **more}
        return self.post({name: value for name, value in body.items() if value is not None})

    def payload(self, method: str, path: str = "", params: Any = None, **more: Any) -> Any:
        answer = self(method, path, params, **more)
        assert answer.status == 200, answer.body
        assert answer.body is not None
        return answer.body["payload"]

    def refused(self, body: Any, channel: tuple[str, str] | None = None) -> tuple[int, str]:
        answer = self.post(body, channel)
        assert answer.body is not None
        assert self.token not in str(answer)
        return answer.status, answer.body["message"]
