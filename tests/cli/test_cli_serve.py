"""``trbridge serve`` listens, says where, and stops cleanly."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from box import COMMAND, environment, serving
from click.testing import CliRunner

from trbridge.cli import main
from trbridge.cli.root import trbridge
from trbridge.emulator.server import DEMO_ACCOUNT_SID


def test_json_is_one_line_that_says_everything_and_sigterm_ends_with_zero() -> None:
    with serving() as box:
        assert box.facts.keys() == {"rest", "event_bridge", "account_sid", "auth_token", "workspace_sid"}
        assert box.facts["rest"] == box.facts["event_bridge"]
        assert box.facts["rest"].startswith("http://127.0.0.1:")
        assert box.facts["account_sid"] == DEMO_ACCOUNT_SID
        assert box.get()["workspaces"][0]["sid"] == box.facts["workspace_sid"]
        assert box.stop() == (0, "", "")


def test_ctrl_c_ends_with_zero_too_and_a_kill_loses_nothing(tmp_path: Path) -> None:
    data, secret = str(tmp_path / "box.db"), "s" * 32
    with serving("--data", data, TRBRIDGE_AUTH_TOKEN=secret) as box:
        made = box.post(f"Workspaces/{box.facts['workspace_sid']}/Activities", FriendlyName="Lunch")
        box.process.kill()
        box.process.wait()
    with serving("--data", data, TRBRIDGE_AUTH_TOKEN=secret) as again:
        assert (again.facts["account_sid"], again.facts["auth_token"]) == (box.facts["account_sid"], secret)
        assert again.get(f"Workspaces/{again.facts['workspace_sid']}/Activities/{made['sid']}") == {
            **made,
            "url": made["url"].replace(box.facts["rest"], again.facts["rest"]),
            "links": {name: url.replace(box.facts["rest"], again.facts["rest"]) for name, url in made["links"].items()},
        }
        assert again.stop(signal.SIGINT) == (0, "", "")


def test_a_seed_a_random_seed_and_an_account_of_ones_own(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"workspaces": [{"friendly_name": "Support", "workers": [{"friendly_name": "Alice"}]}]}))
    account = {"TRBRIDGE_ACCOUNT_SID": "AC" + "1" * 32, "TRBRIDGE_AUTH_TOKEN": "t" * 32}
    with serving("--seed", str(seed), "--random-seed", "7", "--no-rate-limits", **account) as box:
        assert (box.facts["account_sid"], box.facts["auth_token"]) == ("AC" + "1" * 32, "t" * 32)
        (workspace,) = box.get()["workspaces"]
        assert workspace["friendly_name"] == "Support"
        search = f"Workspaces/{workspace['sid']}/Workers?TargetWorkersExpression=a%3D%3D1"
        assert [box.get(search)["workers"] for _ in range(4)] == [[]] * 4


def test_time_that_stands_still_and_hosts_that_may_be_called() -> None:
    with serving("--manual-clock", "--callback-host", "hooks.example", "--callback-host", "10.0.0.1") as box:
        auth = box.facts["account_sid"], box.facts["auth_token"]
        state = httpx.get(f"{box.facts['rest']}/_trbridge/", auth=auth, trust_env=False).json()
        assert state["clock"] == "manual"
        assert box.stop() == (0, "", "")


def test_a_person_gets_a_page_to_copy_from() -> None:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(TRBRIDGE_API_KEY_SID="SK" + "0" * 32, TRBRIDGE_API_KEY_SECRET="k" * 32),
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(15)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0
    text = "".join(lines)
    assert "Ctrl-C stops it" in text
    assert "export TRBRIDGE_API_BASE_URL=http://127.0.0.1:" in text
    assert "trbridge listen WS" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "192.0.2.1"], "can be reached by other machines"),
        (["--port", "99999"], "cannot listen on 127.0.0.1, port 99999"),
        (["--data", "/nonexistent/box.db"], "box.db"),
    ],
)
def test_what_cannot_be_is_said_in_a_line_without_a_traceback(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRBRIDGE_AUTH_TOKEN", "")
    result = CliRunner().invoke(trbridge, ["serve", *arguments])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert message in result.output
    assert "Traceback" not in result.output


def test_help_names_the_commands_and_unknown_ones_are_refused() -> None:
    result = CliRunner().invoke(trbridge, ["--help"])
    assert [name for name in ("demo", "serve", "token", "listen") if f"\n  {name} " in result.output] == [
        "demo",
        "serve",
        "token",
        "listen",
    ]
    assert CliRunner().invoke(trbridge, ["conquer"]).exit_code == 2
    assert CliRunner().invoke(trbridge, ["--version"]).output.startswith("trbridge, version ")


def test_help_imports_nothing_heavy() -> None:
    """And prints no warning (security check 40)."""
    program = (
        "import sys; sys.argv = ['trbridge', '--help']\n"
        "from trbridge.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'starlette', 'uvicorn', 'httpx', 'lark', 'websockets', 'jwt', 'yaml', 'asyncio.runners'}\n"
        "print(sorted(heavy & set(sys.modules)) if 'asyncio' in sys.modules else sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run(
        [*COMMAND[:-2], "-c", program], capture_output=True, text=True, check=True, env=environment(), timeout=60
    )
    loaded = json.loads(result.stdout.splitlines()[-1].replace("'", '"'))
    assert set(loaded) <= {"asyncio.runners"}
    assert result.stderr == ""


def test_it_listens_before_what_is_heavy_and_not_needed_is_imported() -> None:
    """It starts in under a second because of what it leaves out; time itself is no business of a test."""
    program = (
        "import json, os, signal, sys\n"
        "from importlib import import_module\n"
        "module = import_module('trbridge.cli.serve')\n"
        "def announce(emulator):\n"
        "    print(json.dumps(sorted(sys.modules)))\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "module._announce_json = announce\n"
        "module.serve(['--json', '--port', '0'])\n"
    )
    result = subprocess.run(
        [*COMMAND[:-2], "-c", program], capture_output=True, text=True, check=True, env=environment(), timeout=60
    )
    loaded = set(json.loads(result.stdout))
    assert "trbridge.emulator.routing.routing" in loaded
    heavy = {"starlette", "websockets", "httpx", "lark", "yaml", "jwt", "rich", "pyee", "pytest"}
    ours = {"trbridge.clients", "trbridge.emulator.admin", "trbridge.emulator.seeds.seed", "trbridge.emulator.testing"}
    assert loaded & (heavy | ours) == set()


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "click", None)
    monkeypatch.delitem(sys.modules, "trbridge.cli.root")
    with pytest.raises(SystemExit, match=r"pip install 'trbridge\[emulator\]'"):
        main()


def test_the_command_is_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(sys, "argv", ["trbridge", "--version"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 0
