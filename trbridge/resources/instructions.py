"""The parameters of what can be done with a reservation (wire-protocol 5.6, rest-api 3.9).

Each table is in v1's order of positional arguments; what comes after those goes by keyword only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ..errors import InvalidArgument
from ..wire import encode_params
from .arguments import Args, Call, refuse_keyword

__all__ = ["CALL", "CONFERENCE", "DEQUEUE", "REDIRECT", "REJECT", "SUPERVISE", "UPDATABLE", "Verb", "read_verb"]


class Verb(NamedTuple):
    """Something that can be done with a reservation.

    Attributes:
        fixed: What is always sent.
        names: Keyword to TaskRouter's name.
        positional: How many of them may be given by position.
        options: Whether a mapping of further parameters may be given.
    """

    fixed: Mapping[str, str]
    names: Mapping[str, str]
    positional: int
    options: bool = False


REJECT: Final = Verb({"ReservationStatus": "rejected"}, {"activity_sid": "WorkerActivitySid"}, 1)

DEQUEUE: Final = Verb(
    {"Instruction": "dequeue"},
    {
        "from_": "DequeueFrom",
        "post_work_activity_sid": "DequeuePostWorkActivitySid",
        "record": "DequeueRecord",
        "timeout": "DequeueTimeout",
        "status_callback_url": "DequeueStatusCallbackUrl",
        "status_callback_events": "DequeueStatusCallbackEvent",
        "to": "DequeueTo",
    },
    7,
)

CALL: Final = Verb(
    {"Instruction": "call"},
    {
        "from_": "CallFrom",
        "url": "CallUrl",
        "status_callback_url": "CallStatusCallbackUrl",
        "accept": "CallAccept",
        "record": "CallRecord",
        "to": "CallTo",
        "timeout": "CallTimeout",
    },
    6,
)

REDIRECT: Final = Verb(
    {"Instruction": "redirect"},
    {"call_sid": "RedirectCallSid", "url": "RedirectUrl", "accept": "RedirectAccept"},
    3,
)

_PARTICIPANT: Final = {
    "from_": "From",
    "post_work_activity_sid": "PostWorkActivitySid",
    "timeout": "Timeout",
    "to": "To",
    "status_callback": "StatusCallback",
    "status_callback_method": "StatusCallbackMethod",
    "status_callback_event": "StatusCallbackEvent",
    "record": "Record",
    "muted": "Muted",
    "beep": "Beep",
    "start_conference_on_enter": "StartConferenceOnEnter",
    "end_conference_on_exit": "EndConferenceOnExit",
    "wait_url": "WaitUrl",
    "wait_method": "WaitMethod",
    "early_media": "EarlyMedia",
    "max_participants": "MaxParticipants",
    "conference_status_callback": "ConferenceStatusCallback",
    "conference_status_callback_method": "ConferenceStatusCallbackMethod",
    "conference_status_callback_event": "ConferenceStatusCallbackEvent",
    "conference_record": "ConferenceRecord",
    "conference_trim": "ConferenceTrim",
    "recording_channels": "RecordingChannels",
    "recording_status_callback": "RecordingStatusCallback",
    "recording_status_callback_method": "RecordingStatusCallbackMethod",
    "conference_recording_status_callback": "ConferenceRecordingStatusCallback",
    "conference_recording_status_callback_method": "ConferenceRecordingStatusCallbackMethod",
    "region": "Region",
    "sip_auth_username": "SipAuthUsername",
    "sip_auth_password": "SipAuthPassword",
    "end_conference_on_customer_exit": "EndConferenceOnCustomerExit",
    "beep_on_customer_entrance": "BeepOnCustomerEntrance",
    "jitter_buffer_size": "JitterBufferSize",
}

CONFERENCE: Final = Verb({"Instruction": "conference"}, _PARTICIPANT, 4, options=True)

SUPERVISE: Final = Verb(
    {"Instruction": "supervise"},
    {"mode": "SupervisorMode", "supervisor": "Supervisor", **_PARTICIPANT},
    0,
)

UPDATABLE: Final = frozenset(
    {"ReservationStatus", "Instruction"}.union(
        *(verb.names.values() for verb in (REJECT, DEQUEUE, CALL, REDIRECT, CONFERENCE, SUPERVISE))
    )
)
"""Everything that ``update`` takes."""


def read_verb(verb: Verb, args: Args, keywords: Mapping[str, Any]) -> Call:
    """Read a call of a verb.

    Positional arguments may stop anywhere, and the callback may come right after them: v1's own examples
    forget arguments in front of it, which made it a parameter (Q19, Q20). After v1's callback only the
    options of ``conference`` may follow. Arguments that are None are left out (Q21).

    Raises:
        InvalidArgument: Too many arguments, one given twice, or a keyword that the verb does not take.
    """
    values, options, callback = _split(verb, args)
    params: dict[str, Any] = dict(verb.fixed)
    given = dict(zip(verb.names, values, strict=False))
    keywords = dict(keywords)
    if verb.options and "options" in keywords:
        options = _as_options(keywords.pop("options"), options)
    for keyword in keywords:
        if keyword not in verb.names:
            refuse_keyword(keyword, verb.names)
        if given.get(keyword) is not None:
            raise InvalidArgument(f"{keyword} is given twice, by position and by name")
    for name, value in {**given, **keywords}.items():
        if value is not None:
            params[verb.names[name]] = value
    return Call(None, encode_params({**params, **options}), callback)


def _split(verb: Verb, args: Args) -> tuple[list[Any], Mapping[str, Any], Callable[..., object] | None]:
    callbacks = [value for value in args if callable(value)]
    values = [value for value in args if not callable(value)]
    options: Mapping[str, Any] = {}
    if verb.options and values and isinstance(values[-1], Mapping):
        options = values.pop()
    after = args[args.index(callbacks[0]) + 1 :] if callbacks else ()
    if len(callbacks) > 1 or any(value is not options and value is not None for value in after):
        raise InvalidArgument("the callback must be the last argument; only options may follow it")
    while len(values) > verb.positional and values[-1] is None:
        values.pop()  # None in the callback's place
    if len(values) > verb.positional:
        raise InvalidArgument(f"{values[-1]!r} is one argument too many; a callback must be a function")
    if any(isinstance(value, Mapping) for value in values):
        raise InvalidArgument("a mapping is no argument here; give parameters by name, or use update({...})")
    return values, options, callbacks[0] if callbacks else None


def _as_options(value: Any, others: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(value, Mapping) and not others:
        return value
    raise InvalidArgument("options must be one mapping of TaskRouter's names to values")
