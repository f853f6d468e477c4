"""REST over real HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from trbridge.emulator import Emulator


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(clock="manual", random_seed=1) as running:
        yield running


@pytest.fixture
async def http(emulator: Emulator) -> AsyncIterator[httpx.AsyncClient]:
    auth = emulator.account_sid, emulator.auth_token
    async with httpx.AsyncClient(base_url=emulator.api_base_url, auth=auth, trust_env=False) as client:
        yield client


async def test_create_fetch_update_delete(emulator: Emulator, http: httpx.AsyncClient) -> None:
    path = f"Workspaces/{emulator.workspace_sid}/Workers"
    made = await http.post(path, data={"FriendlyName": "Zoë & Co", "Attributes": '{"a": "+"}'})
    assert (made.status_code, made.headers["etag"]) == (201, '"0"')
    body = made.json()
    assert (body["friendly_name"], body["attributes"]) == ("Zoë & Co", '{"a": "+"}')
    assert body["url"] == f"{emulator.api_base_url}/{path}/{body['sid']}"
    assert (await http.get(body["url"])).json() == body
    old = await http.post(body["url"], data={"FriendlyName": "B"}, headers={"If-Match": '"9"'})
    assert (old.status_code, old.json()["code"]) == (412, 20412)
    assert (await http.post(body["url"], data={"FriendlyName": "B"}, headers={"If-Match": "0"})).status_code == 200


async def test_a_delete_has_no_body_but_rate_headers(emulator: Emulator, http: httpx.AsyncClient) -> None:
    made = await http.post(f"Workspaces/{emulator.workspace_sid}/Activities", data={"FriendlyName": "Lunch"})
    gone = await http.delete(made.json()["url"])
    assert (gone.status_code, gone.content) == (204, b"")
    assert "x-rate-limit-limit" in gone.headers
    assert "access-control-allow-origin" not in gone.headers
    assert "access-control-allow-origin" in made.headers


@pytest.mark.parametrize(
    "header",
    [None, "Bearer x", "Basic", "Basic !!!!", "Basic QUM6eA==", "basic QUM6eA==", "Digest QUM6eA=="],
)
async def test_without_the_accounts_secret_nothing_is_told(http: httpx.AsyncClient, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with httpx.AsyncClient(base_url=http.base_url, headers=headers, trust_env=False) as stranger:
        answer = await stranger.get("Workspaces")
    assert answer.status_code == 401
    assert answer.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }
    assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_a_name_that_points_here_is_not_served(emulator: Emulator, http: httpx.AsyncClient) -> None:
    """DNS rebinding: the page's name is in the Host, whatever it resolves to (security check 30)."""
    answer = await http.get("Workspaces", headers={"Host": "evil.example"})
    assert (answer.status_code, "'evil.example' is not this machine" in answer.json()["message"]) == (403, True)
    named = await http.get("Workspaces", headers={"Host": f"localhost:{http.base_url.port}"})
    assert named.json()["meta"]["url"].startswith(f"http://localhost:{http.base_url.port}/v1/")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
async def test_a_page_of_elsewhere_changes_nothing(emulator: Emulator, http: httpx.AsyncClient, origin: str) -> None:
    """A browser that knows the credentials sends them along with any page's form (check 31)."""
    form = {"FriendlyName": "Mine"}
    assert (await http.post("Workspaces", data=form, headers={"Origin": origin})).status_code == 403
    assert len(emulator.engine.store.workspaces) == 1
    own = {"Origin": "http://localhost:3000"}
    assert (await http.post("Workspaces", data=form, headers=own)).status_code == 201


async def test_options_tell_a_page_what_it_may_do(emulator: Emulator, http: httpx.AsyncClient) -> None:
    answer = await http.request("OPTIONS", f"Workspaces/{emulator.workspace_sid}", auth=None)
    assert answer.status_code == 204
    assert answer.headers["allow"] == "GET, POST, DELETE, OPTIONS"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "If-Match" in answer.headers["access-control-allow-headers"]


