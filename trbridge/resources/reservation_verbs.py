"""What can be done with a reservation (wire-protocol 5.6, rest-api 3.9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, overload

from ..completion import Callback, Operation
from ..errors import BadRequest, Gone, RequestError, ReservationGone
from ..sids import check_sid
from .arguments import Encoded
from .instance import InstanceResource, require
from .instructions import CALL, CONFERENCE, DEQUEUE, REDIRECT, REJECT, SUPERVISE, Verb, read_verb
from .reservation_wait import OVER

__all__ = ["ReservationVerbs"]

_Arguments = str | int | bool | Sequence[str] | None
_Flag = bool | str | None
_Number = int | str | None
_Names = Sequence[str] | str | None


class ReservationVerbs(InstanceResource, kw_only=True, dict=True, eq=False):
    """The verbs of reservations.

    All take v1's positional arguments in v1's order, or keywords, and a callback after them; all change
    this object in place and return it. A reservation that is over is told by
    :class:`~trbridge.ReservationGone` with its status: the service's 400 or 410 alone does not tell.
    """

    @overload
    def accept(self, /) -> Operation[Self]: ...
    @overload
    def accept(self, callback: Callback[Self], /) -> None: ...
    def accept(self, callback: Callback[Any] | None = None, /) -> Operation[Self] | None:
        """Accept it.

        Accepting one's own accepted reservation again succeeds. If the answer is lost the reservation is
        read to see what became of it.

        Raises:
            ReservationGone: It timed out, or was canceled, rescinded, or rejected before.
        """
        return self._become("accepted", {"ReservationStatus": "accepted"}, callback)

    @overload
    def reject(self, /, activity_sid: str | None = None) -> Operation[Self]: ...
    @overload
    def reject(self, callback: Callback[Self], /) -> None: ...
    @overload
    def reject(self, activity_sid: str | None, callback: Callback[Self], /) -> None: ...
    def reject(self, /, *args: Any, **keywords: Any) -> Operation[Self] | None:
        """Reject it.

        Args:
            args: The activity's SID, if any, and the callback, if any (Q19).
            keywords: ``activity_sid``: the activity to move the worker to; by default the one before.

        Raises:
            InvalidArgument: That is no activity's SID; a reservation is rejected without a reason.
            ReservationGone: It timed out, or was canceled or rescinded before.
        """
        call = read_verb(REJECT, args, keywords)
        params = call.params or {}
        if "WorkerActivitySid" in params:
            check_sid(params["WorkerActivitySid"], "WA", name="activity_sid")
        return self._become("rejected", params, call.callback)

    @overload
    def wrap(self, /) -> Operation[Self]: ...
    @overload
    def wrap(self, callback: Callback[Self], /) -> None: ...
    def wrap(self, callback: Callback[Any] | None = None, /) -> Operation[Self] | None:
        """Begin wrap-up: the conversation is over, its paperwork is not.

        Raises:
            ReservationGone: It is over.
            BadRequest: It is not accepted.
        """
        return self._become("wrapping", {"ReservationStatus": "wrapping"}, callback)

    @overload
    def complete(self, /) -> Operation[Self]: ...
    @overload
    def complete(self, callback: Callback[Self], /) -> None: ...
    def complete(self, callback: Callback[Any] | None = None, /) -> Operation[Self] | None:
        """Complete it, and with it its task.

        Raises:
            ReservationGone: It ended otherwise.
            BadRequest: It is neither accepted nor wrapping.
        """
        return self._become("completed", {"ReservationStatus": "completed"}, callback)

    # -- instructions: what to do with the call of a voice task --------------------------------------
    # (The ignored errors: mypy cannot compare an unpacked tuple, which says that the callback is last, with *args.)

    @overload
    def dequeue(self, /, *args: *tuple[*tuple[_Arguments, ...], Callback[Self]], **keywords: Any) -> None: ...
    @overload
    def dequeue(
        self,
        /,
        from_: str | None = None,
        post_work_activity_sid: str | None = None,
        record: str | None = None,
        timeout: _Number = None,
        status_callback_url: str | None = None,
        status_callback_events: _Names = None,
        to: str | None = None,
    ) -> Operation[Self]: ...
    def dequeue(self, /, *args: Any, **keywords: Any) -> Operation[Self] | None:  # type: ignore[misc]
        """Take the caller out of the queue and connect him to the worker.

        Args:
            args: In v1's order: from_, post_work_activity_sid, record, timeout, status_callback_url,
                status_callback_events, to; they may stop anywhere (Q20). Then the callback, if any.
            keywords: ``from_``, the caller ID to show; ``post_work_activity_sid``; ``record``
                (``record-from-answer`` or ``do-not-record``); ``timeout``, seconds to ring, 60 by default;
                ``status_callback_url``; ``status_callback_events``, a list or text with commas; ``to``, by
                default the worker's ``contact_uri``.

        Raises:
            ReservationGone: It is over.
        """
        return self._instruct(DEQUEUE, args, keywords)

    @overload
    def call(self, /, *args: *tuple[*tuple[_Arguments, ...], Callback[Self]], **keywords: Any) -> None: ...
    @overload
    def call(
        self,
        /,
        from_: str | None = None,
        url: str | None = None,
        status_callback_url: str | None = None,
        accept: _Flag = None,
        record: str | None = None,
        to: str | None = None,
        *,
        timeout: _Number = None,
    ) -> Operation[Self]: ...
    def call(self, /, *args: Any, **keywords: Any) -> Operation[Self] | None:  # type: ignore[misc]
        """Call the worker and run TwiML on that call.

        Args:
            args: In v1's order: from_, url, status_callback_url, accept, record, to. Then the callback, if any.
            keywords: ``from_``, the caller ID, and ``url``, the TwiML's, are needed; ``accept``: whether the
                call's being answered accepts the reservation; ``record``; ``to``; ``timeout``, seconds to ring.

        Raises:
            ReservationGone: It is over.
        """
        return self._instruct(CALL, args, keywords)

    @overload
    def redirect(self, /, *args: *tuple[*tuple[_Arguments, ...], Callback[Self]], **keywords: Any) -> None: ...
    @overload
    def redirect(
        self, /, call_sid: str | None = None, url: str | None = None, accept: _Flag = None
    ) -> Operation[Self]: ...
    def redirect(self, /, *args: Any, **keywords: Any) -> Operation[Self] | None:  # type: ignore[misc]
        """Send a call that is under way to other TwiML.

        Args:
            args: In v1's order: call_sid, url, accept. Then the callback, if any.
            keywords: ``call_sid`` and ``url`` are needed; ``accept``: whether that accepts the reservation.

        Raises:
            ReservationGone: It is over.
        """
        return self._instruct(REDIRECT, args, keywords)

    @overload
    def conference(
        self,
        from_: str | Mapping[str, Any] | None = None,
        post_work_activity_sid: str | Mapping[str, Any] | None = None,
        timeout: _Number | Mapping[str, Any] = None,
        to: str | Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        /,
        **keywords: Any,
    ) -> Operation[Self]: ...
    @overload
    def conference(self, /, *args: *tuple[*tuple[Any, ...], Callback[Self]], **keywords: Any) -> None: ...
    @overload
    def conference(
        self, /, *args: *tuple[*tuple[Any, ...], Callback[Self], Mapping[str, Any]], **keywords: Any
    ) -> None: ...
    def conference(self, /, *args: Any, **keywords: Any) -> Operation[Self] | None:  # type: ignore[misc]
        """Put caller and worker into a conference.

        Examples::

            await reservation.conference(from_="+15005550006", record=True, beep="onEnter")
            reservation.conference("+15005550006", None, "30", "client:alice", done, {"Record": "true"})

        Args:
            args: In v1's order: from_, post_work_activity_sid, timeout, to. Then the callback, if any, then a
                mapping of further parameters by TaskRouter's names, if any; they override.
            keywords: The same names, every other parameter of rest-api 3.9 in snake_case, and ``options`` for
                the mapping.

        Raises:
            ReservationGone: It is over.
        """
        return self._instruct(CONFERENCE, args, keywords)

    @overload
    def supervise(
        self, /, *, mode: str | None = None, supervisor: str | None = None, **keywords: Any
    ) -> Operation[Self]: ...
    @overload
    def supervise(self, callback: Callback[Self], /, **keywords: Any) -> None: ...
    def supervise(self, /, *args: Any, **keywords: Any) -> Operation[Self] | None:
        """Let somebody listen to the conference of an accepted reservation, or join it.

        Args:
            args: The callback, if any.
            keywords: ``mode``: ``monitor``, ``whisper`` or ``barge``; ``supervisor``: SID of the worker who does
                it; and the parameters of a participant as for ``conference``.

        Raises:
            InvalidArgument: The reservation's task is not known: only that route takes it (rest-api 3.9).
            ReservationGone: It is over.
        """
        call = read_verb(SUPERVISE, args, keywords)
        url = self._url_below("Tasks", "task_sid", getattr(self, "task_sid", None))
        return self._context.start(self._settle(url, call.params or {}, None), call.callback)

    # -- how they end ------------------------------------------------------------------------------

    def _url_below(self, parent: str, field: str, sid: str | None) -> str:
        sid = require(sid, field, self)
        return f"{self._context.workspace_url}/{parent}/{sid}/Reservations/{require(self.sid, 'sid', self)}"

    def _become(self, status: str, params: Encoded, callback: Callback[Any] | None) -> Operation[Self] | None:
        return self._context.start(self._settle(self.resource_url, params, status), callback)

    def _instruct(self, verb: Verb, args: tuple[Any, ...], keywords: dict[str, Any]) -> Operation[Self] | None:
        call = read_verb(verb, args, keywords)
        return self._context.start(self._settle(self.resource_url, call.params or {}, None), call.callback)

    async def _settle(self, url: str, params: Encoded, wanted: str | None) -> Self:
        """Do it; where the answer leaves open what became of the reservation, read it."""
        try:
            return await self._post(url, params)
        except RequestError as error:
            if not (error.outcome_unknown or isinstance(error, (BadRequest, Gone))):
                raise
            return await self._resolve(url, error, wanted)

    async def _resolve(self, url: str, error: RequestError, wanted: str | None) -> Self:
        try:
            await self._read(url)
        except RequestError:
            raise error from None
        status = getattr(self, "reservation_status", None)
        if status is not None and status == wanted and self._is_own:
            return self
        if status in OVER:
            raise _gone(error, status, self) from error
        raise error

    @property
    def _is_own(self) -> bool:
        """Whether a status that this client wanted can be its doing: another worker's is not."""
        mine, worker_sid = self._context.worker_sid, getattr(self, "worker_sid", None)
        return mine is None or worker_sid is None or mine == worker_sid


def _gone(error: RequestError, status: str, reservation: InstanceResource) -> ReservationGone:
    gone = ReservationGone(
        f"reservation {reservation.sid} is over: {status}",
        status=error.status,
        code=error.code,
        more_info=error.more_info,
        hint="drop it; if the task still waits, the worker will get another reservation",
    )
    gone.reservation_status = status
    return gone
