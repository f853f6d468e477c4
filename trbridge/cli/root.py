"""The group of commands. Each is imported when it is asked for, and imports what is heavy when it runs."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any, Final

import click

from .. import __version__
from ..errors import TaskRouterError
from .text import printable

__all__ = ["trbridge"]

_COMMANDS: Final = ("demo", "serve", "exec", "export", "token", "listen")
"""In the order in which somebody new wants them. Each is a module here with a command of its name."""


class Commands(click.Group):
    """Loads commands by name, and tells errors of ours without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The names."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a name."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__package__}.{cmd_name}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run what was asked for."""
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            try:
                return super().invoke(ctx)
            except TaskRouterError as error:
                raise click.ClickException(printable(str(error))) from error


def _show_warning(message: Warning | str, *_where: object, **_more: object) -> None:
    """A line for a person, who has no use for the place in our source."""
    click.echo(f"Warning: {printable(str(message))}", err=True)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="trbridge")
def trbridge() -> None:
    """TaskRouter for Python: live clients, and TaskRouter in a box."""
