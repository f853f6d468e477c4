"""The fixture ``taskrouter``: a user's test is ten lines, in any project, synchronous or not."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from trbridge import Worker, pytest_plugin
from trbridge.emulator.testing import TaskRouter

TEN_LINES = """
    def test_nobody_answers(taskrouter):
        alice = taskrouter.worker("Alice", attributes={"langs": ["fr"]})
        french = taskrouter.queue("French", "langs HAS 'fr'")
        taskrouter.workflow(("lang == 'fr'", french), default=french)
        task = taskrouter.submit({"lang": "fr"}, priority=5)
        assert taskrouter.reservations(task)[0].worker_sid == alice.sid
        taskrouter.advance(120)
        assert taskrouter.reservations(task)[0].reservation_status == "timeout"
        assert taskrouter.now(task).assignment_status == "pending"
        assert taskrouter.events("reservation.*")[-1].event_type == "reservation.timeout"
"""

BOT = """
    import pytest
    from trbridge import Worker, pytest_plugin
    {marker}
    async def test_a_bot(taskrouter):
        alice = taskrouter.worker("Alice")
        async with Worker(taskrouter.token("worker", alice)) as worker:
            async with worker.listen("reservation.created") as created:
                task = taskrouter.submit()
                reservation = (await anext(created)).payload
                await reservation.accept()
        assert taskrouter.now(task).assignment_status == "assigned"
