"""``trbridge token`` prints a token that does what was asked, and takes its secrets from the environment only."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from trbridge.cli.root import trbridge
from trbridge.cli.text import printable
from trbridge.tokens import authorize, verify

AC, WS, WK, WQ = (prefix + "0" * 32 for prefix in ("AC", "WS", "WK", "WQ"))
SECRET = "s" * 32
VARIABLES = {"TWILIO_ACCOUNT_SID": AC, "TWILIO_AUTH_TOKEN": SECRET, "TWILIO_WORKSPACE_SID": ""}


def run(*arguments: str, **more: str) -> Result:
    return CliRunner().invoke(trbridge, ["token", *arguments], env={**VARIABLES, **more})


@pytest.mark.parametrize(
    ("arguments", "kind", "sid"),
    [
        (["workspace", WS], "workspace", WS),
        (["worker", WK, "--workspace", WS], "worker", WK),
        (["taskqueue", WQ, "--workspace", WS], "taskqueue", WQ),
    ],
)
def test_each_kind(arguments: list[str], kind: str, sid: str) -> None:
    result = run(*arguments)
    claims = verify(result.stdout.strip(), SECRET)
    assert (result.exit_code, claims.kind, claims.channel_sid, claims.workspace_sid) == (0, kind, sid, WS)
    assert claims.expires_at is not None
    assert claims.not_before is not None
    assert claims.expires_at - claims.not_before == 3600


def test_the_workspace_may_come_from_the_environment() -> None:
    assert verify(run("worker", WK, TWILIO_WORKSPACE_SID=WS).stdout.strip(), SECRET).workspace_sid == WS


def test_more_is_allowed_if_asked_for_and_told() -> None:
    plain = verify(run("workspace", WS).stdout.strip(), SECRET)
    activities = f"/v1/Workspaces/{WS}/Activities"
    assert not authorize(plain, "POST", activities)
    result = run("workspace", WS, "--allow", "update-subresources", "--allow", "fetch-subresources", "--ttl", "60")
    wide = verify(result.stdout.strip(), SECRET)
    assert authorize(wide, "POST", activities)
    assert f"note: this token may change everything below /v1/Workspaces/{WS}" in result.stderr
    assert wide.expires_at is not None
    assert wide.not_before is not None
    assert wide.expires_at - wide.not_before == 60


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        (["workspace", WS], {"TWILIO_AUTH_TOKEN": ""}, "TWILIO_AUTH_TOKEN is not set"),
        (["workspace", WS], {"TWILIO_ACCOUNT_SID": " "}, "TWILIO_ACCOUNT_SID is not set"),
        (["workspace", WS], {"TWILIO_AUTH_TOKEN": "short"}, "auth_token must be"),
        (["workspace", WK], {}, "must be a SID that starts with WS"),
        (["worker", WK], {}, "which workspace is the worker in?"),
        (["workspace", WS, "--allow", "everything"], {}, "--allow everything is not known here"),
        (["workspace", WS, "--allow", "update-activities"], {}, "it can be update-self"),
        (["workspace", WS, "--ttl", "-5"], {}, "ttl"),
    ],
)
def test_what_is_missing_or_wrong_is_said(arguments: list[str], variables: dict[str, str], message: str) -> None:
    result = run(*arguments, **variables)
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert SECRET not in result.output


def test_there_is_no_option_for_a_secret() -> None:
    """Arguments are visible to everybody on the machine (security check 6)."""
    assert run("workspace", WS, "--auth-token", SECRET).exit_code == 2
    assert "environment" in run("--help").output


def test_nothing_that_moves_the_cursor_is_printed() -> None:
    assert printable("a\x1b[2Jb\nc\u202ed\xe9") == r"a\x1b[2Jb\nc\u202edé"