async def test_head_is_get_without_the_body(http: httpx.AsyncClient) -> None:
    answer = await http.head("Workspaces")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 100


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/Workspaces", "/v1/Workspaces/../x", "/v1//Workspaces", "/v1/%ff"])
async def test_any_other_path_is_not_found(http: httpx.AsyncClient, path: str) -> None:
    url = str(http.base_url.copy_with(path="/")).rstrip("/")
    answer = await http.get(httpx.URL(url).copy_with(raw_path=path.encode()))
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


async def test_an_encoded_slash_is_no_way_into_another_resource(emulator: Emulator, http: httpx.AsyncClient) -> None:
    answer = await http.get(f"Workspaces/{emulator.workspace_sid}%2FWorkers")
    assert answer.status_code == 404


async def test_put_is_not_allowed(http: httpx.AsyncClient) -> None:
    answer = await http.put("Workspaces")
    assert (answer.status_code, answer.json()["code"]) == (405, 20004)


async def test_a_body_too_large_is_refused(emulator: Emulator) -> None:
    async with Emulator(max_body=1000) as small:
        auth = small.account_sid, small.auth_token
        async with httpx.AsyncClient(base_url=small.api_base_url, auth=auth, trust_env=False) as http:
            answer = await http.post("Workspaces", data={"FriendlyName": "x" * 2000})
            assert (answer.status_code, answer.json()["code"]) == (413, 20413)
            assert (await http.get("Workspaces")).status_code == 200, "and the next one is served"


async def test_a_body_that_is_no_form_is_refused(http: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await http.post("Workspaces", content=b"a=%ff", headers=headers)).status_code == 400
    as_json = {"Content-Type": "application/json"}
    answer = await http.post("Workspaces", content=b"{", headers=as_json)
    assert (answer.status_code, "not JSON" in answer.json()["message"]) == (400, True)
    assert "FriendlyName" in (await http.post("Workspaces", content=b"", headers=as_json)).json()["message"]


async def test_the_one_operation_with_a_json_body(emulator: Emulator, http: httpx.AsyncClient) -> None:
    queue = next(iter(emulator.engine.store.task_queues))
    path = f"Workspaces/{emulator.workspace_sid}/TaskQueues/RealTimeStatistics"
    answer = await http.post(path, json={"QueueSids": [queue]})
    assert (answer.status_code, answer.json()["task_queue_response_count"]) == (200, 1)


async def test_expression_lists_are_limited_until_time_passes(emulator: Emulator, http: httpx.AsyncClient) -> None:
    path = f"Workspaces/{emulator.workspace_sid}/Tasks?EvaluateTaskAttributes=a%3D%3D1"
    codes = [(await http.get(path)).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    await emulator.advance(1)
    assert (await http.get(path)).status_code == 200


async def test_twilios_own_library_is_served(emulator: Emulator) -> None:
    """Its dates parse, its pages are followed, its errors are read (rest-api 7)."""
    import asyncio

    from twilio.base.exceptions import TwilioRestException
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    class Local(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
        def request(self, method: str, url: str, **more: object) -> object:
            return super().request(
                method, url.replace("https://taskrouter.twilio.com/v1", emulator.api_base_url), **more
            )

    def talk() -> None:
        http = Local(pool_connections=False)
        workspaces = Client(emulator.account_sid, emulator.auth_token, http_client=http).taskrouter.v1.workspaces
        workspace = workspaces(emulator.workspace_sid)
        for number in range(5):
            workspace.activities.create(friendly_name=f"Break {number}", available=number % 2 == 0)
        names = [one.friendly_name for one in workspace.activities.list(page_size=2)]
        assert names == ["Offline", "Available", "Unavailable", *(f"Break {number}" for number in range(5))]
        worker = workspace.workers.create("Alice", attributes=json.dumps({"langs": ["en"]}))
        assert worker.date_created.tzinfo is not None
        assert workspace.workers(worker.sid).fetch().friendly_name == "Alice"
        assert workspace.workers(worker.sid).worker_channels("voice").update(capacity=4).configured_capacity == 4
        assert workspace.activities.list(available="true")[0].friendly_name == "Available"
        with pytest.raises(TwilioRestException) as caught:
            workspace.workers.create("alice")
        assert (caught.value.status, caught.value.code) == (400, 20001)
        assert workspace.task_queues.list()[0].delete is not None
        assert workspaces(emulator.workspace_sid).statistics().fetch().realtime["total_workers"] == 1

    await asyncio.to_thread(talk)
