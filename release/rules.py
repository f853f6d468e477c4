"""The security rules of bandit, as ruff has them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from .result import Failed, Result, run

__all__ = ["check_rules"]

_PACKAGE: Final = "trbridge"


def check_rules(root: Path) -> Result:
    """Nothing breaks a rule; what is excused is counted. tests/security looks for the reason of each.

    Raises:
        Failed: Something does.
    """
    ruff = (sys.executable, "-m", "ruff", "check", "--select", "S", "--no-cache")
    run(*ruff, _PACKAGE)
    excused = json.loads(run(*ruff, "--ignore-noqa", "--output-format", "json", _PACKAGE, codes=(0, 1)))
    places = sorted({str(each["code"]) for each in excused})
    files = sum(1 for _ in (root / _PACKAGE).rglob("*.py"))
    if not files:
        raise Failed("there is no package")
    excuses = f"{len(excused)} excuses, each with a reason ({', '.join(places)})"
    told = f"ruff's S rules find nothing in {files} files; {excuses}"
    return Result("rules", "ok", told)
