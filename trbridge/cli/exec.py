"""``trbridge exec -- command``: run a command with an emulator around it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from .beginning import clock_of, clock_options
from .environment import emulator_credentials

if TYPE_CHECKING:
    from ..emulator.server import Emulator

__all__ = ["exec"]

_FORWARDED: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_FROM_THE_KEYBOARD: Final = ("SIGINT", "SIGQUIT")
_NOT_FOUND: Final = 127
_NOT_EXECUTABLE: Final = 126


@click.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--seed", type=click.Path(dir_okay=False, exists=True), help="YAML or JSON file with what to begin with.")
@click.option("--data", type=click.Path(dir_okay=False), help="File that keeps everything across restarts.")
@clock_options
@click.option("--rate-limits/--no-rate-limits", default=True, show_default=True, help="Enforce Twilio's limits.")
@click.option("--random-seed", type=int, help="Make the same SIDs, and the same auth token, on every run.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def execute(command: tuple[str, ...], manual_clock: bool, clock_start: float | None, **choices: Any) -> None:
    r"""Run COMMAND with an emulator of its own, and end with its exit code.

    \b
        trbridge exec -- pytest
        trbridge exec --seed support.yaml -- npm test

    The command's environment points at the emulator: TRBRIDGE_API_BASE_URL, TRBRIDGE_EVENT_BRIDGE_BASE_URL,
    TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_WORKSPACE_SID. Signals go to the command. When it ends,
    nothing is left.
    """
    choices["clock"] = clock_of(manual_clock=manual_clock, clock_start=clock_start, random_seed=choices["random_seed"])
    sys.exit(asyncio.run(_run(command, {**choices, **emulator_credentials()})))


async def _run(command: tuple[str, ...], choices: dict[str, Any]) -> int:
    from ..emulator import Emulator

    async with Emulator(**choices) as emulator:
        return await _within(emulator, command)


async def _within(emulator: Emulator, command: tuple[str, ...]) -> int:
    try:
        process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **emulator.environment})
    except FileNotFoundError:
        return _refused(command, "there is no such command", _NOT_FOUND)
    except (OSError, ValueError) as error:
        return _refused(command, str(error), _NOT_EXECUTABLE)
    _forward_signals(process)
    code = await process.wait()
    return code if code >= 0 else 128 - code  # ended by a signal, as a shell tells it


def _refused(command: tuple[str, ...], why: str, code: int) -> int:
    click.echo(f"trbridge exec: cannot run {command[0]!a}: {why}", err=True)
    return code


def _forward_signals(process: asyncio.subprocess.Process) -> None:
    loop = asyncio.get_running_loop()
    for name in _FORWARDED:
        number = getattr(signal, name, None)
        if number is None:
            continue  # not on this system
        # What the keyboard sends goes to the whole foreground group, the command included; sent twice, a
        # Ctrl-C would kill a test run that is about to report.
        keyboard = name in _FROM_THE_KEYBOARD and _in_foreground()
        loop.add_signal_handler(number, _pass if keyboard else _forward, process, number)


def _pass(_process: asyncio.subprocess.Process, _number: int) -> None:
    pass


def _forward(process: asyncio.subprocess.Process, number: int) -> None:
    if process.returncode is None:
        process.send_signal(number)


def _in_foreground() -> bool:
    """Whether a keyboard's signals reach us, and with us the command."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


exec = execute  # noqa: A001  the name by which the group finds its command
