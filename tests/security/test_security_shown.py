"""No object shows the secret that it holds, in whatever way it is looked at (check 2)."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
import pprint
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from secrets_of import found_in

from trbridge import (
    TaskQueue,
    TaskQueueCapability,
    TaskRouterError,
    Worker,
    WorkerCapability,
    Workspace,
    WorkspaceCapability,
    errors,
    peek_unverified,
    verify,
)
from trbridge.bot import Bot
from trbridge.credentials import Credentials
from trbridge.emulator import Emulator
from trbridge.emulator.options import Options
from trbridge.requester import HttpRequester
from trbridge.requester.posting import Body
from trbridge.signatures import Secrets
from trbridge.urls import websocket_url
from trbridge.webhooks import EventCallbacks
from trbridge.wire import Request

AC, WS, WK, WQ = ("AC" + "1" * 32, "WS" + "2" * 32, "WK" + "3" * 32, "WQ" + "4" * 32)


def _asdict(value: Any) -> str:
    return str(dataclasses.asdict(value)) if dataclasses.is_dataclass(value) and not isinstance(value, type) else ""


def _vars(value: Any) -> str:
    return str(vars(value)) if hasattr(value, "__dict__") else ""


def _pickle(value: Any) -> str:
    """The pickle's bytes as text; what cannot be pickled shows nothing but its refusal."""
    try:
        return pickle.dumps(value).decode("latin-1")
    except Exception as error:  # noqa: BLE001 whatever refuses it, its words must not show the secret
        return f"{error!r} {traceback.format_exc()}"


WAYS: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "format": "{}".format,
    "f-string": lambda value: f"{value} {value!r} {value!s} {value!a}",
    "percent": lambda value: "%s %r" % (value, value),  # noqa: UP031 it is one of the ways
    "pprint": pprint.pformat,
    "asdict": _asdict,
    "vars": _vars,
    "pickle": _pickle,
    "in a list": lambda value: str([value, {"key": value}]),
}

BASES: dict[str, Any] = {"api_base_url": "http://127.0.0.1:9/v1", "event_bridge_base_url": "http://127.0.0.1:9"}


def holders(secret: str) -> dict[str, tuple[Any, list[str]]]:
    """Everything that holds a secret, and the secrets."""
    workspace = WorkspaceCapability(AC, secret, WS).allow_fetch_subresources()
    worker, queue = WorkerCapability(AC, secret, WS, WK), TaskQueueCapability(AC, secret, WS, WQ)
    token, worker_token, queue_token = workspace.to_jwt(), worker.to_jwt(), queue.to_jwt()
    body = Body(Request("GET", "https://taskrouter.twilio.com/v1/Workspaces"), token)
    return {
        "workspace builder": (workspace, [secret]),
        "worker builder": (worker, [secret]),
        "queue builder": (queue, [secret]),
        "workspace client": (Workspace(token, **BASES), [token]),
        "client with a provider": (Workspace(workspace.to_jwt, **BASES), [secret]),
        "worker client": (Worker(worker_token, **BASES), [worker_token]),
        "queue client": (TaskQueue(queue_token, **BASES), [queue_token]),
        "bot": (Bot(worker_token, **BASES), [worker_token]),
        "credentials": (Credentials(token, "workspace"), [token]),
        "claims": (peek_unverified(token), [token, secret]),
        "verified claims": (verify(token, secret), [token, secret]),
        "event callbacks": (EventCallbacks(secret), [secret]),
        "requester": (HttpRequester(), [token]),
        "request body": (body, [token]),
        "signing secrets": (Secrets([secret]), [secret]),
        "emulator": (Emulator(auth_token=secret, account_sid=AC), [secret]),
        "emulator options": (Options(api_keys={"SK" + "5" * 32: secret}), [secret]),
    }


NAMES = list(holders("0123456789abcdef" * 2))
secrets = st.text("0123456789abcdef", min_size=32, max_size=32)


@settings(deadline=None, max_examples=15)
@given(secrets)
def test_nothing_that_holds_a_secret_shows_it(secret: str) -> None:
    """Every public object that has one, in every way of showing it."""
    for name, (value, hidden) in holders(secret).items():
        for way, show in WAYS.items():
            assert found_in(show(value), hidden) == [], f"{way} of {name}"
        with suppress(AttributeError):
            value.engine.close()


