"""``trbridge exec -- command`` runs a command with an emulator around it, and is then as if it had not been there."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from box import COMMAND, environment
from click.testing import CliRunner

from trbridge.cli import exec as module
from trbridge.cli.root import trbridge

ASK = """
    import base64, json, os, urllib.request
    def ask():
        url = os.environ["TRBRIDGE_API_BASE_URL"] + "/Workspaces"
        pair = os.environ["TWILIO_ACCOUNT_SID"] + ":" + os.environ["TWILIO_AUTH_TOKEN"]
        headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return json.load(opener.open(urllib.request.Request(url, headers=headers)))
"""

FACTS = f"""{ASK}
    facts = {{name: value for name, value in os.environ.items() if name.startswith(("TRBRIDGE_", "TWILIO_"))}}
    print(json.dumps({{**facts, "answer": ask()}}))
"""
"""Says what it was given, and what the emulator answers it."""

READY = "print('ready', flush=True)"


def python(source: str) -> list[str]:
    """A command that runs some Python."""
    return [sys.executable, "-c", textwrap.dedent(source)]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "exec", *arguments],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_finds_the_emulator_by_its_environment_and_nothing_is_left(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"workspaces": [{"friendly_name": "Support"}]}))
    done = run("--seed", str(seed), "--random-seed", "3", "--", *python(FACTS))
    assert (done.returncode, done.stderr) == (0, "")
    facts: dict[str, Any] = json.loads(done.stdout)
    (workspace,) = facts["answer"]["workspaces"]
    assert (workspace["friendly_name"], workspace["sid"]) == ("Support", facts["TWILIO_WORKSPACE_SID"])
    assert facts["TRBRIDGE_API_BASE_URL"] == facts["TRBRIDGE_EVENT_BRIDGE_BASE_URL"] + "/v1"
    port = int(facts["TRBRIDGE_EVENT_BRIDGE_BASE_URL"].rpartition(":")[2])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_commands_exit_code_output_and_options_are_its_own() -> None:
    done = run("--", *python("import sys; print(sys.argv[1:]); sys.exit(7)"), "--seed", "x", "-h", "--", "y")
    assert (done.returncode, done.stdout) == (7, "['--seed', 'x', '-h', '--', 'y']\n")


def test_a_command_that_ends_by_a_signal_ends_as_a_shell_tells_it() -> None:
    assert run(*python("import os; os.kill(os.getpid(), 9)")).returncode == 128 + 9


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_go_to_the_command_which_decides(number: signal.Signals) -> None:
    source = f"import signal, sys; signal.signal({number:d}, lambda n, f: sys.exit(42)); {READY}; signal.pause()"
    process = subprocess.Popen(
        [*COMMAND, "exec", "--", *python(source)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,  # no terminal, so nobody but us sends signals
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.wait(30) == 42
    process.stdout.close()


def test_ctrl_c_at_a_terminal_reaches_the_command_once() -> None:
    """The terminal sends it to both; forwarded as well it would come twice, and end what is about to report."""
    source = f"""{ASK}
    import signal, sys
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    {READY}
    signal.sigwait([signal.SIGINT])
    ask(), ask()  # by then the emulator's process has done whatever it does with its own
    sys.exit(42 if signal.SIGINT in signal.sigpending() else 41)
    """
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover  another program from here on
        os.execve(COMMAND[0], [*COMMAND, "exec", "--", *python(source)], environment())  # noqa: S606
    try:
        output = b""
        while b"ready" not in output:
            output += os.read(terminal, 1000)
        os.write(terminal, b"\x03")
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 41
    finally:
        os.close(terminal)


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (["no-such-command-here"], 127, "cannot run 'no-such-command-here': there is no such command"),
        (["/"], 126, "cannot run '/'"),
        (["a\0b"], 126, "cannot run 'a\\x00b'"),
    ],
)
def test_what_cannot_be_run_is_said_with_a_shells_codes(command: list[str], code: int, message: str) -> None:
    result = CliRunner().invoke(trbridge, ["exec", "--", *command])
    assert (result.exit_code, message in result.output) == (code, True)


def test_inside_this_process_too(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRBRIDGE_AUTH_TOKEN", "t" * 32)
    monkeypatch.setattr(module, "_FORWARDED", ("SIGTERM", "SIGNOBODY"))  # a system may lack some
    source = "import os; print(os.environ['TWILIO_AUTH_TOKEN'])"
    result = CliRunner().invoke(trbridge, ["exec", "--manual-clock", "--no-rate-limits", "--", *python(source)])
    assert result.exit_code == 0
    assert capfd.readouterr().out == "t" * 32 + "\n"


def test_a_command_is_needed() -> None:
    result = CliRunner().invoke(trbridge, ["exec"])
    assert result.exit_code == 2
    assert "Missing argument" in result.output


def test_a_process_that_has_ended_gets_no_signals() -> None:
    class Ended:
        returncode = 0

    module._forward(Ended(), signal.SIGTERM)  # type: ignore[arg-type]
    module._pass(Ended(), signal.SIGINT)  # type: ignore[arg-type]


def test_without_a_terminal_nobody_types(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open
    monkeypatch.setattr(os, "open", lambda _path, flags: opened(os.devnull, flags))
    assert module._in_foreground() is False
    monkeypatch.setattr(os, "open", _raise)
    assert module._in_foreground() is False


def _raise(*_: object) -> int:
    raise OSError("no terminal")
