"""``trbridge listen`` connects and prints what comes."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator

import pytest
from box import COMMAND, Box, environment, serving
from click.testing import CliRunner

from trbridge.capabilities import WorkspaceCapability
from trbridge.cli.root import trbridge


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with serving("--workspace-events") as running:
        yield running


def variables(box: Box, **more: str) -> dict[str, str]:
    return {
        "TRBRIDGE_API_BASE_URL": f"{box.facts['rest']}/v1",
        "TRBRIDGE_EVENT_BRIDGE_BASE_URL": box.facts["event_bridge"],
        "TWILIO_ACCOUNT_SID": box.facts["account_sid"],
        "TWILIO_AUTH_TOKEN": box.facts["auth_token"],
        "TWILIO_WORKSPACE_SID": box.facts["workspace_sid"],
        "TRBRIDGE_TOKEN": "",
        **more,
    }


def listen(box: Box, *arguments: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "listen", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        input=stdin,
        env=environment(**variables(box, **more)),
        check=False,
    )


def test_with_a_sid_it_makes_its_own_tokens(box: Box) -> None:
    result = listen(box, box.facts["workspace_sid"], "--count", "2", "--event", "connected", "--event", "ready")
    assert result.returncode == 0, result.stderr
    first, second = result.stdout.splitlines()
    assert first.split()[1:] == ["connected"]
    assert second.split()[1] == "ready"
    assert box.facts["workspace_sid"] in second


def test_an_event_is_a_line_in_words() -> None:
    """For a person; programs take --json."""
    from trbridge.cli.listen import _in_words
    from trbridge.errors import ConnectionFailed
    from trbridge.events import Disconnected, StateChange
    from trbridge.session.states import State

    assert _in_words(StateChange(old=State.IDLE, new=State.CONNECTING)) == "idle -> connecting"
    assert _in_words(Disconnected(message="gone", retry_in=0.44)) == "gone, again in 0.4 s"
    assert _in_words(Disconnected(message="gone")) == "gone"
    assert _in_words(ConnectionFailed("no websocket")) == "no websocket"
    assert _in_words({"sid": "WS1"}) == "{'sid': 'WS1'}"


def test_a_worker_and_a_queue_too(box: Box) -> None:
    workspace = f"Workspaces/{box.facts['workspace_sid']}"
    worker = box.post(f"{workspace}/Workers", FriendlyName="Alice")["sid"]
    queue = box.post(f"{workspace}/TaskQueues", FriendlyName="English")["sid"]
    for sid in (worker, queue):
        result = listen(box, sid, "--count", "1", "--event", "ready")
        assert (result.returncode, sid in result.stdout) == (0, True), result.stderr


def test_events_are_printed_as_json_while_they_come_until_ctrl_c(box: Box) -> None:
    workspace_sid = box.facts["workspace_sid"]
    process = subprocess.Popen(
        [
            *COMMAND,
            "listen",
            workspace_sid,
            "--json",
            "--event",
            "ready",
            "--event",
            "activity.created",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**variables(box)),
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["event_type"] == "ready"
    made = box.post(f"Workspaces/{workspace_sid}/Activities", FriendlyName="Lunch")
    event = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert (event["event_type"], event["payload"]["sid"]) == ("activity.created", made["sid"])
    assert (event["payload"]["friendly_name"], event["payload"]["available"]) == ("Lunch", False)


def test_a_token_comes_from_a_variable_or_a_file_or_stdin(box: Box) -> None:
    account = box.facts["account_sid"], box.facts["auth_token"], box.facts["workspace_sid"]
    token = WorkspaceCapability(*account).to_jwt()
    by_stdin = listen(box, "--token-file=-", "--event=connected", "--count=1", stdin=f"{token}\n", TWILIO_AUTH_TOKEN="")
    assert (by_stdin.returncode, "connected" in by_stdin.stdout) == (0, True), by_stdin.stderr
    by_variable = listen(box, "--count", "1", TRBRIDGE_TOKEN=token, TWILIO_AUTH_TOKEN="")
    assert by_variable.returncode == 0, by_variable.stderr
    assert token not in by_variable.stdout + by_variable.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "what is to be listened to?"),
        (["WT" + "0" * 32], "(WS, WK, WQ)"),
        (["a.b.c"], "TRBRIDGE_TOKEN or by --token-file"),
        (["WS" + "0" * 32], "TWILIO_ACCOUNT_SID is not set"),
    ],
)
def test_what_is_missing_or_wrong_is_said(arguments: list[str], message: str) -> None:
    empty = {"TRBRIDGE_TOKEN": "", "TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": ""}
    result = CliRunner().invoke(trbridge, ["listen", *arguments], env=empty)
    assert result.exit_code == 1
    assert message in result.output


def test_a_token_that_is_refused_ends_it_with_the_reason(box: Box) -> None:
    forged = WorkspaceCapability(box.facts["account_sid"], "f" * 32, box.facts["workspace_sid"]).to_jwt()
    result = listen(box, TRBRIDGE_TOKEN=forged)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert forged not in result.stderr
