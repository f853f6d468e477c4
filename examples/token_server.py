"""A small HTTP service that mints tokens, and a bot that gets its own from it, again before each one runs out.

The auth token stays in the service; the bot knows the service's address and a password. In front of a real one
put TLS, and a better way to tell who is asking.
"""

from __future__ import annotations

import asyncio
import http.server
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from somewhere import activities_of, somewhere

from trbridge.bot import Bot
from trbridge.resources.task import TaskInstance

LIFETIME = 4
"""Seconds; an hour is usual. So short that the bot needs a second one while you watch."""


@contextmanager
def token_server(mint: Callable[[str], str], password: str) -> Iterator[str]:
    """Serve ``GET /token/WK...`` on this machine, in a thread of its own; yields the base URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Authorization", "")
            if not secrets.compare_digest(asked.encode(), f"Bearer {password}".encode()):
                self.send_error(401)
                return
            body = json.dumps({"token": mint(self.path.rpartition("/")[2])}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            print("token server: a token, good for", LIFETIME, "seconds")

        def log_message(self, *_: Any) -> None:
            """Say nothing: what is asked for here does not belong into a log."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


async def work(base: str, password: str, worker_sid: str, activities: dict[str, str]) -> None:
    """Run the bot until it has got its second token."""
    asked = 0

    async def provide() -> str:
        nonlocal asked
        asked += 1
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {password}"}, trust_env=False) as client:
            answer = await client.get(f"{base}/token/{worker_sid}")
            token: str = answer.raise_for_status().json()["token"]
        if asked == 2:
            leaving.append(asyncio.get_running_loop().create_task(bot.drain()))
        return token

    leaving: list[asyncio.Task[None]] = []
    bot = Bot(provide, connect_activity_sid=activities["Available"], disconnect_activity_sid=activities["Offline"])

    @bot.task()
    async def answer(task: TaskInstance) -> str:
        print("bot: worked", task.attributes["name"])
        return "done"

    await bot.run()
    print("bot: got", asked, "tokens, the second one before the first ran out")


async def main() -> None:
    """A place, a service, a bot."""
    password = secrets.token_urlsafe()
    async with somewhere() as (place, workspace):
        activities = await activities_of(workspace)
        worker = await workspace.workers.create(friendly_name="Alice")
        await workspace.tasks.create(attributes={"name": "the first task"})
        with token_server(lambda sid: place.worker_token(sid, ttl=LIFETIME), password) as base:
            await work(base, password, worker.sid, activities)


if __name__ == "__main__":
    asyncio.run(main())