"""

FIXTURE_LOOP = "asyncio_default_fixture_loop_scope = function"
"""pytest-asyncio wants to be told, or it warns."""


def run(project: Path, *arguments: str, ini: str = "", **tests: str) -> tuple[int, str]:
    """A user's project with the package installed, and nothing of ours around it."""
    (project / "pytest.ini").write_text(f"[pytest]\nfilterwarnings = error\n{ini}\n")
    for name, text in tests.items():
        (project / f"{name}.py").write_text(textwrap.dedent(text))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "TRBRIDGE"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=project,
        env={**environment, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_ten_lines_a_bot_and_the_documentations_tests_with_pytest_asyncio(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "testing.md").read_text()
    blocks = [block.partition("```")[0] for block in page.split("```python\n")[1:]]
    documented = sum(block.count("def test_") for block in blocks)
    assert documented > 4
    ini = f"{FIXTURE_LOOP}\nasyncio_mode = auto"
    tests = {"test_ten_lines": TEN_LINES, "test_bot": BOT.format(marker=""), "test_docs": "\n".join(blocks)}
    code, output = run(tmp_path, ini=ini, **tests)
    assert (code, f"{documented + 2} passed" in output) == (0, True), output


@pytest.mark.parametrize(
    ("arguments", "ini", "marker"),
    [
        ((), f"{FIXTURE_LOOP}\nasyncio_mode = strict", "@pytest.mark.asyncio"),
        (("-p", "no:asyncio"), "", "@pytest.mark.anyio"),
    ],
    ids=["pytest-asyncio strict", "anyio"],
)
def test_a_bot_in_other_asynchronous_projects(
    tmp_path: Path, arguments: tuple[str, ...], ini: str, marker: str
) -> None:
    backend = "import pytest\n@pytest.fixture\ndef anyio_backend(): return 'asyncio'\n"
    code, output = run(tmp_path, *arguments, ini=ini, conftest=backend, test_bot=BOT.format(marker=marker))
    assert (code, "1 passed" in output) == (0, True), output


HEAVY = """
    import sys
    def test_nothing_heavy_was_imported():
        loaded = {"starlette", "uvicorn", "lark", "httpx", "websockets", "trbridge.emulator"} & set(sys.modules)
        assert loaded == set()
"""

FAILING = """
    def test_it(taskrouter):
        taskrouter.workflow(default=taskrouter.queue("Q"), assignment_callback_url="http://127.0.0.1:1/")
        taskrouter.worker("Alice")
        taskrouter.submit()
        taskrouter.settled()
        assert taskrouter.tasks("assigned")

    def test_another(taskrouter):
        taskrouter.stop()
        assert False
"""

MARKED = """
    import pytest
    pytestmark = pytest.mark.taskrouter(random_seed=1)

    def test_of_the_module(taskrouter):
        test_of_the_module.sid = taskrouter.workspace_sid

    @pytest.mark.taskrouter(random_seed=2, seed="seed.json")
    def test_of_the_test(taskrouter):
        assert [worker.friendly_name for worker in taskrouter.workers()] == ["Bob"]
        assert taskrouter.workspace_sid != test_of_the_module.sid

    @pytest.mark.taskrouter("seed.json")
    def test_wrong(taskrouter):
        pass

    @pytest.mark.taskrouter(sed="seed.json")
    def test_misspelt(taskrouter):
        pass
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a project says that has no other plugin."""
    project = tmp_path_factory.mktemp("project")
    seed = '{"workspaces": [{"friendly_name": "Support", "workers": [{"friendly_name": "Bob"}]}]}'
    (project / "seed.json").write_text(seed)
    alone = ("-p", "no:asyncio", "-p", "no:anyio", "-p", "no:hypothesispytest", "--strict-markers", "-rA")
    code, text = run(project, *alone, test_a=HEAVY, test_b=TEN_LINES, test_failing=FAILING, test_marked=MARKED)
    assert code == 1, text
    return text


def test_it_needs_no_other_plugin_and_loads_nothing_heavy(output: str) -> None:
    assert "PASSED test_a.py::test_nothing_heavy_was_imported" in output
    assert "PASSED test_b.py::test_nobody_answers" in output


def test_a_failure_shows_what_happened_before_it(output: str) -> None:
    assert "FAILED test_failing.py::test_it" in output
    assert "- TaskRouter -" in output
    assert "worker.created               Worker Alice created" in output
    assert "reservation.created          Reservation WR" in output
    assert "alert 11205: assignment callback" in output
    assert "(not to be had: this emulator is not running" in output


def test_markers_choose_the_emulators_options(output: str) -> None:
    assert "PASSED test_marked.py::test_of_the_module" in output
    assert "PASSED test_marked.py::test_of_the_test" in output
    assert "the marker takes keywords only" in output
    assert "an emulator has no option 'sed'" in output


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trbridge.emulator.testing", None)
    with pytest.raises(pytest.fail.Exception, match=r"needs trbridge.* pip install 'trbridge\[emulator\]'"):
        pytest_plugin._made({})


def test_the_environment_points_clients_at_it_and_is_put_back(
    taskrouter: TaskRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert os.environ["TRBRIDGE_API_BASE_URL"] == taskrouter.emulator.api_base_url
    assert os.environ["TRBRIDGE_EVENT_BRIDGE_BASE_URL"] == taskrouter.emulator.event_bridge_base_url
    assert os.environ["TWILIO_ACCOUNT_SID"] == taskrouter.emulator.account_sid
    assert os.environ["TWILIO_AUTH_TOKEN"] == taskrouter.emulator.auth_token
    assert os.environ["TWILIO_WORKSPACE_SID"] == taskrouter.workspace_sid
    monkeypatch.undo()
    assert os.environ.get("TRBRIDGE_API_BASE_URL") != taskrouter.emulator.api_base_url


@pytest.mark.parametrize("number", [1, 2])
def test_each_test_has_one_of_its_own_with_the_same_sids(taskrouter: TaskRouter, number: int) -> None:
    assert taskrouter.workers() == []
    alice = taskrouter.worker(f"Alice {number}")
    seen = _sids.setdefault("alice", alice.sid)
    assert seen == alice.sid


_sids: dict[str, str] = {}


async def test_our_own_clients_work_with_it_in_an_asynchronous_test(taskrouter: TaskRouter) -> None:
    alice = taskrouter.worker("Alice")
    async with Worker(taskrouter.token("worker", alice)) as worker:
        taskrouter.connected(1, alice)
        async with worker.listen("reservation.created") as created:
            task = taskrouter.submit({"n": 1})
            reservation = (await anext(created)).payload
            assert reservation.task.attributes == {"n": 1}
            await reservation.accept()
    assert taskrouter.now(task).assignment_status == "assigned"
