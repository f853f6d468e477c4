"""A program's first request: ``python -m benchmarks.start.first VARIANT PORT``.

Prints nothing, since it is timed from outside. The server is the one of the requests' benchmark.
"""

from __future__ import annotations

import asyncio
import sys


async def trbridge(base: str) -> None:
    """With trbridge."""
    from trbridge import Workspace, WorkspaceCapability

    workspace_sid = f"WS{2:032x}"
    token = WorkspaceCapability(f"AC{1:032x}", "0" * 32, workspace_sid).allow_update_subresources().to_jwt()
    workspace = Workspace(token, api_base_url=f"{base}/v1", event_bridge_base_url=base)
    await workspace.activities.update(f"WA{4:032x}", friendly_name="Lunch")
    await workspace.aclose()


async def httpx(base: str) -> None:
    """With httpx and PyJWT alone."""
    import httpx
    import jwt

    token = jwt.encode({"iss": "AC"}, "0" * 32, algorithm="HS256")
    async with httpx.AsyncClient() as client:
        (await client.post(f"{base}/v1/wschannels/AC/WS", json={"token": token})).json()


async def twilio(base: str) -> None:
    """With twilio-python."""
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    class Here(TwilioHttpClient):  # type: ignore[misc]
        def request(self, method: str, url: str, *args: object, **options: object) -> object:
            return super().request(method, url.replace("https://taskrouter.twilio.com", base), *args, **options)

    client = Client(f"AC{1:032x}", "0" * 32, http_client=Here())
    client.taskrouter.v1.workspaces(f"WS{2:032x}").activities(f"WA{4:032x}").update(friendly_name="Lunch")


if __name__ == "__main__":
    asyncio.run(
        {"trbridge": trbridge, "httpx": httpx, "twilio": twilio}[sys.argv[1]](f"http://127.0.0.1:{sys.argv[2]}")
    )
