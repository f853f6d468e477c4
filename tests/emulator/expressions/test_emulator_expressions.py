"""Expressions: what they mean in each of their places (routing 1.4-1.7)."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from trbridge.emulator.expressions import (
    NOBODY,
    Context,
    compile_expression,
    compile_known_worker,
    compile_order_by,
    compile_target_workers,
    time_variables,
)
from trbridge.errors import ExpressionError

WORKER: dict[str, Any] = {
    "langs": ["fr", "en"],
    "lvl": 4,
    "name": "Zoé",
    "geo": {"sites": ["lyon", "nice"]},
    "temp": None,
    "routing": {"levels": {"988EN": 5}},
    "six": "6",
    "flag": True,
    "ratio": 2.5,
    "mixed": ["7", 8, True, None, ["deep"]],
}
TASK: dict[str, Any] = {"lang": "fr", "vip": True, "tier": "7", "ok": ["WK1", "WK2"], "worker": "bob"}
ROOTS: dict[str, Any] = {
    "worker": WORKER,
    "task": TASK,
    "fields": {"sid": "WK1", "friendly_name": "Zoé", "activity_sid": "WA1", "activity_name": "Available"},
    "channel": {"chat": {"configured_capacity": 3, "assigned_tasks": 1, "available_capacity_percentage": 66}},
    "taskrouter": {"currentTime": 1805, "currentHour": 18, "currentMin": 5, "dayOfWeek": "Tue"},
    "workers": {"available": 0, "unavailable": 3, "WA0": 2},
}

A, B, C, D, F = Context.TARGET_WORKERS, Context.WORKER_SEARCH, Context.TASK, Context.STEP, Context.SKIP

VECTORS = [  # routing 1.7
    (A, "langs HAS 'fr' AND lvl >= 4", True),
    (A, "'fr' IN langs", True),
    (A, 'geo.sites[1] == "nice"', True),
    (A, "langs == 'fr'", False),
    (A, "lvl HAS 4", False),
    (A, "missing == 1", False),
    (A, "missing != 1", True),
    (A, '"langs" HAS "fr"', False),
    (A, "temp == null", True),
    (A, "1=1", True),
    (C, "vip == true AND tier > 5", True),
    (C, "lang NOT IN ['de','es']", True),
    (D, "task.lang IN worker.langs", True),
    (D, "worker.sid IN task.ok", True),
    (D, "worker.channel.chat.assigned_tasks <= 1", True),
    (D, "worker.sid NOT IN task.absent", False),
    (F, "workers.available == 0 OR workers.WA0 < 2", True),
]

MEANING = [  # routing 1.4 and 1.5
    # arrays with scalar operators
    (A, "langs != 'x'", False),
    (A, "'x' != langs", False),
    (A, "langs != missing", False),
    (A, "langs CONTAINS 'fr'", False),
    (A, "langs > 1", False),
    (A, "geo == 'x'", False),
    (A, "geo != 'x'", False),
    # presence
    (A, "temp != null", False),
    (A, "missing == null", True),
    (A, "null == missing", True),
    (A, "name != null", True),
    (A, "langs != null", True),
    (A, "null == null", True),
    (A, "temp == missing", True),
    # NULL with each operator
    (A, "missing < 1 OR missing > 1 OR missing <= 1 OR missing >= 1", False),
    (A, "missing CONTAINS 'a' OR 'a' CONTAINS missing", False),
    (A, "missing IN [null, 1]", False),
    (A, "missing NOT IN [1]", True),
    (A, "missing NOT IN [null]", True),
    (A, "mixed HAS null", False),
    (A, "missing HAS 1", False),
    # array operators given the wrong shape
    (A, "'fr' IN 'fr'", False),
    (A, "'x' NOT IN 'fr'", False),
    (A, "'x' NOT IN missing", False),
    (A, "langs IN [1]", False),
    (A, "langs NOT IN [1]", False),
    (A, "mixed HAS geo", False),
    # numbers in texts
    (A, "six > 5", True),
    (A, "six == 6", True),
    (A, "6.0 == six", True),
    (A, "six >= '10'", True),  # two texts: by code points
    (A, "lvl == '4'", True),
    (A, "lvl == 'four'", False),
    (A, "lvl != 'four'", True),
    (A, "lvl < 'four'", False),
    (A, "lvl == 4.0", True),
    (A, "lvl > -1 AND ratio < 2.51", True),
    (A, "lvl == 0004", True),
    (A, "mixed HAS 7", True),
    (A, "mixed HAS '8'", True),
    (A, "mixed HAS 'x'", False),
    (A, "mixed HAS 'deep'", False),
    # booleans are nothing but themselves
    (A, "flag == true", True),
    (A, "flag != false", True),
    (A, "flag == 1", False),
    (A, "flag == 'true'", False),
    (A, "flag > 0", False),
    (A, "mixed HAS 1", False),
    (A, "mixed HAS true", True),
    (A, "flag CONTAINS 'r'", False),
    # texts
    (A, "name CONTAINS 'o'", True),
    (A, "name CONTAINS 'Z' AND name == 'Zoé'", True),
    (A, "name == 'zoé'", False),
    (A, "name CONTAINS 'z'", False),
    (A, "'abc' < 'abd'", True),
    (A, "lvl CONTAINS 4", True),
    (A, "'messenger:12-3' == \"messenger:12-3\"", True),
    # keys
    (A, "worker.lvl == 4", True),
    (A, "routing.levels.988EN == 5", True),
    (A, "geo.sites[0] == 'lyon' AND geo.sites[2] == null", True),
    (A, "langs[99999999999999999999] == null", True),
    (A, "lvl.deeper == null AND lvl[0] == null", True),
    (A, "sid == null", True),
    (B, "sid IN ['WK1'] AND friendly_name == 'Zoé' AND worker.activity_sid == 'WA1'", True),
    (B, "activity_name == 'Available' AND lvl == 4", True),
    (C, "task.lang == 'fr' AND task.lang == lang", True),
    (C, "worker == 'bob' AND worker.name == null", True),
    (C, "taskrouter.dayOfWeek IN ['Mon', 'Tue'] AND taskrouter.currentTime >= 0800", True),
    (C, "taskrouter.currentHour == 18 AND taskrouter.currentHour == '18'", True),
    (D, "worker.friendly_name == worker.name AND worker.activity_sid == 'WA1'", True),
    (D, "worker.channel.chat.available_capacity_percentage >= 50", True),
    (D, "worker.channel.voice.configured_capacity == null", True),
    (D, "taskrouter.currentMin == 5", True),
    (D, "lang == 'fr'", False),  # the prefix is mandatory
    (D, "task.lang == [task.lang]", False),
    (D, "'fr' IN [task.lang, 'x']", True),
    # AND before OR, short forms, case of keywords
    (A, "lvl = 9 AND lvl = 9 OR lvl = 4", True),
    (A, "lvl = 4 OR lvl = 4 AND lvl = 9", True),
    (A, "lvl = 9 AND (lvl = 9 OR lvl = 4)", False),
    (A, "langs >- 'fr' and 'en' <- langs Or 1 = 2", True),
    (A, "'x' not\n in langs", True),
    (A, "lvl = 4 AND 1 = 1 AND name != 'x' AND flag = true", True),
    (A, "lvl = 4 AND 1 = 1 AND name != 'x' AND flag = false", False),
    (A, "lvl = 3 OR lvl = 2 OR lvl = 1", False),
    (A, "lvl = 3 OR lvl = 2 OR lvl = 4", True),
    (A, "1 = 2 OR lvl = 4", True),
    (A, "[] HAS 1", False),
]


@pytest.mark.parametrize(("context", "text", "answer"), VECTORS + MEANING, ids=str)
def test_an_expression_means_what_the_reference_says(context: Context, text: str, answer: bool) -> None:
    assert compile_expression(text, context).match(ROOTS) is answer


def test_what_depends_on_nothing_is_known_beforehand() -> None:
    """``1==1`` is every queue's default, so membership need not ask worker by worker."""
    assert compile_expression("1==1").constant is True
    assert compile_expression("1==2").constant is False
    assert compile_expression("1==2 AND lvl > 3").constant is False
    assert compile_expression("1==1 OR lvl > 3").constant is True
    assert compile_expression("1==1 AND lvl > 3").constant is None
    assert compile_expression("1==1 AND (2==2 OR lvl > 3)").constant is True
    assert compile_expression("lang == 1", Context.STEP).constant is False
    assert compile_expression("1 IN [1, 2]").constant is True


