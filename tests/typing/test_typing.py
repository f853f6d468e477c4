"""The public types say what is right, and refuse what is wrong."""

import re
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_REPORT = re.compile(r"bad\.py:(\d+): error: .*\[([a-z-]+)\]$", re.MULTILINE)


def _mypy(name: str) -> str:
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--config-file", str(_ROOT / "pyproject.toml")]
    return subprocess.run([*command, str(_HERE / name)], capture_output=True, text=True, cwd=_ROOT, check=False).stdout


def test_good_uses_pass() -> None:
    """Every public form has the type that the documentation says."""
    assert _mypy("good.py") == ""


def test_bad_uses_are_reported_where_they_are() -> None:
    """A wrong handler, a misspelt field, an awaited callback form: each is a type error, and nothing else is."""
    lines = (_HERE / "bad.py").read_text().splitlines()
    expected = {(number, line.split("# E: ")[1]) for number, line in enumerate(lines, 1) if "# E: " in line}
    reported = {(int(line), code) for line, code in _REPORT.findall(_mypy("bad.py"))}
    assert reported == expected
