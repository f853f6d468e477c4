"""One tree of errors, sorted by what the caller can do."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge import errors
from trbridge.errors import (
    ApiError,
    BadRequest,
    ExpressionError,
    Gone,
    InvalidArgument,
    NotFound,
    RequestError,
    RequestTimeout,
    ReservationGone,
    ServerError,
    TaskRouterError,
    TokenExpired,
    TooManyRequests,
    TransportError,
    api_error,
)

CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, TaskRouterError)]


def test_every_error_is_in_the_drawing_below_its_parent_and_public() -> None:
    lines = [line for line in (errors.__doc__ or "").splitlines() if "──" in line]
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = [(-1, "TaskRouterError")]
    for line in lines:
        depth, name = line.index("──"), line.split("── ")[1].split()[0]
        above = [(at, parent) for at, parent in above if at < depth]
        drawn[name] = above[-1][1]
        above.append((depth, name))
    real = {cls.__name__: cls.__bases__[0].__name__ for cls in CLASSES if cls is not TaskRouterError}
    assert drawn == real
    assert set(errors.__all__) == {*real, "TaskRouterError", "api_error"}


def _needs_more_than_words(cls: type[TaskRouterError]) -> bool:
    parameters = list(inspect.signature(cls).parameters.values())[1:]
    return any(parameter.default is parameter.empty for parameter in parameters)


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if not _needs_more_than_words(cls)])
def test_every_error_can_be_made_of_words_alone_and_shows_them(cls: type[TaskRouterError]) -> None:
    error = cls("what went wrong")
    assert error.message == "what went wrong"
    assert str(error).startswith("what went wrong")
    assert repr(error).startswith(f"{cls.__name__}(")


def test_an_error_shows_all_that_is_known() -> None:
    error = TaskRouterError("no", status=400, code=20001, more_info="https://x", hint="do this")
    assert str(error) == "no (HTTP 400, code 20001). Hint: do this"
    assert error.more_info == "https://x"


def test_a_wrong_call_is_a_value_error_too() -> None:
    assert issubclass(InvalidArgument, ValueError)
    error = ExpressionError("unexpected )", line=2, column=7)
    assert (error.line, error.column) == (2, 7)


def test_a_request_error_says_how_often_it_was_tried() -> None:
    error = RequestTimeout("no answer")
    assert str(error) == "no answer"
    error.attempts = 3
    assert str(error) == "no answer (after 3 attempts)"
    assert not error.outcome_unknown


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 412, 429])
def test_every_common_status_has_its_class(status: int) -> None:
    error = api_error(status, "x", code=20001)
    assert type(error) is not ApiError
    assert type(error).default_status == error.status == status
    assert error.more_info == "https://www.twilio.com/docs/errors/20001"


@given(st.integers(300, 599))
def test_every_status_becomes_an_api_error_that_keeps_it(status: int) -> None:
    error = api_error(status, "x")
    assert isinstance(error, ApiError)
    assert (error.status, error.code, error.more_info) == (status, None, None)
    assert isinstance(error, ServerError) == (status >= 500)


def test_a_code_is_the_services_or_none_but_a_class_has_its_usual_one() -> None:
    assert (NotFound("x").code, NotFound("x").status) == (20404, 404)
    assert api_error(404, "x").code is None
    assert api_error(404, "x", code=5, more_info="https://x", details={"a": 1}).more_info == "https://x"
    assert api_error(400, "x", details={"a": 1}).details == {"a": 1}


def test_a_reservation_that_is_over_is_something_gone() -> None:
    error = ReservationGone("over", status=400, code=20001)
    assert isinstance(error, Gone)
    assert not isinstance(error, BadRequest)
    assert (error.status, error.reservation_status) == (400, "")


def test_classes_that_know_more_begin_without_it() -> None:
    assert TooManyRequests("x").retry_after is ServerError("x").retry_after is None
    assert TransportError("x").kind == "network"
    assert issubclass(TokenExpired, errors.TokenError)
    assert not issubclass(TokenExpired, RequestError)
