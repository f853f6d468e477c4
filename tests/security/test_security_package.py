"""What is installed, what importing it does, and what its code may not do (checks 15, 37, 38, 40, 41)."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest

from trbridge import InvalidArgument
from trbridge.urls import Bases

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "trbridge"

CORE = {"websockets", "pyee", "pyjwt", "httpx", "h11", "msgspec"}
"""Runtime dependencies of the SDK: six, of which httpx would bring h11 anyway, not the three of the check. Each has a
room of its own; one more needs a reason here."""


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return found[0].lower()


def test_the_core_depends_on_what_is_allowed_and_nothing_else() -> None:
    """Check 37; as declared, and as installed."""
    assert {_name(one) for one in project()["project"]["dependencies"]} == CORE
    installed = [one for one in requires("trbridge") or [] if "extra ==" not in one]
    assert {_name(one) for one in installed} <= CORE  # an editable installation may be older than the file


def test_no_dependency_brings_native_code_of_its_own_into_the_core() -> None:
    """PyJWT without its extra: HS256 needs no cryptography."""
    assert not any("[" in one for one in project()["project"]["dependencies"])


# -- what is in the distribution -------------------------------------------------------------------------


def build(where: Path, source: Path = ROOT, kind: str = "wheel") -> Path:
    """Build a distribution, without the network."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(where)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (made,) = where.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


_ALLOWED = re.compile(
    r"trbridge/(?:[a-z_]+/)*[a-z0-9_]+\.py|trbridge/py\.typed"
    r"|trbridge-[^/]+\.dist-info/(?:METADATA|WHEEL|RECORD|entry_points\.txt|licenses/LICENSE)"
)


def test_a_wheel_holds_the_package_and_nothing_else_and_is_reproducible(tmp_path: Path) -> None:
    """Check 38: no tests, no keys, no .env; the same from the sdist, byte by byte, however often."""
    first = build(tmp_path / "1")
    with zipfile.ZipFile(first) as wheel:
        strangers = [name for name in wheel.namelist() if _ALLOWED.fullmatch(name) is None]
    assert strangers == []
    with tarfile.open(build(tmp_path / "2", kind="sdist")) as sdist:
        sdist.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    second = build(tmp_path / "3", source)
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()


# -- what importing does -------------------------------------------------------------------------------------

_WATCH = """
import json, sys
seen = []
sys.addaudithook(lambda event, args: seen.append([event, str(args[0]) if args else ""]))
import trbridge
trbridge.Workspace, trbridge.Worker, trbridge.TaskQueue, trbridge.WorkspaceCapability
print(json.dumps(seen))
"""


def test_importing_does_no_io_and_starts_nothing() -> None:
    """Check 40: no socket, no thread, no process; files are read only to import them."""
    run = subprocess.run([sys.executable, "-B", "-c", _WATCH], capture_output=True, text=True, check=True, cwd=ROOT)
    seen: list[list[str]] = json.loads(run.stdout)
    assert len(seen) > 100
    kinds = {event for event, _ in seen}
    forbidden = (
        "socket.connect",
        "socket.bind",
        "subprocess.Popen",
        "_thread.start_new_thread",
        "os.system",
        "shutil.",
    )
    assert [kind for kind in kinds if kind.startswith(forbidden)] == []
    read = {path for event, path in seen if event == "open"}
    assert [path for path in read if not path.endswith((".py", ".pyc", ".so", ".pyi"))] == []


def test_help_prints_no_warning() -> None:
    """Check 40: also where each would be an error, in Python's development mode."""
    command = [sys.executable, "-W", "error", "-X", "dev", "-m", "trbridge", "--help"]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stderr == ""


# -- what the code may not do -----------------------------------------------------------------------------------

_EXCUSE = re.compile(r"# noqa: (?P<codes>[A-Z0-9, ]*\bS\d{3}\b[A-Z0-9, ]*?)(?P<reason>$|[ -]+(?![A-Z]\d).*)")


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_the_security_rules_of_ruff_are_on_and_every_exception_has_a_reason() -> None:
    """Check 41. S covers assert, eval, exec, pickle, unsafe YAML, weak hashes, subprocess and more."""
    lint = project()["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    assert not [code for code in lint["ignore"] if code.startswith("S")]
    for pattern, codes in lint["per-file-ignores"].items():
        if pattern.startswith("trbridge"):
            assert not [code for code in codes if re.fullmatch(r"S\d*", code)], pattern
    unexplained = []
    for path in sources():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            excuse = _EXCUSE.search(line)
            if excuse is not None and len(excuse["reason"].strip(" -")) < 3:
                unexplained.append(f"{path.name}:{number}")
    assert unexplained == []


def test_the_excuses_are_found() -> None:
    """The test above can fail."""
    for line, reason in {
        "x  # noqa: S311": "",
        "x  # noqa: S608 our own names": "our own names",
        "x  # noqa: S101 - run() made it": "run() made it",
        "x  # noqa: BLE001, S110": "",
    }.items():
        found = _EXCUSE.search(line)
        assert found is not None
        assert found["reason"].strip(" -") == reason
    assert _EXCUSE.search("x  # noqa: SIM110") is None


@pytest.mark.parametrize(
    "word", ["eval(", "exec(", "pickle.load", "marshal", "yaml.unsafe", "shell=True", "verify=False"]
)
def test_what_the_code_never_does(word: str) -> None:
    """Plain words beside the rules, for what no rule may excuse (checks 26, 33)."""
    for path in sources():
        for line in path.read_text(encoding="utf-8").splitlines():
            code = line.partition("#")[0]
            assert re.search(rf"(?<![\w.]){re.escape(word)}", code) is None, f"{path.name}: {line}"


def test_plain_http_to_another_machine_is_refused_or_said_loudly(caplog: pytest.LogCaptureFixture) -> None:
    """Check 15: the token would be readable on its way."""
    bases = ("http://example.com/v1", "http://example.com")
    with pytest.raises(InvalidArgument, match="in clear"):
        Bases.resolve(*bases, environ={})
    with caplog.at_level(logging.WARNING, "trbridge.urls"):
        Bases.resolve(*bases, allow_insecure=True, environ={})
        Bases.resolve("http://127.0.0.1:1/v1", "https://example.com", allow_insecure=True, environ={})
    assert [record.getMessage().split(" ")[0] for record in caplog.records] == ["api_base_url", "event_bridge_base_url"]
