"""``trbridge serve``: the emulator, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click

from ..errors import NotReady
from .beginning import clock_of, clock_options, read_stdin
from .environment import emulator_credentials, setting

if TYPE_CHECKING:
    from ..emulator.server import Emulator

__all__ = ["serve"]


@click.command()
@click.option("--host", default="localhost", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--data", type=click.Path(dir_okay=False), help="File that keeps everything across restarts.")
@click.option(
    "--seed",
    type=click.Path(dir_okay=False, exists=True, allow_dash=True),
    help="YAML or JSON file with what to begin with; - reads stdin.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when it listens, and nothing else.")
@click.option("--workspace-events", is_flag=True, help="Send every event on workspace and queue channels.")
@click.option("--close-on-expiry", is_flag=True, help="Close a websocket when its token runs out.")
@click.option("--rate-limits/--no-rate-limits", default=True, show_default=True, help="Enforce Twilio's limits.")
@click.option("--random-seed", type=int, help="Make the same SIDs, and the same auth token, on every run.")
@click.option("--origin", "origins", multiple=True, help="Web origin that may open websockets. Can be repeated.")
@clock_options
@click.option("--callback-host", "callback_hosts", multiple=True, help="Host that callbacks may go to, besides this.")
@click.option("--real-account", is_flag=True, help="Needed for credentials that look like a real account's.")
@click.option("--allow-remote", is_flag=True, help="Needed for a host that other machines can reach.")
def serve(as_json: bool, manual_clock: bool, clock_start: float | None, **choices: Any) -> None:
    """Run TaskRouter in a box.

    REST and the event bridge on one port, with a workspace to begin with. TRBRIDGE_ACCOUNT_SID and
    TRBRIDGE_AUTH_TOKEN in the environment set its credentials; otherwise they are made up and printed. An
    API key for access tokens comes from TRBRIDGE_API_KEY_SID and TRBRIDGE_API_KEY_SECRET.
    """
    choices["clock"] = clock_of(manual_clock=manual_clock, clock_start=clock_start, random_seed=choices["random_seed"])
    if choices["seed"] == "-":
        choices["seed"] = read_stdin()
    asyncio.run(_serve(_announce_json if as_json else _announce, choices))


async def _serve(announce: Callable[[Emulator], None], choices: dict[str, Any]) -> None:
    from ..emulator import Emulator

    stop = _stop_on_signals()
    choices = {**choices, **emulator_credentials(), "api_keys": _api_keys()}
    emulator = Emulator(**choices)
    if choices["seed"] is not None and emulator.engine.store.workspaces:
        click.echo(f"Note: {choices['data']} has workspaces already, so the seed is not used.", err=True)
    async with emulator:
        announce(emulator)
        await stop.wait()


def _api_keys() -> dict[str, str]:
    sid, secret = setting("TRBRIDGE_API_KEY_SID"), setting("TRBRIDGE_API_KEY_SECRET")
    return {sid: secret} if sid and secret else {}


def _stop_on_signals() -> asyncio.Event:
    """An event that Ctrl-C and a polite kill set. A second one does what it does to any program."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def once(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, once, number)
    return stop


def _workspace(emulator: Emulator) -> str | None:
    try:
        return emulator.workspace_sid
    except NotReady:  # a seed may have none: somebody wants to make them over REST
        return None


def _announce_json(emulator: Emulator) -> None:
    import msgspec

    facts = {
        "rest": emulator.event_bridge_base_url,
        "event_bridge": emulator.event_bridge_base_url,
        "account_sid": emulator.account_sid,
        "auth_token": emulator.auth_token,
        "workspace_sid": _workspace(emulator),
    }
    click.echo(msgspec.json.encode(facts))


_NOTHING_TOLD: Final = """
A workspace's channel tells little by itself; with --workspace-events it tells everything that happens.
"""


def _announce(emulator: Emulator) -> None:
    api, bridge, workspace_sid = emulator.api_base_url, emulator.event_bridge_base_url, _workspace(emulator)
    click.echo(f"""\
TaskRouter in a box is listening. Ctrl-C stops it.

  REST            {api}
  event bridge    {bridge}
  account SID     {emulator.account_sid}
  auth token      {emulator.auth_token}
  workspace SID   {workspace_sid or "none yet"}

In another shell:

  export TRBRIDGE_API_BASE_URL={api}
  export TRBRIDGE_EVENT_BRIDGE_BASE_URL={bridge}
  export TWILIO_ACCOUNT_SID={emulator.account_sid} TWILIO_AUTH_TOKEN={emulator.auth_token}
  export TWILIO_WORKSPACE_SID={workspace_sid or "WS..."}
  trbridge listen {workspace_sid or "WS..."}
{"" if emulator.app.options.workspace_events else _NOTHING_TOLD}""")
