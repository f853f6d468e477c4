"""The emulator as a pytest fixture: ``def test_it(taskrouter): ...``.

Installed with the package (entry point ``pytest11``). Loading it imports nothing but pytest; what is heavy is
imported by the first test that asks for the fixture. It needs no other plugin, and works in asynchronous
tests of any.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .emulator.testing import TaskRouter

__all__ = ["taskrouter"]

_MARKER = "taskrouter(**options): how this test's emulator is made, such as seed='seed.yaml' or random_seed=7"
_SHOWN = 20


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def taskrouter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[TaskRouter]:
    """TaskRouter in a box, for this test alone: on a free port, with time that stands still.

    The environment points clients at it: ``TRBRIDGE_API_BASE_URL``, ``TRBRIDGE_EVENT_BRIDGE_BASE_URL``,
    ``TWILIO_ACCOUNT_SID``, ``TWILIO_AUTH_TOKEN`` and ``TWILIO_WORKSPACE_SID``.
    """
    with _made(_options(request)) as router:
        for name, value in router.emulator.environment.items():
            monkeypatch.setenv(name, value)
        yield router


def _made(options: dict[str, Any]) -> TaskRouter:
    try:
        from .emulator.testing import TaskRouter

        return TaskRouter(**options)
    except ModuleNotFoundError as error:
        pytest.fail(f"the fixture taskrouter needs {error.name}: pip install 'trbridge[emulator]'", pytrace=False)


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Of all markers; the one next to the test wins."""
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("taskrouter"))):
        if marker.args:
            raise pytest.UsageError(f"the marker takes keywords only: {_MARKER}")
        options |= marker.kwargs
    return options


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what happened in TaskRouter before it."""
    report = yield
    router: TaskRouter | None = getattr(item, "funcargs", {}).get("taskrouter")
    if report.failed and report.when == "call" and router is not None:
        report.sections.append(("TaskRouter", _story(router)))
    return report


def _story(router: TaskRouter) -> str:
    try:
        lines = [f"{event.event_type:<28} {event.description}" for event in router.events()[-_SHOWN:]]
        lines += [f"alert {alert.code}: {alert.message}" for alert in router.alerts()[-_SHOWN:]]
    except Exception as error:  # noqa: BLE001 the test's own failure matters more
        return f"(not to be had: {error})"
    return "\n".join(lines)
