"""What libFuzzer says is read rightly, and a run of it does what it is for."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from fuzz.__main__ import main
from fuzz.running import CORPUS, Outcome, keep, read_log, run

FOUND = """\
#82	NEW    cov: 109 ft: 182 corp: 17/1Kb lim: 110 exec/s: 0 rss: 61Mb L: 90/90 MS: 1 InsertByte-

 === Uncaught Python exception: ===
InvalidURL: Invalid port: ':1]:8080'
Traceback (most recent call last):
  File "fuzz/targets/pages.py", line 57, in _check_base
    read = httpx.URL(base)
InvalidURL: Invalid port: ':1]:8080'

==24623== ERROR: libFuzzer: fuzz target exited
SUMMARY: libFuzzer: fuzz target exited
stat::number_of_executed_units: 82
"""
SLOW = """\
#9	NEW    cov: 109 ft: 12 corp: 17/1Kb lim: 110 exec/s: 0 rss: 61Mb L: 90/90 MS: 1 InsertByte-
ALARM: working on the last Unit for 10 seconds
==7== ERROR: libFuzzer: timeout after 10 seconds
stat::number_of_executed_units: 9
"""
FINE = """\
#90309	DONE   cov: 159 ft: 310 corp: 46/1181b lim: 392 exec/s: 8209 rss: 61Mb
Done 90309 runs in 11 second(s)
stat::number_of_executed_units: 90309
"""
needs_atheris = pytest.mark.skipif(find_spec("atheris") is None, reason="make fuzz installs Atheris")


def test_a_run_without_a_finding() -> None:
    assert read_log(FINE) == Outcome(90309, 310)


def test_an_exception_is_told_with_its_traceback() -> None:
    outcome = read_log(FOUND)
    assert outcome.finding == "InvalidURL: Invalid port: ':1]:8080'"
    assert "pages.py" in outcome.traceback
    assert (outcome.inputs, outcome.paths) == (82, 182)


def test_what_takes_too_long_is_a_finding() -> None:
    assert read_log(SLOW) == Outcome(9, 12, "timeout after 10 seconds")


def test_a_reader_that_there_is_not_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["evnt"])
    assert "there is no reader 'evnt'; there are event, answer" in capsys.readouterr().err


def test_without_the_engine_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Rather than a pass of nothing."""
    monkeypatch.setattr("fuzz.__main__.find_spec", lambda _: None)
    assert main([]) == 2
    assert "Atheris is not installed" in capsys.readouterr().err


@needs_atheris
def test_what_reaches_something_new_is_kept(tmp_path: Path) -> None:
    (tmp_path / "event").mkdir()
    (tmp_path / "event" / "one").write_bytes(b"{}")
    assert keep("event", 1, tmp_path) > 0
    assert (tmp_path / "event" / "one").exists()


@needs_atheris
def test_the_engine_tries_inputs(tmp_path: Path) -> None:
    shutil.copytree(CORPUS / "event", tmp_path / "event")
    outcome = run("event", 1, tmp_path)
    assert outcome.inputs > 100
    assert outcome.paths > 50
    assert outcome.finding == ""
