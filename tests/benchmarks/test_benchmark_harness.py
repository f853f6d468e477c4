"""The harness of the benchmarks: rounds, ratios, verdicts, the page. What is measured is not timed here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from benchmarks import page
from benchmarks.harness import Failed, Table, Variant, interleave
from benchmarks.report import as_json, as_text, tables_of
from benchmarks.targets import TARGETS, Target, Verdict, judge

TARGET = Target("dispatch", "trbridge", "websockets + json.loads", "per_cpu_s", ">=", 1.1)


def made(**rounds: list[float]) -> Table:
    """A table of one metric."""
    table = Table("one", "something", "a", "ms")
    table.rounds = {name: [{"ms": value} for value in values] for name, values in rounds.items()}
    return table


def measured(name: str, told: list[str], missing: str = "") -> Variant:
    """A variant that notes that it was measured."""

    def measure() -> dict[str, float]:
        told.append(name)
        return {"ms": float(len(told))}

    return Variant(name, measure, missing)


def test_every_round_measures_every_variant_once() -> None:
    """Only then has each round both sides of a ratio; the order changes, so that nobody is always the first."""
    told: list[str] = []
    table = interleave(
        Table("one", "", "a", "ms"),
        [measured(name, told) for name in "abc"],
        rounds=20,
        seconds=60,
        random=Random(1),  # noqa: S311 - it shuffles
        clock=lambda: 0.0,
    )
    orders = [told[at : at + 3] for at in range(0, 60, 3)]
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)
    assert Counter(order[0] for order in orders).keys() == set("abc")
    assert [len(found) for found in table.rounds.values()] == [20, 20, 20]


def test_out_of_time_there_is_no_further_round_but_the_first_is_whole() -> None:
    """A slow machine gets fewer rounds, not half of one."""
    told: list[str] = []
    moments = iter(range(0, 1000, 50))
    table = interleave(
        Table("one", "", "a", "ms"),
        [measured(name, told) for name in "ab"],
        rounds=9,
        seconds=60,
        random=Random(1),  # noqa: S311 - it shuffles
        clock=lambda: float(next(moments)),
    )
    assert len(told) == 4
    assert table.seconds == 150


def test_what_is_missing_is_left_out_with_a_word() -> None:
    """A peer that cannot be installed does not stop the run, and is not silently gone."""
    told: list[str] = []
    table = interleave(
        Table("one", "title", "a", "ms"),
        [measured("a", told), measured("b", told, "node is not installed")],
        rounds=1,
        seconds=1,
        random=Random(1),  # noqa: S311 - it shuffles
    )
    assert told == ["a"]
    assert "Left out: b, since node is not installed." in as_text(table)


def test_what_fails_is_out_of_its_table_and_the_others_go_on() -> None:
    """One peer that takes too long on a busy machine does not cost the rest of a quarter of an hour."""
    told: list[str] = []

    def measure() -> dict[str, float]:
        told.append("b")
        if told.count("b") == 2:
            raise Failed("Traceback ...\nit took too long")
        return {"ms": 1.0}

    table = interleave(
        Table("one", "title", "a", "ms"),
        [measured("a", told), Variant("b", measure)],
        rounds=3,
        seconds=60,
        random=Random(1),  # noqa: S311 - it shuffles
        clock=lambda: 0.0,
    )
    assert (told.count("a"), told.count("b")) == (3, 2)
    assert len(table.rounds["a"]) == 3
    assert "b" not in table.rounds
    assert "Failed: b: it took too long." in as_text(table)
    assert tables_of(as_json([table], "full")) == [table]


def test_a_ratio_is_taken_within_each_round() -> None:
    """A burst that slows a whole round down cancels out; the ratio of medians would show it."""
    table = made(a=[10, 100, 10], b=[20, 200, 30])
    assert table.ratios("b", "a", "ms") == [2, 2, 3]
    assert table.ratio("b", "a", "ms") == 2
    assert table.ratio_of_medians("b", "a", "ms") == 3
    assert table.ratio("b", "c", "ms") is None
    assert table.spread("a", "ms") == 9
    assert made(a=[1]).spread("a", "ms") is None


@pytest.mark.parametrize(("ratio", "word"), [(1.1, "reached"), (1.09, "missed"), (None, "not measured")])
def test_a_verdict_says_whether_the_target_is_reached(ratio: float | None, word: str) -> None:
    """A miss is said, and what was not measured is no miss."""
    assert Verdict(TARGET, ratio).word == word


def test_a_table_that_misses_a_target_shows_both() -> None:
    """The target stays in the table with what was reached."""
    table = Table("dispatch", "events", TARGET.against, TARGET.metric)
    table.rounds = {TARGET.against: [{"per_cpu_s": 100.0}], TARGET.measured: [{"per_cpu_s": 90.0}]}
    row = next(line for line in as_text(table).splitlines() if "missed" in line)
    assert ">= 1.1" in row
    assert "0.90" in row


def test_json_has_every_measurement_and_reads_back() -> None:
    """A page, or another program, is made from the JSON alone."""
    table = made(a=[1, 2], b=[3, 4])
    table.left_out, table.seconds = {"c": "it is not here"}, 1.5
    found = as_json([table], "quick")
    assert found["tables"][0]["medians"] == {"a": {"ms": 1.5}, "b": {"ms": 3.5}}
    assert tables_of(found) == [table]


def test_the_page_is_rewritten_between_its_marks_only() -> None:
    """What is written by hand around the tables stays."""
    text = "Before.\n<!-- measured: one -->\nold\n<!-- end -->\nAfter.\n<!-- measured: machine -->\n<!-- end -->\n"
    machine = as_json([], "full")["machine"]
    written, homeless = page.rewrite(text, [made(a=[1])], machine)
    assert not homeless
    assert written.startswith("Before.\n<!-- measured: one -->\n\nSomething. One round")
    assert "old" not in written
    assert "<!-- end -->\nAfter.\n" in written
    assert page.rewrite(written, [made(a=[1])], machine) == (written, [])


def test_a_table_that_has_no_place_in_the_page_is_told() -> None:
    """It would be measured and never shown."""
    text = "<!-- measured: machine -->\n<!-- end -->\n"
    assert page.rewrite(text, [made(a=[1])], as_json([], "full")["machine"])[1] == ["one"]


def test_the_page_has_a_place_for_every_table_with_a_target(tmp_path: Path) -> None:
    """A target that is missed cannot be dropped from the page without this test's word."""
    text = page.PAGE.read_text()
    missing = {target.table for target in TARGETS if f"<!-- measured: {target.table} -->" not in text}
    assert not missing
    copy = tmp_path / "performance.md"
    copy.write_text(text)
    assert not page.write([], as_json([], "full")["machine"] | {"date": "2000-01-01"}, copy)
    assert copy.read_text() != text


def test_targets_are_judged_with_the_table_they_belong_to() -> None:
    """A target of a table that was not measured in this run is not compared with anything."""
    assert not judge([made(a=[1])])
    table = Table("npm", "", "npm twilio-taskrouter", "per_cpu_s")
    assert [verdict.word for verdict in judge([table])] == ["not measured"]
