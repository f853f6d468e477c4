"""Workflow configurations: what is read, what is inherited, and errors that say where they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trbridge.emulator.routing.workflow import DEFAULT_FILTER, MAX_BYTES, Configuration, parse_configuration
from trbridge.errors import ExpressionError

A, B, C = (f"WQ{letter * 32}" for letter in "abc")


def document(*filters: Any, **routing: Any) -> str:
    return json.dumps({"task_routing": {"filters": list(filters), **routing}})


def one_target(**target: Any) -> str:
    return document({"expression": "1==1", "targets": [{"queue": A, **target}]})


def test_a_whole_document_is_read() -> None:
    """The document of routing 2.1: queues are inherited, numbers may be texts, everything is compiled."""
    configuration = parse_configuration(
        document(
            {
                "filter_friendly_name": "French VIP",
                "expression": "vip == true AND lang == 'fr'",
                "targets": [
                    {
                        "queue": A,
                        "expression": "task.lang IN worker.langs",
                        "order_by": "worker.lvl DESC",
                        "known_worker_sid": "task.last_agent",
                        "skip_if": "workers.available == 0",
                        "priority": 20,
                        "timeout": 30,
                    },
                    {"timeout": "60", "priority": "40"},
                    {"queue": B},
                    {},
                ],
            },
            default_filter={"queue": C},
        )
    )
    (french,) = configuration.filters
    first, second, third, fourth = french.targets
    assert french.friendly_name == "French VIP"
    assert french.expression.match({"task": {"vip": True, "lang": "fr"}})
    assert first.expression is not None
    assert first.expression.match({"task": {"lang": "fr"}, "worker": {"langs": ["fr"]}})
    assert first.order_by is not None
    assert first.skip_if is not None
    assert first.known_worker is not None
    assert first.known_worker.value({"last_agent": "WK"}) == "WK"
    assert (first.priority, first.timeout, first.known_by) == (20, 30, "sid")
    assert (second.queue, second.timeout, second.priority, second.expression) == (A, 60, 40, None)
    assert (third.queue, third.timeout, third.priority) == (B, None, None)
    assert fourth.queue == B
    assert configuration.default is not None
    assert configuration.default.queue == C
    assert configuration.queues() == {A, B, C}


def test_steps_are_found_by_filter_index() -> None:
    configuration = parse_configuration(document({"expression": "1==1", "targets": [{"queue": A}]}))
    assert [target.queue for target in configuration.targets(0)] == [A]
    assert configuration.targets(1) == ()  # a workflow that was shortened under a waiting task
    assert configuration.targets(DEFAULT_FILTER) == ()
    with_default = parse_configuration(document(default_filter={"queue": B}))
    assert [target.queue for target in with_default.targets(DEFAULT_FILTER)] == [B]


def test_older_spellings_are_read() -> None:
    """``friendly_name`` and ``task_queue_sid`` (routing 2.1, rest-api 3.7); the canonical key wins."""
    old = {"friendly_name": "Old", "expression": "1==1", "targets": [{"task_queue_sid": A}]}
    new = {**old, "filter_friendly_name": "New", "targets": [{"task_queue_sid": A, "queue": B}]}
    configuration = parse_configuration(document(old, new, default_filter={"task_queue_sid": C}))
    assert [each.friendly_name for each in configuration.filters] == ["Old", "New"]
    assert [each.targets[0].queue for each in configuration.filters] == [A, B]
    assert configuration.default is not None
    assert configuration.default.queue == C


def test_known_worker_by_name() -> None:
    target = parse_configuration(one_target(known_worker_friendly_name="task.agent")).filters[0].targets[0]
    assert target.known_by == "friendly_name"


def test_what_says_nothing_is_ignored() -> None:
    """Unknown keys, nulls and empty texts; a default filter's timeout (a task stays there, routing 2.2)."""
    text = document(
        {"expression": "1==1", "later": {}, "targets": [{"queue": A, "timeout": None, "expression": "", "x": 1}]},
        default_filter={"queue": B, "timeout": 5, "priority": 3},
        new_feature=True,
    )
    configuration = parse_configuration(text)
    (target,) = configuration.filters[0].targets
    assert (target.timeout, target.expression) == (None, None)
    assert configuration.default is not None
    assert (configuration.default.timeout, configuration.default.priority) == (None, 3)


@pytest.mark.parametrize("text", ['{"task_routing": {}}', '{"task_routing": {"filters": null}}', document()])
def test_filters_and_default_filter_are_optional(text: str) -> None:
    assert parse_configuration(text) == Configuration((), None)


def test_a_queue_must_exist() -> None:
    text = document({"expression": "1==1", "targets": [{"queue": A}, {}]}, default_filter={"queue": B})
    parse_configuration(text, {A, B}.__contains__)
    with pytest.raises(ExpressionError, match=rf"^task_routing\.default_filter\.queue: there is no task queue {B}"):
        parse_configuration(text, {A}.__contains__)
    with pytest.raises(ExpressionError, match=rf"filters\[0\]\.targets\[0\]\.queue: there is no task queue {A}"):
        parse_configuration(text, lambda sid: False)


