"""What trbridge is compared with, and whether it is here. ``make bench`` installs what it can."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

__all__ = ["install", "missing", "node", "node_missing"]

_NODE: Final = Path(__file__).parent / "node"
PYTHON: Final = {"pydantic": "pydantic>=2.10", "httpx_aiohttp": "httpx-aiohttp>=0.1.8", "aiohttp": "aiohttp>=3.11"}
"""Python's peers that the extra ``dev`` does not bring: module and requirement."""


def missing(module: str) -> str:
    """Why a Python package cannot be measured; empty if it can."""
    return "" if importlib.util.find_spec(module) is not None else f"{module} is not installed"


def node_missing(package: str) -> str:
    """The same for one of npm's."""
    if shutil.which("node") is None:
        return "node is not installed"
    return "" if (_NODE / "node_modules" / package).is_dir() else f"{package} is not installed"


def node(script: str) -> list[str]:
    """The command that runs a script of ours on node."""
    return ["node", str(_NODE / script)]


def install() -> None:
    """Install the peers that are missing. What cannot be had is left out of the tables, with a word."""
    wanted = [requirement for module, requirement in PYTHON.items() if missing(module)]
    if wanted:
        _try([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted])
    if shutil.which("npm") is not None and node_missing("twilio-taskrouter"):
        _try(["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", str(_NODE)])


def _try(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, timeout=300, stdout=sys.stderr)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"not installed, so left out: {error}", file=sys.stderr)
