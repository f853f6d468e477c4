"""Runs emulators on a file, each in a forked child: what takes time to import is imported once.

Reads lines from stdin: ``start`` forks a server, whose address and process id come back as a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from trbridge.emulator import Emulator


async def serve(data: str, auth_token: str) -> None:
    """One emulator, until it is killed."""
    async with Emulator(data=data, auth_token=auth_token) as emulator:
        workspace_sid = next(iter(emulator.engine.store.workspaces))
        facts = {"url": emulator.api_base_url, "account_sid": emulator.account_sid, "workspace_sid": workspace_sid}
        print(json.dumps({"pid": os.getpid(), **facts}), flush=True)
        await asyncio.Future()


def main() -> None:
    """Fork on request; collect the dead."""
    for line in sys.stdin:
        if line.strip() == "start" and os.fork() == 0:
            os.close(0)
            asyncio.run(serve(*sys.argv[1:]))
        if line.strip() == "buried":
            os.wait()


main()