FILTER = "task_routing.filters[0]"
TARGET = "task_routing.filters[0].targets[0]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the configuration is no JSON: line 1, column 1"),
        ('{"task_routing":\n {,}}', "the configuration is no JSON: line 2, column 3"),
        ("[]", "the configuration: a list is no object"),
        ('{"filters": []}', "task_routing: it is missing"),
        ('{"task_routing": "x"}', 'task_routing: "x" is no object'),
        ('{"task_routing": {"filters": {}}}', "task_routing.filters: an object is no list"),
        (document(3), f"{FILTER}: 3 is no object"),
        (document({"targets": [{"queue": A}]}), f"{FILTER}.expression: it is missing"),
        (document({"expression": " ", "targets": [{"queue": A}]}), f"{FILTER}.expression: it is missing"),
        (document({"expression": "1=", "targets": [{"queue": A}]}), f"{FILTER}.expression: line 1, column 3: it ends"),
        (document({"expression": 5, "targets": [{"queue": A}]}), f"{FILTER}.expression: 5 is no text"),
        (document({"expression": "1==1"}), f"{FILTER}.targets: it is missing"),
        (document({"expression": "1==1", "targets": []}), f"{FILTER}.targets: it is missing"),
        (document({"expression": "1==1", "targets": [{}]}), f"{TARGET}.queue: it is missing"),
        (document({"expression": "1==1", "targets": [{"queue": 7}]}), f"{TARGET}.queue: 7 is no text"),
        (document({"expression": "1==1", "targets": [{"queue": "WQ\x1b"}]}), rf'{TARGET}.queue: "WQ\u001b" is no SID'),
        (document({"expression": "1==1", "targets": [{"task_queue_sid": "x"}]}), f'{TARGET}.task_queue_sid: "x"'),
        (document(default_filter={}), "task_routing.default_filter.queue: it is missing"),
        (document(default_filter=A), f'task_routing.default_filter: "{A}" is no object'),
        (one_target(timeout=0), f"{TARGET}.timeout: 0 is no whole number from 1"),
        (one_target(timeout="-5"), f'{TARGET}.timeout: "-5" is no whole number'),
        (one_target(timeout=1.5), f"{TARGET}.timeout: 1.5 is no whole number"),
        (one_target(timeout=True), f"{TARGET}.timeout: true is no whole number"),
        (one_target(timeout="9" * 5000), f"{TARGET}.timeout: "),
        (one_target(timeout="\u0663"), f"{TARGET}.timeout: "),
        (one_target(priority=-1), f"{TARGET}.priority: -1 is no whole number from 0"),
        (one_target(priority=2**31), f"{TARGET}.priority: "),
        (one_target(expression="worker.a >"), f"{TARGET}.expression: line 1, column 11: it ends here"),
        (one_target(order_by="worker.a"), f"{TARGET}.order_by: line 1, column 9"),
        (one_target(skip_if="worker.a == 1"), f"{TARGET}.skip_if: skip_if knows workers.available"),
        (one_target(known_worker_sid="WK1"), f"{TARGET}.known_worker_sid: a known worker is named by a key"),
        (
            one_target(known_worker_sid="task.a", known_worker_friendly_name="task.b"),
            f"{TARGET}: known_worker_sid and known_worker_friendly_name exclude each other",
        ),
        ('{"task_routing": NaN}', "the configuration is no JSON: NaN"),
        ('{"task_routing": ' + "9" * 5000 + "}", "a number is too long"),
        ("[" * 200_000, "the configuration is nested too deeply"),
        (" " * (MAX_BYTES + 1), "the configuration is larger than"),
        ('"' + "é" * (MAX_BYTES // 2) + '"', "the configuration is larger than"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_an_error_begins_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        parse_configuration(text)
    assert message in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_line_and_column_of_an_expression_are_kept() -> None:
    with pytest.raises(ExpressionError) as refusal:
        parse_configuration(one_target(expression="worker.a == 1\nAND"))
    assert (refusal.value.line, refusal.value.column) == (2, 4)


def test_the_same_text_is_read_once() -> None:
    """Every task that is routed asks for its workflow's configuration."""
    text = one_target()
    assert parse_configuration(text) is parse_configuration(text)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda children: st.one_of(
        st.lists(children, max_size=3),
        st.dictionaries(
            st.sampled_from(["queue", "expression", "targets", "timeout", "filters", "default_filter", "skip_if"]),
            children,
            max_size=4,
        ),
    ),
    max_leaves=10,
)


@given(JSON)
@settings(max_examples=150, deadline=None)
def test_any_document_is_read_or_refused(value: Any) -> None:
    """Whatever shape it has: a configuration or an ExpressionError, nothing else."""
    for text in (
        json.dumps(value),
        json.dumps({"task_routing": value}),
        json.dumps({"task_routing": {"filters": value}}),
    ):
        try:
            assert isinstance(parse_configuration(text), Configuration)
        except ExpressionError:
            continue
