"""A resource that can be changed, and how an event comes into one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Self, TypeVar, overload

import msgspec

from ..completion import Callback, Operation
from ..errors import RequestError
from ..wire import Params, Request, encode_params
from .arguments import read_instance_update, take_if_match
from .binding import Bound, bind, decode_instance, read_instance
from .decoding import Moment
from .lateness import Verdict
from .read_only import ReadOnlyInstance, require

__all__ = [
    "Bound",
    "InstanceResource",
    "Moment",
    "ReadOnlyInstance",
    "bind",
    "decode_instance",
    "merge",
    "read_instance",
    "require",
]

R = TypeVar("R", bound="ReadOnlyInstance")


class InstanceResource(ReadOnlyInstance, kw_only=True, dict=True, eq=False):
    """A resource that can be changed."""

    @overload
    def update(self, name: str, value: Any, /) -> Operation[Self]: ...
    @overload
    def update(self, name: str, value: Any, callback: Callback[Self], /) -> None: ...
    @overload
    def update(self, params: Params | None = None, /, **parameters: Any) -> Operation[Self]: ...
    @overload
    def update(self, params: Params, callback: Callback[Self], /, **parameters: Any) -> None: ...
    @overload
    def update(self, callback: Callback[Self], /, **parameters: Any) -> None: ...
    @overload
    def update(self, sid: str, name: str, value: Any, /) -> Operation[Self]: ...
    @overload
    def update(self, sid: str, name: str, value: Any, callback: Callback[Self], /) -> None: ...
    def update(self, /, *args: Any, **parameters: Any) -> Operation[Self] | None:
        """Change properties; this object changes in place and is the result.

        Examples::

            await activity.update("FriendlyName", "Lunch")
            await activity.update({"FriendlyName": "Lunch"})
            await activity.update(friendly_name="Lunch")
            await worker.update(friendly_name="Bob", if_match=worker.etag)

        Raises:
            InvalidArgument: Nothing to update, or a keyword that is no parameter of this resource.
            BadRequest: The service refuses a value.
            PreconditionFailed: It is no longer the version given with ``if_match``.
        """
        if_match = take_if_match(parameters, versioned=self.versioned)
        call = read_instance_update(args, parameters, sid=self.sid, known=self.updatable)
        return self._context.start(self._post(self.resource_url, call.params, if_match), call.callback)

    @overload
    def delete(self, /, *, if_match: str | None = None) -> Operation[None]: ...
    @overload
    def delete(self, callback: Callback[None], /, *, if_match: str | None = None) -> None: ...
    def delete(
        self, callback: Callback[Any] | None = None, /, *, if_match: str | None = None
    ) -> Operation[None] | None:
        """Delete it.

        Raises:
            NotFound: It does not exist (any more).
            PreconditionFailed: It is no longer the version given with ``if_match``.
        """
        version = take_if_match({"if_match": if_match}, versioned=self.versioned)
        return self._context.start(self._remove(self.resource_url, version), callback)

    def _start_update(
        self, params: Params, callback: Callback[Self] | None, if_match: str | None = None
    ) -> Operation[Self] | None:
        version = take_if_match({"if_match": if_match}, versioned=self.versioned)
        return self._context.start(self._post(self.resource_url, encode_params(params), version), callback)

    async def _post(self, url: str, params: dict[str, str | list[str]] | None, if_match: str | None = None) -> Self:
        before = self.__dict__.get("_bound")
        reply = await self._context.send(Request("POST", url, params, if_match=if_match))
        verdict = self._judge(reply, before)
        if verdict is Verdict.ASK:
            with suppress(RequestError):  # a token may allow to write and not to read
                return await self._read(url)
        return self if verdict is Verdict.DROP else self._absorb(reply)

    async def _remove(self, url: str, if_match: str | None) -> None:
        await self._context.send(Request("DELETE", url, if_match=if_match))


def merge(instance: R, raw: msgspec.Raw, *, event: str | None = None, read: R | None = None) -> R:
    """Take over an event's payload: only fields that are in it change. The same object is returned.

    Args:
        instance: What the event is about.
        raw: The event's payload, in either dialect; for a reservation also the task with a ``reservation_sid``
            that v1's socket sends (wire-protocol 6.3).
        event: The event's name. Only that tells a reservation's status in v1's dialect.
        read: What the payload was read as already, if it was; it is of no use afterwards.

    Raises:
        InvalidArgument: The payload is about another resource.
        DecodeError: It is no JSON object.
    """
    instance._merge(raw, event, read)
    return instance