def test_an_empty_target_workers_matches_nobody() -> None:
    for text in ("", "  \n", None):
        assert compile_target_workers(text) is NOBODY
    assert not NOBODY.match(ROOTS)
    assert compile_target_workers("lvl == 4").match(ROOTS)


def test_references_tell_what_is_read() -> None:
    compiled = compile_expression(
        "worker.lvl > 1 AND (task.a.b IN worker.langs OR worker.channel.chat.assigned_tasks < 2)"
        " AND worker.sid IN [task.x, 'WK1'] AND taskrouter.currentHour > 8 AND bare == 1",
        Context.STEP,
    )
    assert compiled.references == {
        ("worker", ("lvl",)),
        ("task", ("a", "b")),
        ("worker", ("langs",)),
        ("channel", ("chat", "assigned_tasks")),
        ("fields", ("sid",)),
        ("task", ("x",)),
        ("taskrouter", ("currentHour",)),
    }
    assert compiled.reads("taskrouter")
    assert not compiled.reads("workers")


def test_the_same_text_is_compiled_once() -> None:
    assert compile_expression("lvl > 1 AND lvl < 3") is compile_expression("lvl > 1 AND lvl < 3")
    assert compile_expression("lvl > 1", Context.TASK) is not compile_expression("lvl > 1")


