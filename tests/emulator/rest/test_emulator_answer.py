"""Errors as bodies, and versions as guards."""

from __future__ import annotations

import pytest

from trbridge.emulator.rest.answer import Answer, check_version, error_answer
from trbridge.errors import BadRequest, NotFound, PreconditionFailed, TooManyRequests


def test_an_error_is_four_fields_and_perhaps_details() -> None:
    assert error_answer(NotFound("gone")) == Answer(
        404,
        {"code": 20404, "message": "gone", "more_info": "https://www.twilio.com/docs/errors/20404", "status": 404},
    )
    body = error_answer(BadRequest("no", code=20002, details={"field": 1})).body
    assert body is not None
    assert (body["code"], body["details"]) == (20002, {"field": 1})


@pytest.mark.parametrize(("wait", "header"), [(0.0, "1"), (0.2, "1"), (1.2, "2")])
def test_retry_after_is_whole_seconds_and_never_too_few(wait: float, header: str) -> None:
    error = TooManyRequests("slow down")
    error.retry_after = wait
    assert error_answer(error).headers["Retry-After"] == header


@pytest.mark.parametrize("tag", ["15", '"15"', 'W/"15"', "*", '"14", "15"', "14,15", ' "15" '])
def test_the_present_version_passes_in_every_spelling(tag: str) -> None:
    """The second generation of clients sends it bare (rest-api 1.3)."""
    check_version(tag, 15)


@pytest.mark.parametrize("tag", ["14", '"1"', "", "W/", '"150"', "15.0", "\x00", "x" * 10_000])
def test_another_version_does_not(tag: str) -> None:
    with pytest.raises(PreconditionFailed, match="is not the current one, 15") as caught:
        check_version(tag, 15)
    assert caught.value.code == 20412
    assert len(caught.value.message) < 300


def test_without_a_guard_or_a_version_everything_passes() -> None:
    check_version(None, 15)
    check_version("7", None)
