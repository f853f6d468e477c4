"""SIDs: what may become part of a URL, and nothing else."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.errors import InvalidArgument
from trbridge.sids import KINDS, SidFactory, check_sid, is_sid, kind_of

WK = "WK" + "0" * 31 + "a"


def test_a_sid_is_two_capitals_and_32_hexadecimal_digits() -> None:
    assert is_sid(WK)
    assert is_sid(WK.upper().replace("WK", "WK"))
    assert is_sid(WK, "WT", "WK")
    assert not is_sid(WK, "WT")


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "",
        "WK",
        WK[:-1],
        WK + "0",
        WK + "\n",
        " " + WK,
        "wk" + "0" * 32,
        "W1" + "0" * 32,
        "WK" + "g" * 32,
        "WK" + "\u0661" * 32,  # digits, but Arabic ones (check 19)
        "WK/../" + "0" * 28,
        WK.encode(),
        "WorkerSid",
    ],
)
def test_anything_else_is_none(value: object) -> None:
    assert not is_sid(value)
    with pytest.raises(InvalidArgument, match="32 hexadecimal digits"):
        check_sid(value, "WK")


def test_a_checked_sid_is_returned() -> None:
    assert check_sid(WK, "WK") == check_sid(WK) == WK


def test_the_refusal_says_what_was_wanted_and_what_was_given() -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_sid("Alice", "WK", "WT", name="worker_sid")
    assert str(caught.value).startswith("worker_sid must be a SID that starts with WK (worker) or WT (task)")
    assert "'Alice'" in str(caught.value)
    with pytest.raises(InvalidArgument, match=r"two capital letters.*not a NoneType"):
        check_sid(None)


def test_the_refusal_of_something_huge_is_short() -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_sid("x" * 10_000, "WK")
    assert len(str(caught.value)) < 200


def test_a_sid_tells_its_kind() -> None:
    assert (kind_of(WK), kind_of("ZZ1")) == ("worker", "ZZ")


@given(st.integers(), st.sampled_from(sorted(KINDS)))
def test_a_made_sid_is_one_and_a_seed_makes_the_same(seed: int, prefix: str) -> None:
    one, other = SidFactory(Random(seed)), SidFactory(Random(seed))  # noqa: S311 - no secrets
    made = [one(prefix) for _ in range(3)]
    assert made == [other(prefix) for _ in range(3)]
    assert len(set(made)) == 3
    assert all(is_sid(sid, prefix) for sid in made)


@given(st.text())
def test_what_passes_needs_no_escaping_in_a_url(value: str) -> None:
    try:
        assert check_sid(value).isalnum()
    except InvalidArgument:
        assert not is_sid(value)
