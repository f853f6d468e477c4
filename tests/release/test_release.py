"""What is looked at before a release is said as it is: nothing that was not looked at passes (checks 36, 39, 41)."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from release.__main__ import verdict
from release.dependencies import Unasked, judge, read_bill
from release.result import ROOT, Failed, Result, TookTooLong, run
from release.rules import check_rules

FINE: dict[str, Any] = {"name": "h11", "version": "0.16.0", "vulns": []}
SKIPPED: dict[str, Any] = {"name": "pyee", "skip_reason": "Dependency not found"}
OURS: dict[str, Any] = {"name": "trbridge", "skip_reason": "Dependency not found"}
HOLED: dict[str, Any] = {
    "name": "h11",
    "version": "0.15.0",
    "vulns": [{"id": "CVE-2025-43859", "fix_versions": ["0.16.0"]}, {"id": "CVE-2999-1", "fix_versions": []}],
}


def test_packages_without_advisories_pass() -> None:
    """Trbridge's own release is not known yet."""
    assert judge([FINE, FINE, OURS]) == Result("advisories", "ok", "none is known for the 2 packages")


def test_what_could_not_be_looked_up_does_not_pass() -> None:
    """pip-audit says "No known vulnerabilities found" and ends with 0 when it found no service at all."""
    with pytest.raises(Unasked, match="0 of 2 packages were looked up"):
        judge([SKIPPED, SKIPPED, OURS])
    with pytest.raises(Failed, match="not looked up: pyee"):
        judge([FINE, SKIPPED, OURS])


def test_an_advisory_is_told_with_where_it_is_mended() -> None:
    with pytest.raises(Failed) as caught:
        judge([FINE, HOLED])
    assert str(caught.value).splitlines() == [
        "h11 0.15.0: CVE-2025-43859, mended in 0.16.0",
        "h11 0.15.0: CVE-2999-1, mended nowhere yet",
    ]


@pytest.mark.parametrize(
    ("states", "strict", "words", "code"),
    [
        (["ok", "ok"], True, "2 of 2 checks passed.", 0),
        (["ok", "not made"], False, "1 of 2 checks passed, 1 could not be made here", 0),
        (["ok", "not made"], True, "1 of 2 checks passed, 1 could not be made here", 1),
        (["ok", "failed", "not made"], False, "1 of 3 checks passed, 1 failed, 1 could not", 1),
    ],
)
def test_the_verdict_counts_each_as_what_it_is(states: list[Any], strict: bool, words: str, code: int) -> None:
    told, found = verdict([Result("x", state, "") for state in states], strict=strict)
    assert told.startswith(words)
    assert found == code


def _bill(*names: str, kind: str | None = "MIT") -> dict[str, Any]:
    licenses = [] if kind is None else [{"license": {"id": kind}}]
    return {"specVersion": "1.6", "components": [{"name": name, "licenses": licenses} for name in names]}


def test_the_bill_lists_what_is_needed_with_its_license() -> None:
    core = ("websockets", "pyee", "PyJWT", "httpx", "h11", "msgspec")
    assert read_bill(_bill(*core)) == "CycloneDX 1.6, 6 components, a license of each"
    with pytest.raises(Failed, match="it does not list h11, msgspec"):
        read_bill(_bill(*core[:4]))
    with pytest.raises(Failed, match="no license is known of websockets"):
        read_bill(_bill(*core, kind=None))


def test_the_rules_hold_and_their_excuses_are_counted() -> None:
    """Really run, over the package."""
    result = check_rules(ROOT)
    assert result.state == "ok"
    assert "find nothing in" in result.told


def test_a_program_that_fails_is_told_with_its_words() -> None:
    with pytest.raises(Failed, match="no such thing"):
        run(sys.executable, "-c", "raise SystemExit('no such thing')")
    assert run(sys.executable, "-c", "print(1); raise SystemExit(1)", codes=(0, 1)) == "1\n"


def test_a_program_that_does_not_end_is_ended() -> None:
    with pytest.raises(TookTooLong, match="took more than"):
        run(sys.executable, "-c", "import threading; threading.Event().wait()", patience=0.3)
