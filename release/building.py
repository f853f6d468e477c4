"""The distributions: built twice, looked through, and installed where nothing else is."""

from __future__ import annotations

import hashlib
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from .result import ROOT, Failed, Result, run

__all__ = ["Built", "build", "check_metadata", "install"]


class Built(NamedTuple):
    """What was built.

    Attributes:
        wheel: The wheel, in ``dist/``.
        sdist: The source distribution.
        result: What to say about it.
    """

    wheel: Path
    sdist: Path
    result: Result


def build(dist: Path, scratch: Path) -> Built:
    """Build both, and the wheel once more out of the source distribution: the two must be the same bytes.

    Raises:
        Failed: They are not, or cannot be built.
    """
    for old in (*dist.glob("*.whl"), *dist.glob("*.tar.gz")):
        old.unlink()
    wheel, sdist = _hatch("wheel", dist, ROOT), _hatch("sdist", dist, ROOT)
    with tarfile.open(sdist) as archive:
        archive.extractall(scratch / "source", filter="data")
    (source,) = (scratch / "source").iterdir()
    again = _hatch("wheel", scratch / "again", source)
    first, second = _digest(wheel), _digest(again)
    if first != second:
        raise Failed(f"two builds differ: {first} from the checkout, {second} from the source distribution")
    with zipfile.ZipFile(wheel) as archive:
        files = len(archive.namelist())
    told = f"{wheel.name}, {wheel.stat().st_size / 1000:.0f} kB, {files} files; the same bytes from checkout and sdist"
    return Built(wheel, sdist, Result("wheel", "ok", f"{told}\nsha256 {first}"))


def _hatch(kind: str, where: Path, source: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", where, folder=source)
    (made,) = where.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_metadata(built: Built) -> Result:
    """Names, versions, classifiers and the page that an index would show.

    Raises:
        Failed: Something would be refused, or shown badly.
    """
    run(sys.executable, "-m", "twine", "--no-color", "check", "--strict", built.wheel, built.sdist)
    return Result("metadata", "ok", "twine has nothing to say against wheel and sdist")


def install(built: Built, scratch: Path) -> Path:
    """Install the wheel with the emulator into an environment of its own, without pip in it.

    Returns:
        That environment's Python.
    """
    home = scratch / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", home)
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--quiet", f"{built.wheel}[emulator]")
    return python
