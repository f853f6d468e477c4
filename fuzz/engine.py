"""``python -m fuzz.engine TARGET [flags of libFuzzer] FOLDER...``: one target under Atheris. The only user of atheris.

A process of its own for each target, since libFuzzer ends the process it runs in. Python's bytecode is instrumented
while it is imported, so nothing of trbridge may be imported before.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from shlex import quote
from typing import Final

__all__ = ["INSTRUMENTED", "main"]

INSTRUMENTED: Final = ["trbridge", "fuzz.targets", "yaml", "json"]
"""What new paths are looked for in. Not lark: its parser is a table, whose paths say nothing about the input."""


def main(arguments: Sequence[str]) -> None:
    """Run until libFuzzer has enough; never returns. Exit code 77 is a finding, whose traceback is on stderr."""
    import atheris

    name, *flags = arguments
    with atheris.instrument_imports(include=INSTRUMENTED):
        from fuzz.targets import TARGETS
    target = TARGETS[name]
    logging.disable()  # thousands of refusals a second are no news
    target(b"")  # what is imported at the first call is not an input's doing
    # To merge, libFuzzer starts the program again, by a shell.
    atheris.Setup([f"{quote(sys.executable)} -m fuzz.engine {name}", *flags], target)
    atheris.Fuzz()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
