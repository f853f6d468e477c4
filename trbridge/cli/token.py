"""``trbridge token``: a capability token on stdout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ..errors import InvalidArgument
from .environment import credentials, setting

if TYPE_CHECKING:
    from ..capabilities import Capability

__all__ = ["make_capability", "token"]

_KINDS = {"workspace": "WS", "worker": "WK", "taskqueue": "WQ"}


@click.command(no_args_is_help=True)
@click.argument("kind", type=click.Choice(list(_KINDS)))
@click.argument("sid")
@click.option("--workspace", "workspace_sid", help="Its workspace, for a worker or queue; else TWILIO_WORKSPACE_SID.")
@click.option("--ttl", default=3600, show_default=True, help="Seconds it is good for.")
@click.option("--allow", "allowed", multiple=True, metavar="WHAT", help="Allow more. Can be repeated.")
def token(kind: str, sid: str, workspace_sid: str | None, ttl: int, allowed: tuple[str, ...]) -> None:
    """Make a capability token for a workspace, worker or task queue.

    TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN come from the environment. By default the token reads what it is
    for and nothing else. WHAT is update-self, delete-self, fetch-subresources, update-subresources or
    delete-subresources; for a worker also update-activities and update-reservations.
    """
    capability = make_capability(kind, sid, workspace_sid, allowed)
    text = capability.to_jwt(ttl=ttl)
    from ..policies import widenings

    for line in widenings(capability.policies):
        click.echo(f"note: this token {line}", err=True)
    click.echo(text)


def make_capability(kind: str, sid: str, workspace_sid: str | None, allowed: Sequence[str]) -> Capability:
    """A capability from the environment's credentials.

    Raises:
        InvalidArgument: Credentials or the workspace are missing, or something is not what it should be.
    """
    from ..capabilities import TaskQueueCapability, WorkerCapability, WorkspaceCapability

    account_sid, auth_token = credentials()
    capability: Capability
    if kind == "workspace":
        capability = WorkspaceCapability(account_sid, auth_token, sid)
    else:
        workspace = workspace_sid or setting("TWILIO_WORKSPACE_SID")
        if workspace is None:
            raise InvalidArgument(f"which workspace is the {kind} in?", hint="say --workspace WS...")
        cls = WorkerCapability if kind == "worker" else TaskQueueCapability
        capability = cls(account_sid, auth_token, workspace, sid)
    for name in allowed:
        _allow(capability, name)
    return capability


_ALLOWED = (
    "update-self",
    "delete-self",
    "fetch-subresources",
    "update-subresources",
    "delete-subresources",
    "update-activities",
    "update-reservations",
)


def _allow(capability: Capability, name: str) -> None:
    helpers = {each: getattr(capability, f"allow_{each.replace('-', '_')}", None) for each in _ALLOWED}
    helper = helpers.get(name)
    if helper is None:
        known = ", ".join(each for each, method in helpers.items() if method is not None)
        raise InvalidArgument(f"--allow {name} is not known here", hint=f"it can be {known}")
    helper()
