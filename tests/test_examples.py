"""Each example runs offline, says what it does, and ends by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

SAYS = {
    "echo_bot.py": ["echo: hello", "echo: goodbye", "the bot has gone Offline"],
    "agent_bot.py": [
        "talking about cheese",
        "completed: solved",
        "nothing to be done about rain",
        "Chloé was offered 2 and accepted 2",
        "still waiting for somebody: ['tea']",
    ],
    "fleet.py": ["300 tasks", "of 200 bots", "0 gave up"],
    "token_server.py": ["token server: a token", "worked the first task", "bot: got 2 tokens"],
    "queue_watch.py": ["queue", "waiting", "of 3"],
}


def test_every_example_is_here() -> None:
    """A new one needs a line above."""
    assert {path.name for path in EXAMPLES.glob("*.py")} == {*SAYS, "somewhere.py"}


@pytest.mark.parametrize("name", SAYS)
def test_an_example_runs(name: str) -> None:
    """As anybody would run it: no account, no network, no settings."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("TRBRIDGE_", "TWILIO_"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name)],
        env={**environment, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for words in SAYS[name]:
        assert words in done.stdout
