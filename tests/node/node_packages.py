"""Node, and the packages that package.json here names: installed once, into a folder that git ignores."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGE = HERE / "node_modules" / "twilio-taskrouter"
_PATIENCE = 60.0
"""Seconds that the installation may take before it is given up."""

_INSTALL = ("install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")


def node() -> str:
    """Where node is, with the packages in place; skips the test, and says why, where that cannot be."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not on this machine")
    if not PACKAGE.is_dir():
        _install()
    return program


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not on this machine, and twilio-taskrouter is not installed yet")
    try:
        subprocess.run([npm, *_INSTALL], cwd=HERE, check=True, capture_output=True, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        _give_up(f"npm took more than {_PATIENCE:.0f} s")
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines()
        _give_up(lines[-1] if lines else f"npm ended with {error.returncode}")


def _give_up(why: str) -> None:
    shutil.rmtree(PACKAGE, ignore_errors=True)  # half an installation is none
    pytest.skip(f"twilio-taskrouter cannot be installed: {why}")


def environment() -> dict[str, str]:
    """This process's, without a proxy: the emulator is on this machine."""
    proxies = ("http_proxy", "https_proxy", "all_proxy")
    return {name: value for name, value in os.environ.items() if name.lower() not in proxies}
