"""What ``trbridge serve`` begins with: the same bytes on every run where that is wanted, a seed from a pipe."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from box import COMMAND, Box, environment, fed, serving
from click.testing import CliRunner

from trbridge.cli.beginning import clock_of
from trbridge.cli.root import trbridge

SEED = {
    "workspaces": [
        {
            "friendly_name": "Support",
            "workers": [{"friendly_name": "Alice", "activity": "Available"}],
            "task_queues": [{"friendly_name": "All"}],
            "workflows": [
                {"friendly_name": "Main", "configuration": {"task_routing": {"default_filter": {"queue": "All"}}}}
            ],
        }
    ]
}


def told(box: Box) -> list[tuple[Any, ...]]:
    """A short day: every answer with its status, headers and bytes."""
    facts = box.facts
    # URLs in answers are those they were asked at, so that the port does not show.
    client = httpx.Client(
        base_url=facts["rest"],
        auth=(facts["account_sid"], facts["auth_token"]),
        headers={"Host": "box.localhost"},
        trust_env=False,
    )
    here = f"/v1/Workspaces/{facts['workspace_sid']}"
    with client:
        answers = [
            client.post(f"{here}/Tasks", data={"Attributes": '{"caller": "+1"}'}),
            client.post("/_trbridge/clock", json={"advance": 3600}),
            client.post("/_trbridge/tokens", json={}),
            *[client.get(f"{here}/{what}") for what in ("Tasks", "Workers", "Events?Minutes=90", "Statistics")],
            client.get(f"{here}/Workers?PageSize=1&TargetWorkersExpression=nonsense"),
        ]
    return [(one.status_code, one.headers.raw, one.content) for one in answers]


def test_a_random_seed_and_a_manual_clock_make_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    """SIDs, tokens, dates, durations: a recorded run can be compared with the next."""
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(SEED))
    runs = []
    for number in ("7", "7", "8"):
        with serving("--seed", str(seed), "--random-seed", number, "--manual-clock") as box:
            runs.append((told(box), box.facts["auth_token"]))
    assert runs[0] == runs[1] != runs[2]
    statuses = [status for status, _, _ in runs[0][0]]
    assert statuses == [201, 200, 200, 200, 200, 200, 200, 400]
    assert b'"date_created":"2030-01-01T00:00:00Z"' in runs[0][0][0][2]


def test_where_a_clock_begins() -> None:
    """Now, so that tokens of others are good; at a fixed moment where SIDs are fixed too; or where it is told."""
    assert clock_of(manual_clock=False, clock_start=None, random_seed=7) is None
    now = clock_of(manual_clock=True, clock_start=None, random_seed=None)
    assert now is not None
    assert now.now() > 1_700_000_000
    assert now.now() != 1_893_456_000
    assert repr(clock_of(manual_clock=True, clock_start=None, random_seed=7)) == "ManualClock(1893456000.0)"
    assert repr(clock_of(manual_clock=False, clock_start=5.5, random_seed=7)) == "ManualClock(5.5)"


@pytest.mark.parametrize(
    "text", ["2031-02-03T04:05:06Z", "2031-02-03T05:05:06+01:00", "2031-02-03 04:05:06", "1927857906"]
)
def test_a_moment_is_written_as_a_date_or_in_seconds(text: str) -> None:
    with serving("--clock-start", text) as box:
        auth = box.facts["account_sid"], box.facts["auth_token"]
        state = httpx.get(f"{box.facts['rest']}/_trbridge/", auth=auth, trust_env=False).json()
        assert (state["clock"], state["now"]) == ("manual", 1_927_857_906)


@pytest.mark.parametrize("text", ["tomorrow", "-1", "nan", "1e300", "2029-02-30", ""])
def test_what_is_no_moment_is_refused_before_anything_begins(text: str) -> None:
    for command in (["serve"], ["exec", "--", "true"]):
        result = CliRunner().invoke(trbridge, [command[0], "--clock-start", text, *command[1:]])
        assert result.exit_code == 2
        assert "is no moment such as 2030-01-01T00:00:00Z" in result.output


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_seed_comes_through_a_pipe(form: str, tmp_path: Path) -> None:
    """``trbridge export --data old.db | trbridge serve --seed -``."""
    text = json.dumps(SEED) if form == "json" else "workspaces:\n  - {friendly_name: Support}\n"
    (tmp_path / "seed").write_text(text)
    with (tmp_path / "seed").open() as pipe, fed(pipe, "--seed", "-") as box:
        assert box.get()["workspaces"][0]["friendly_name"] == "Support"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the seed is empty"),
        ("workspaces:\n - friendly_name: A\n   b: [", "it is not valid YAML: line "),
        ("workspaces: [{friendly_name: A, workers: [{friendly_name: B, activity: C}]}]", "there is no activity 'C'"),
    ],
)
def test_a_broken_seed_is_told_in_one_line_with_its_file(text: str, message: str, tmp_path: Path) -> None:
    """Whether it breaks when it is read or when it is carried out."""
    seed = tmp_path / "broken.yaml"
    seed.write_text(text)
    result = CliRunner().invoke(trbridge, ["serve", "--port", "0", "--seed", str(seed)])
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {seed}: ")
    assert message in result.output
    assert "\\n" not in result.output
    piped = CliRunner().invoke(trbridge, ["serve", "--port", "0", "--seed", "-"], input=text)
    assert piped.exit_code == 1
    assert message in piped.output


def test_a_seed_without_a_workspace_is_served_all_the_same(tmp_path: Path) -> None:
    """Somebody wants to make them over REST."""
    seed = tmp_path / "seed.json"
    seed.write_text('{"workspaces": []}')
    with serving("--seed", str(seed)) as box:
        assert box.facts["workspace_sid"] is None
        assert box.get()["workspaces"] == []
    program = "import os; assert 'TWILIO_WORKSPACE_SID' not in os.environ; print(os.environ['TRBRIDGE_API_BASE_URL'])"
    done = subprocess.run(
        [*COMMAND, "exec", "--seed", str(seed), "--", COMMAND[0], "-c", program],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("http://127.0.0.1:")


def test_who_changes_a_seed_that_is_not_used_is_told(tmp_path: Path) -> None:
    """A file that has workspaces goes before a seed; changes of the seed would be looked for in vain."""
    seed, data = tmp_path / "seed.json", tmp_path / "box.db"
    seed.write_text(json.dumps(SEED))
    for note in ("", f"Note: {data} has workspaces already, so the seed is not used."):
        with serving("--seed", str(seed), "--data", str(data)) as box:
            assert box.stop() == (0, "", note)


def test_a_secret_that_cannot_sign_tokens_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when the first token is made, and without showing it."""
    monkeypatch.setenv("TRBRIDGE_AUTH_TOKEN", "too-short")
    result = CliRunner().invoke(trbridge, ["serve", "--port", "0"])
    assert result.exit_code == 1
    assert "at least 32 characters; this has 9" in result.output
    assert "too-short" not in result.output


def test_a_warning_is_a_line_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a place in our source."""
    import warnings

    from trbridge.cli import root

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", root._show_warning)
        runner = CliRunner()
        with runner.isolation() as streams:
            warnings.warn("careful\nnow", stacklevel=1)
        assert streams[1].getvalue() == b"Warning: careful\\nnow\n"