async def test_a_connected_client_shows_none_either() -> None:
    """Nor what it hands out."""
    async with Emulator(random_seed=7) as emulator:
        capability = WorkspaceCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid)
        token = capability.allow_fetch_subresources().to_jwt()
        bases: dict[str, Any] = {
            "api_base_url": emulator.api_base_url,
            "event_bridge_base_url": emulator.event_bridge_base_url,
        }
        async with Workspace(token, **bases) as workspace:
            page = await workspace.activities.fetch()
            shown = [workspace, workspace.resource, workspace.workers, page, page[0], workspace.emitter]
            for value in shown:
                for way, show in WAYS.items():
                    assert found_in(show(value), [token, emulator.auth_token]) == [], f"{way} of {value!r}"


def failing(secret: str, token: str) -> list[Callable[[], object]]:
    """Calls that are refused with a secret among their arguments."""
    other = WorkspaceCapability(AC, "f" * 32, "WS" + "9" * 32).to_jwt()
    return [
        lambda: verify(token, "f" * 32),
        lambda: verify(token[:-3], secret),
        lambda: verify(token, secret[:-1]),
        lambda: verify(token, secret, now=1e12),
        lambda: peek_unverified(token.replace(".", "", 1)),
        lambda: peek_unverified(f" {token}"),
        lambda: peek_unverified(token + "=" * 200_000),
        lambda: Worker(token, **BASES),
        lambda: Workspace(token, region="../", **BASES),
        lambda: Workspace(token, api_base_url=f"https://user:{secret}@example.com/v1"),
        lambda: Workspace(token, event_bridge_base_url=f"https://example.com/?token={token}"),
        lambda: Workspace(token, **BASES).update_token(other),
        lambda: WorkspaceCapability(secret, secret, WS),
        lambda: WorkspaceCapability(AC, secret[:-1], WS),
        lambda: websocket_url("https://example.com/x", token, disconnect_activity_sid="x"),
        lambda: EventCallbacks(secret, unsigned=True),
        lambda: EventCallbacks(secret, url=f"ftp://{secret}"),
    ]


@settings(deadline=None, max_examples=15)
@given(secrets.filter(lambda text: len(set(text)) > 4))
def test_no_error_shows_one(secret: str) -> None:
    """Neither its words nor its traceback."""
    token = WorkspaceCapability(AC, secret, WS).to_jwt()
    for number, call in enumerate(failing(secret, token)):
        try:
            call()
        except TaskRouterError as error:
            shown = "".join(WAYS[way](error) for way in ("repr", "str", "f-string", "pprint", "vars", "pickle"))
            allowed = [secret] if "must be a SID" not in str(error) else []
            assert found_in(shown + traceback.format_exc(), [token, *allowed]) == [], number
        else:
            raise AssertionError(f"number {number} was not refused")


@pytest.mark.parametrize("name", NAMES)
def test_every_holder_is_one(name: str) -> None:
    """The secret is really there: looked for in all that can be reached, it is found."""
    value, hidden = holders("0123456789abcdef" * 2)[name]
    if name in {"claims", "verified claims", "requester"}:
        return  # what is made of a secret, and does not keep it
    assert any(secret in _inside(value) for secret in hidden), name


def _inside(value: Any, depth: int = 5) -> str:
    """Text of all that an object reaches, whatever it shows of itself."""
    if isinstance(value, (str, bytes)):
        return value if isinstance(value, str) else value.decode("latin-1")
    if depth == 0:
        return ""
    if isinstance(value, dict):
        parts: list[Any] = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = list(value)
    else:
        slots = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
        fields = value.__struct_fields__ if isinstance(value, msgspec.Struct) else ()
        parts = [*getattr(value, "__dict__", {}).values(), *[getattr(value, n, None) for n in (*slots, *fields)]]
        parts += [getattr(value, "__self__", None)]
    return "\n".join(_inside(part, depth - 1) for part in parts)


def test_every_error_class_takes_words_only() -> None:
    """None has a place for a token: what is shown is what was put into the words."""
    for name in errors.__all__:
        cls = getattr(errors, name)
        if isinstance(cls, type):
            assert not any("token" in parameter for parameter in inspect.signature(cls).parameters), name
