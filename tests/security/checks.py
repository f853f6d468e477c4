"""The security checks, and what shows that each holds.

``python tests/security/checks.py`` writes docs/security-checks.md. A row names tests, as ``file::function`` below
``tests/``, or says why there is none; with both, the words say what the tests leave out.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Final

from check_row import Check
from checks_clients import CLIENTS
from checks_servers import SERVERS

__all__ = ["CHECKS", "PAGE", "page"]

CHECKS: Final = CLIENTS + SERVERS
PAGE: Final = Path(__file__).parents[2] / "docs" / "security-checks.md"

_HEAD: Final = """# Security checks

What trbridge holds itself to, and the tests that show it. This page is made from `tests/security/checks.py` by
`python tests/security/checks.py`; a test holds them together. What begins with *not* is a limit, or does not apply.
"""


def _row(check: Check) -> str:
    names = ", ".join(f"`{test.rpartition('::')[2]}`" for test in check.tests) or "-"
    limit = f"; *not: {check.missing}*" if check.missing else ""
    return f"| {check.number} | {check.check}{limit} | {names} |"


def page() -> str:
    """The text of docs/security-checks.md."""
    parts = [_HEAD]
    for topic, checks in groupby(CHECKS, key=lambda check: check.topic):
        rows = "\n".join(map(_row, checks))
        parts.append(f"\n## {topic}\n\n| check | what holds | shown by |\n| --- | --- | --- |\n{rows}\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
