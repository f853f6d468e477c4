"""What a user installs with trbridge: listed, and asked about."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from .result import ROOT, Failed, Result, TookTooLong, run

__all__ = ["Unasked", "check_advisories", "judge", "read_bill", "write_bill"]

_SERVICES: Final = ("pypi", "osv")
"""What pip-audit can ask: the index's own advisories, and the open database of vulnerabilities."""
_OWN: Final = "trbridge"


def write_bill(python: Path, dist: Path, project: Path, version: str) -> Result:
    """Write a bill of materials (CycloneDX) of an environment, validated against its schema.

    Raises:
        Failed: It cannot be written, or is not valid.
    """
    bill = dist / f"trbridge-{version}.cdx.json"
    words = ("environment", "--output-reproducible", "--validate", "--mc-type", "library", "--pyproject", project)
    run(sys.executable, "-m", "cyclonedx_py", *words, "--of", "JSON", "-o", bill, python)
    told = read_bill(json.loads(bill.read_text(encoding="utf-8")))
    return Result("bill", "ok", f"{bill.relative_to(dist.parent)}: {told}")


def read_bill(bill: dict[str, Any]) -> str:
    """What is in a bill.

    Raises:
        Failed: Something that trbridge needs is not, or something without a license is.
    """
    names = {str(each["name"]).lower() for each in bill["components"]}
    missing = sorted(_needed() - names)
    if missing:
        raise Failed(f"it does not list {', '.join(missing)}")
    without = [each["name"] for each in bill["components"] if not each.get("licenses") and each["name"] != _OWN]
    if without:
        raise Failed(f"no license is known of {', '.join(without)}")
    return f"CycloneDX {bill['specVersion']}, {len(names)} components, a license of each"


def _needed() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {re.split(r"[^A-Za-z0-9._-]", each)[0].lower() for each in project["dependencies"]}


def check_advisories(python: Path) -> Result:
    """Ask for known vulnerabilities of everything in an environment.

    Raises:
        Failed: There are some; names them, and where they are mended.
    """
    trouble = ""
    for service in _SERVICES:
        try:
            return judge(_asked(service, python))
        except Unasked as error:
            trouble = str(error)
    return Result("advisories", "not made", trouble)


class Unasked(Failed):
    """Nobody was there to ask."""


def _asked(service: str, python: Path) -> list[dict[str, Any]]:
    packages = next((python.parents[1] / "lib").glob("python*/site-packages"))
    words = ("--path", packages, "-s", service, "-f", "json", "--progress-spinner", "off", "--timeout", "5")
    try:
        answer = run(sys.executable, "-m", "pip_audit", *words, codes=(0, 1), patience=120)
        dependencies: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, TookTooLong) as error:  # its words about the network go to stderr
        raise Unasked("no advisory service answers from here; nothing was looked up") from error
    return dependencies


def judge(dependencies: Iterable[dict[str, Any]]) -> Result:
    """What pip-audit's list comes to. It ends well, and says so, when it could look up nothing at all.

    Raises:
        Unasked: It could look up nothing.
        Failed: There is a vulnerability, or only a part of the packages was looked up.
    """
    others = [each for each in dependencies if each["name"] != _OWN]
    skipped = [each["name"] for each in others if "skip_reason" in each]
    if len(skipped) == len(others):
        raise Unasked(f"no advisory service answers from here: 0 of {len(others)} packages were looked up")
    found = [_told(each, vulnerability) for each in others for vulnerability in each.get("vulns", ())]
    if found:
        raise Failed("\n".join(found))
    if skipped:
        raise Failed(f"not looked up: {', '.join(skipped)}")
    return Result("advisories", "ok", f"none is known for the {len(others)} packages")


def _told(dependency: dict[str, Any], vulnerability: dict[str, Any]) -> str:
    versions = ", ".join(vulnerability.get("fix_versions", ()))
    mended = f"mended in {versions}" if versions else "mended nowhere yet"
    return f"{dependency['name']} {dependency['version']}: {vulnerability['id']}, {mended}"
