"""What is real does not get into the emulator, and what is the emulator's does not go to Twilio (check 34)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from click.testing import CliRunner

from trbridge import InvalidArgument, Worker, WorkerCapability, Workspace, WorkspaceCapability
from trbridge.cli.root import trbridge
from trbridge.emulator import Emulator
from trbridge.sids import DEMO_ACCOUNT_SID

WS, WK = "WS" + "2" * 32, "WK" + "3" * 32
SECRET = "0123456789abcdef" * 2
BY_CHANCE = hashlib.md5(b"secret", usedforsecurity=False).hexdigest()
ACCOUNT = "AC" + hashlib.md5(b"account", usedforsecurity=False).hexdigest()
LOOPBACK: dict[str, Any] = {"api_base_url": "http://127.0.0.1:9/v1", "event_bridge_base_url": "http://127.0.0.1:9"}
TWILIO: list[dict[str, Any]] = [
    {},
    {"region": "ie1"},
    {**LOOPBACK, "api_base_url": "https://taskrouter.twilio.com/v1"},
    {**LOOPBACK, "event_bridge_base_url": "https://event-bridge.ie1.us1.twilio.com:443"},
]


def workspace_token(account_sid: str) -> str:
    return WorkspaceCapability(account_sid, SECRET, WS).to_jwt()


@pytest.mark.parametrize("where", TWILIO)
def test_a_demo_accounts_token_does_not_go_to_twilio(where: dict[str, Any]) -> None:
    """Said with what to do, rather than 403 for ever; and nobody learns the token."""
    token = workspace_token(DEMO_ACCOUNT_SID)
    for make in (
        lambda: Workspace(token, **where),
        lambda: Worker(WorkerCapability(DEMO_ACCOUNT_SID, SECRET, WS, WK).to_jwt(), **where),
    ):
        with pytest.raises(InvalidArgument, match=r"demo account, which .*twilio\.com(:443)? does not know") as caught:
            make()
        assert "TRBRIDGE_API_BASE_URL" in str(caught.value)


async def test_nor_one_of_a_provider() -> None:
    """Before anything is sent."""
    client = Workspace(lambda: workspace_token(DEMO_ACCOUNT_SID))
    with pytest.raises(InvalidArgument, match="demo account"):
        await client.connect()
    await client.aclose()


def test_other_accounts_and_other_places_are_fine() -> None:
    for where in TWILIO:
        Workspace(workspace_token(ACCOUNT), **where)
    Workspace(workspace_token(DEMO_ACCOUNT_SID), **LOOPBACK)
    for bridge in ("https://nottwilio.com", "https://twilio.com.example"):
        Workspace(workspace_token(DEMO_ACCOUNT_SID), api_base_url=f"{bridge}/v1", event_bridge_base_url=bridge)


def test_a_real_accounts_secret_is_taken_only_on_request() -> None:
    """Who pasted it by mistake is told; who wants to test a program with tokens for it says so."""
    with pytest.raises(InvalidArgument, match="look like those of a real account") as caught:
        Emulator(account_sid=ACCOUNT, auth_token=BY_CHANCE)
    assert BY_CHANCE not in str(caught.value)
    emulator = Emulator(account_sid=ACCOUNT, auth_token=BY_CHANCE, real_account=True)
    assert emulator.account_sid == ACCOUNT
    emulator.engine.close()


@pytest.mark.parametrize(
    "given",
    [
        {"auth_token": BY_CHANCE},
        {"account_sid": ACCOUNT},
        {"account_sid": "AC" + "1" * 32, "auth_token": BY_CHANCE},
        {"account_sid": ACCOUNT, "auth_token": SECRET},
        {"account_sid": ACCOUNT, "auth_token": "correct horse battery staple 1234"},
        {"account_sid": DEMO_ACCOUNT_SID, "auth_token": BY_CHANCE},
    ],
)
def test_what_was_made_up_is_taken(given: dict[str, str]) -> None:
    """One that is real is of no use without the other."""
    Emulator(**given).engine.close()  # type: ignore[arg-type]


def test_the_command_line_refuses_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRBRIDGE_ACCOUNT_SID", ACCOUNT)
    monkeypatch.setenv("TRBRIDGE_AUTH_TOKEN", BY_CHANCE)
    result = CliRunner().invoke(trbridge, ["serve", "--port", "0"])
    assert result.exit_code == 1
    assert "--real-account" in result.output
    assert BY_CHANCE not in result.output
