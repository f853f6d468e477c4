"""`trbridge demo` tells the whole story, and all of it happens."""

import subprocess
import sys

STORY = (
    "An emulator is up",
    "event connected",
    "event ready",
    "friendly_name: Lunch ",
    "priority: 0 ",
    "Alice ['en', 'fr'], Bob ['en'], Chloé ['fr']",
    "5 waiting, on pages of [2, 2, 1]",
    "Statistics of every kind",
    "workers by activity",
    "Bots take their seats",
    "event token.expired",
    "workflow 'Support', from before, was read with the new one",
    "event disconnected",
    "by itself, on a new socket, with the current token",
    "left behind      0 tasks, 0 threads",
)


def test_the_demo_tells_its_story_plainly_when_piped() -> None:
    """Every chapter in its order, no escape sequence, exit code 0, nothing on stderr."""
    command = [sys.executable, "-W", "error", "-m", "trbridge", "demo"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    places = [done.stdout.find(line) for line in STORY]
    assert -1 not in places, STORY[places.index(-1)]
    assert places == sorted(places)
    accepted = [int(line.split()[2].rstrip(",")) for line in done.stdout.splitlines() if " accepted " in line]
    assert sum(accepted) == 5
    assert done.stdout.count("gone (404)") == 5
