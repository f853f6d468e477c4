"""What an instruction to a reservation may say: dequeue, call, redirect, conference, supervise (rest-api 3.9)."""

from __future__ import annotations

from typing import Final

from .parameters import declare

__all__ = ["INSTRUCTIONS", "SUPERVISION"]

_CALL_EVENTS: Final = "initiated|ringing|answered|completed"
_CONFERENCE_EVENTS: Final = "start|end|join|leave|mute|hold|speaker"

INSTRUCTIONS: Final = declare(
    "form",
    f"""
    DequeuePostWorkActivitySid:WA DequeueFrom DequeueRecord DequeueTimeout:integer DequeueTo
    DequeueStatusCallbackUrl:uri DequeueStatusCallbackEvent:array
    CallFrom CallRecord CallTimeout:integer CallTo CallUrl:uri CallStatusCallbackUrl:uri CallAccept:boolean
    RedirectCallSid:CA RedirectAccept:boolean RedirectUrl:uri
    To From Timeout:integer Record:boolean Muted:boolean Beep
    StatusCallback:uri StatusCallbackMethod:http-method StatusCallbackEvent:array:{_CALL_EVENTS}
    StartConferenceOnEnter:boolean EndConferenceOnExit:boolean WaitUrl:uri WaitMethod:http-method EarlyMedia:boolean
    MaxParticipants:integer ConferenceStatusCallback:uri ConferenceStatusCallbackMethod:http-method
    ConferenceStatusCallbackEvent:array:{_CONFERENCE_EVENTS}
    ConferenceRecord ConferenceTrim RecordingChannels RecordingStatusCallback:uri
    RecordingStatusCallbackMethod:http-method ConferenceRecordingStatusCallback:uri
    ConferenceRecordingStatusCallbackMethod:http-method
    Region SipAuthUsername SipAuthPassword PostWorkActivitySid:WA
    EndConferenceOnCustomerExit:boolean BeepOnCustomerEntrance:boolean JitterBufferSize
    """,
)
"""On both paths."""

SUPERVISION: Final = declare("form", "SupervisorMode:monitor|whisper|barge Supervisor")
"""On the task's path only."""