def test_skip_if_knows_the_counts_only() -> None:
    """Routing 1.3: a key of a worker or task means nothing there, and saying so beats never skipping."""
    assert compile_expression("1==1", Context.SKIP).match({})
    with pytest.raises(ExpressionError, match=r"not 'task\.sites\[0\]'"):
        compile_expression("task.sites[0] == 1", Context.SKIP)


def test_order_by_compares_integers_and_puts_those_without_last() -> None:
    """Routing 2.6, in both directions; a nested key works; anything but an integer counts as missing."""
    workers: dict[str, dict[str, Any]] = {
        "two": {"a": {"b": 2}},
        "five": {"a": {"b": 5}},
        "none": {},
        "text": {"a": {"b": "9"}},
        "flag": {"a": {"b": True}},
    }
    up, down = compile_order_by("worker.a.b ASC"), compile_order_by("worker.a.b desc")
    assert sorted(workers, key=lambda name: up.key(workers[name])) == ["two", "five", "none", "text", "flag"]
    assert sorted(workers, key=lambda name: down.key(workers[name])) == ["five", "two", "none", "text", "flag"]


def test_order_by_breaks_ties_with_the_next_clause() -> None:
    order = compile_order_by("worker.finance ASC,\n worker.support DESC")
    rows = [{"finance": 10, "support": 5}, {"finance": 10, "support": 8}, {"finance": 9}]
    assert sorted(rows, key=order.key) == [{"finance": 9}, {"finance": 10, "support": 8}, {"finance": 10, "support": 5}]


@pytest.mark.parametrize("text", ["worker.a", "a ASC", "task.a ASC", "worker ASC", "worker.a ASC,", "", "worker.a UP"])
def test_order_by_refuses_what_it_cannot_mean(text: str) -> None:
    with pytest.raises(ExpressionError):
        compile_order_by(text)


def test_a_known_worker_is_named_by_a_key_of_the_task() -> None:
    known = compile_known_worker("task.crm.last_agent")
    assert known.value({"crm": {"last_agent": "WK1"}}) == "WK1"
    assert known.value({"crm": {"last_agent": None}}) is None
    assert known.value({"crm": {"last_agent": 3}}) is None
    assert known.value({}) is None


@pytest.mark.parametrize("text", ["'WK1'", "WK1", "worker.sid", "task", "task.a == 1", ""])
def test_a_known_worker_is_no_literal(text: str) -> None:
    """Routing 2.5: a literal SID is not documented."""
    with pytest.raises(ExpressionError):
        compile_known_worker(text)


def test_time_is_utc_and_english() -> None:
    # 2030-01-01T00:00:00Z was a Tuesday.
    start = 1_893_456_000.0
    assert time_variables(start + 18 * 3600 + 5 * 60 + 59) == {
        "currentTime": 1805,
        "currentHour": 18,
        "currentMin": 5,
        "dayOfWeek": "Tue",
    }
    assert time_variables(start + 5 * 86_400)["dayOfWeek"] == "Sun"


def test_lark_is_not_imported_before_the_first_expression() -> None:
    """Starting must not cost what nobody has asked for yet."""
    code = (
        "import sys; from trbridge.emulator.expressions import compile_expression;"
        "assert 'lark' not in sys.modules; compile_expression('a==1'); assert 'lark' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=200)
