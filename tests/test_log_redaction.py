"""What others raise gets into our log without the tokens that are in it (security check 1)."""

from __future__ import annotations

import logging

import pytest

from trbridge import TokenProviderError, Workspace, WorkspaceCapability
from trbridge.log_redaction import redacting_logger

TOKEN = WorkspaceCapability("AC" + "1" * 32, "0123456789abcdef" * 2, "WS" + "2" * 32).to_jwt()
URL = f"https://me:hunter2@tokens.example/?token={TOKEN}"
log = redacting_logger("trbridge.tests.redaction")


def test_message_and_traceback_are_redacted(caplog: pytest.LogCaptureFixture) -> None:
    """Also those of the exception's causes."""
    cause = ValueError(f"bad {URL}")
    error = RuntimeError(f"no {TOKEN}")
    error.__cause__ = cause
    log.warning("%s and %d: %s", TOKEN, 5, URL, exc_info=error)
    assert "*** and 5: https://tokens.example/?token=***" in caplog.text
    assert "RuntimeError: no ***" in caplog.text
    assert "ValueError: bad https://tokens.example/?token=***" in caplog.text
    assert TOKEN[:20] not in caplog.text
    assert "hunter2" not in caplog.text


def test_other_records_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    log.warning("%s of %d", "one", 2)
    assert [(record.msg, record.args) for record in caplog.records] == [("%s of %d", ("one", 2))]


def test_a_logger_filters_once() -> None:
    again = redacting_logger("trbridge.tests.redaction")
    assert again is log
    assert len(again.filters) == 1


async def test_a_provider_that_fails_with_the_token_in_its_words(caplog: pytest.LogCaptureFixture) -> None:
    """As httpx words it: for url 'https://...?token=...'."""
    caplog.set_level(logging.DEBUG)

    def provide() -> str:
        raise RuntimeError(f"Client error '401 Unauthorized' for url '{URL}'")

    client = Workspace(provide, api_base_url="http://127.0.0.1:9/v1", event_bridge_base_url="http://127.0.0.1:9")
    with pytest.raises(TokenProviderError) as caught:
        await client.connect()
    client.emitter.report(caught.value)  # as it is when a token is renewed in the background
    await client.aclose()
    assert "Client error '401 Unauthorized'" in caplog.text
    assert TOKEN[:20] not in caplog.text
    assert "hunter2" not in caplog.text


async def test_a_handler_that_fails_with_the_token_in_its_words(caplog: pytest.LogCaptureFixture) -> None:
    client = Workspace(TOKEN, api_base_url="http://127.0.0.1:9/v1", event_bridge_base_url="http://127.0.0.1:9")

    def fail(_: object) -> None:
        raise RuntimeError(f"with {TOKEN}")

    client.on("task.created", fail)
    client.emitter.publish("task.created", {})
    await client.aclose()
    assert "with ***" in caplog.text
    assert TOKEN[:20] not in caplog.text
