"""Seeds: a file of workspaces, activities, queues, workflows, workers and tasks by name, in JSON or YAML.

::

    workspaces:
      - friendly_name: Support
        workers:
          - {friendly_name: Alice, activity: Available, attributes: {langs: [fr, en]}, channels: {chat: {capacity: 3}}}
        task_queues:
          - {friendly_name: French, target_workers: "langs HAS 'fr'"}
        workflows:
          - friendly_name: Main
            configuration: {task_routing: {filters: [], default_filter: {queue: French}}}
        tasks:
          - {attributes: {lang: fr}, task_channel: chat}

What is left out is as in a new workspace. :func:`export` writes the same form again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from ...errors import InvalidArgument
from ...shown import printable
from .applying import apply
from .exporting import export
from .model import Seed
from .references import MAX_DEPTH

__all__ = ["MAX_BYTES", "Format", "Seed", "apply", "dump", "export", "parse", "read"]

Format = Literal["json", "yaml"]

MAX_BYTES: Final = 16 * 2**20
"""Size of a seed. 15,000 workers take about three million bytes."""


def read(path: str | os.PathLike[str]) -> Seed:
    """Read a seed from a file: JSON if its name ends in ``.json``, else YAML.

    Raises:
        InvalidArgument: The file cannot be read, is too large, or is no seed; says where it is wrong.
    """
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InvalidArgument(f"{file} is larger than {MAX_BYTES} bytes")
        content = file.read_bytes()
    except OSError as error:
        raise InvalidArgument(f"{file} cannot be read: {error.strerror}") from error
    try:
        return parse(content, "json" if file.suffix.lower() == ".json" else "yaml")
    except InvalidArgument as error:
        raise InvalidArgument(f"{file}: {error.message}", hint=error.hint) from error


def parse(content: str | bytes, form: Format = "yaml") -> Seed:
    """Read a seed.

    Args:
        content: The text.
        form: ``"json"`` or ``"yaml"``. YAML may not use anchors and tags: a few lines of them can stand for
            more than fits into any machine.

    Raises:
        InvalidArgument: It is too large, neither JSON nor YAML, or no seed: ``workspaces[0].workers[3].activity: ...``.
    """
    if len(content) > MAX_BYTES:
        raise InvalidArgument(f"the seed is larger than {MAX_BYTES} bytes")
    document = _from_json(content) if form == "json" else _from_yaml(content)
    if document is None:
        raise InvalidArgument("the seed is empty", hint="it begins with `workspaces:`; docs/emulator.md has an example")
    try:
        return msgspec.convert(document, Seed)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        place = where.rstrip("`").lstrip(".") or "the seed"
        raise InvalidArgument(printable(f"{place}: {what}")) from error


def dump(seed: Seed, form: Format = "yaml") -> str:
    """Write a seed as text; :func:`parse` reads the same seed again."""
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(seed), indent=2).decode() + "\n"
    import yaml

    text: str = yaml.safe_dump(msgspec.to_builtins(seed), sort_keys=False, allow_unicode=True, width=120)
    return text


def _from_json(content: str | bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidArgument(f"it is not valid JSON: {error}") from error


def _from_yaml(content: str | bytes) -> Any:
    import yaml

    # The safe loader makes nothing but plain values; libyaml's is the same, ten times as fast.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_shape(yaml.parse(content, Loader=loader))
        return yaml.load(content, Loader=loader)  # noqa: S506 it is a safe loader
    except InvalidArgument:  # of the shape; it is a ValueError too
        raise
    except yaml.YAMLError as error:
        raise InvalidArgument(printable(_refusal(error))) from error
    except ValueError as error:  # such as the date 2020-13-45
        raise InvalidArgument(printable(f"it cannot be read as YAML: {error}")) from error


def _refusal(error: Exception) -> str:
    """What is wrong and where, in a line. PyYAML counts brackets from 6.0.4 on, and meets a tower before we do."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None or not problem:
        return f"it is not valid YAML: {error}"
    if "nesting depth" in problem:
        return _too_deep(mark.line + 1)
    return f"it is not valid YAML: line {mark.line + 1}, column {mark.column + 1}: {problem}"


def _too_deep(line: int) -> str:
    return f"line {line}: nested more than {MAX_DEPTH} deep"


def _check_shape(events: Iterator[Any]) -> None:
    """Refuse what grows when it is built: aliases of aliases, towers of brackets."""
    import yaml

    depth = 0
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            raise InvalidArgument(printable(f"line {line}: YAML aliases (*{event.anchor}) are not allowed in a seed"))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise InvalidArgument(_too_deep(line))
