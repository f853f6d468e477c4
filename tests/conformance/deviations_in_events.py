"""Deviations in what happens by itself: events, reservations, losing the connection and coming back."""

from __future__ import annotations

from typing import Final

import changes as c
import changes_to_events as e
from comparison import Is
from deviation import Deviation

from trbridge import ConnectionFailed, Disconnected, Forbidden, TokenRejected
from trbridge.clients.worker import Worker
from trbridge.resources.page import Page

__all__ = ["EVENTS"]


EVENTS: Final = (
    # -- names and frames ---------------------------------------------------------------------------------
    Deviation(
        ("*.event.frame.error-event",),
        "Q32",
        "the service's error is server.error",
        e.renames("error", "server.error"),
    ),
    Deviation(
        ("*.event.frame.error-event-without-error-listener",),
        "Q29, Q32",
        "the service's error is server.error, and nothing breaks if nobody listens",
        e.renames("error", "server.error"),
        steps=frozenset({0}),
    ),
    Deviation(
        ("*.event.ready-from-the-socket",),
        "Q32",
        "a frame cannot pretend that the client is ready",
        c.all_of(e.renames("ready", "server.ready"), c.posts_only()),
    ),
    Deviation(
        ("*.event.token.expired-from-the-socket",),
        "Q32",
        "a frame cannot pretend that the token has expired",
        e.renames("token.expired", "server.token.expired"),
    ),
    Deviation(
        ("*.event.frame.numeric-sid",), "Q34", "what is no resource stays plain", e.emits(("something", {"sid": 12}))
    ),
    Deviation(("*.event.frame.unknown-list",), "Q54", "any list is a page", e.emits(("something", Is(Page)))),
    Deviation(
        ("*.event.frame.meta-without-key",), "Q54", "what is no list stays plain", e.emits(("something", {"meta": {}}))
    ),
    # -- ready --------------------------------------------------------------------------------------------
    Deviation(
        ("worker.ready.ready-null-payload",),
        "Q55",
        "ready brings the client, whatever the answer was",
        e.emits(("connected", None), ("ready", Is(Worker))),
    ),
    Deviation(
        ("worker.ready.ready-without-event-type",),
        "Q5",
        "an answered ready request means ready, whether or not the label comes back",
        e.is_ready_all_the_same,
    ),
    # -- reservations -------------------------------------------------------------------------------------
    Deviation(
        (
            "worker.event.reservation.created",
            "worker.event.reservation.accepted",
            "worker.event.reservation.rescinded",
            "worker.event.reservation.completed",
            "worker.event.reservation.created-task-not-found",
            "worker.event.worker.reservation.created",
            "worker.event.order.reservation-is-overtaken",
            "worker.event.order.created-then-canceled",
        ),
        "Q59",
        "an event costs no requests: the reservation and its task are as the frame says",
        e.reservations_from_events,
    ),
    Deviation(
        ("worker.event.order.created-then-canceled",),
        "a reservation is one object",
        "which follows its events; whoever looks late sees how it ended",
        e.follows_its_events,
    ),
    Deviation(
        ("worker.event.order.reservation-is-overtaken",),
        "Q60",
        "events come in the order of their frames",
        e.in_order,
    ),
    Deviation(
        ("worker.event.reservation.created-bad-attributes-after-a-failed-fetch",),
        "Q48, Q60",
        "a reservation arrives, whatever its task's attributes are",
        e.arrives_all_the_same,
    ),
    Deviation(
        ("worker.event.reservationx",),
        "reservation.* are reservations",
        "other names are passed on with what they bring, even if they start alike",
        c.all_of(e.reservations_from_events, e.brings_a_task),
    ),
    Deviation(
        ("worker.setSkipFetchReservation.then-accept",),
        "Q62",
        "the answer is delivered as it comes; the task is as the event brought it",
        c.all_of(c.posts_only(0), c.result_lacks("task")),
        steps=frozenset({2}),
    ),
    Deviation(
        ("worker.ready.connect-activity-with-pending",),
        "Q59",
        "pending reservations are taken from all pages; a page that fails is reported, the others are delivered",
        e.asks_for_the_second_page,
    ),
    Deviation(
        ("worker.ready.pending-with-connect-activity-fails",),
        "Q65",
        "a connect activity that is refused is reported",
        e.emits(("connected", None), ("ready", Is(Worker)), ("error", Is(Forbidden))),
    ),
    Deviation(
        ("worker.ready.ready-again-after-reconnect",),
        "Q35",
        "the connect activity is not asked for again on each reconnect",
        c.posts_only(0, 1, 2, 3, 4),
    ),
    Deviation(
        ("worker.ready.two-pending-reservations",),
        "Q59",
        "one request for the list, one for each task",
        c.posts_only(0, 1, 2, 3),
    ),
    # -- a page that is left is a client that is closed ---------------------------------------------------
    Deviation(
        ("worker.unload.*",),
        "Q28",
        "closing the client is told as disconnected",
        e.emits(("disconnected", Is(Disconnected))),
    ),
    # -- losing the connection and coming back ------------------------------------------------------------
    Deviation(
        ("*.reconnect.*", "*.connect.refused-*", "*.connect.upgrade-reset"),
        "Q28",
        "disconnected comes once for each outage; each attempt that fails is an error",
        e.one_disconnected,
        when=e.differs(e.one_disconnected),
    ),
    Deviation(
        ("*.connect.refused-400", "*.connect.refused-403", "*.connect.refused-404"),
        "Q27",
        "a refusal that will not change ends the client; v1 tries for ever",
        e.stops(ConnectionFailed),
    ),
    Deviation(
        ("*.connect.refused-401", "*.reconnect.close-1008"),
        "Q27",
        "a token that is refused is not tried again; v1 tries for ever",
        e.stops(TokenRejected),
    ),
    Deviation(
        ("*.reconnect.close-4001",),
        "Q27",
        "a client that was replaced by another leaves the channel to it for a while [I]",
        e.stands_by,
    ),
    Deviation(
        ("*.reconnect.opening-resets-the-backoff",),
        "Q27",
        "waits grow until a connection has lasted a minute; v1 starts again with each that opens",
        e.waits_longer,
    ),
    Deviation(
        ("*.heartbeat.silence-for-a-minute", "*.heartbeat.the-old-socket-still-speaks"),
        "Q25",
        "a socket that is given up is closed; v1 keeps it, and hears everything twice",
        e.one_socket_less,
        when=e.after_the_silence,
    ),
    Deviation(
        ("*.heartbeat.the-old-socket-still-speaks",),
        "Q25",
        "what the service sends is heard once",
        e.emits(("twice", {"a": 1})),
        steps=frozenset({2}),
    ),
    Deviation(
        ("*.heartbeat.the-old-socket-still-speaks",),
        "Q25",
        "the end of the old socket is no loss",
        e.nothing_happens,
        steps=frozenset({3, 4}),
    ),
    Deviation(
        ("*.heartbeat.checked-only-every-minute",),
        "Q26",
        "silence is noticed after 60 s, not after up to 120 s",
        e.comes_back,
        steps=frozenset({3}),
    ),
    Deviation(
        ("*.heartbeat.checked-only-every-minute",),
        "Q26",
        "silence is noticed after 60 s, not after up to 120 s",
        e.nothing_happens,
        steps=frozenset({4}),
    ),
)
