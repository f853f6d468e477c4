"""What workers and tasks have in common: attributes, a JSON document that routing reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self, overload

import msgspec

from ..completion import Callback, Operation
from ..errors import DecodeError, InvalidArgument, PreconditionFailed
from ..wire import encode_params
from .decoding import NULL
from .instance import InstanceResource
from .merge_patch import merge_patch

__all__ = ["AttributedInstance"]

_ATTEMPTS: Final = 5
"""How often a patch is tried when somebody else keeps changing the attributes meanwhile."""


class AttributedInstance(InstanceResource, kw_only=True, dict=True, eq=False):
    """A resource with attributes."""

    versioned: ClassVar[bool] = True

    _attributes: msgspec.Raw = msgspec.field(name="attributes", default=NULL)

    @property
    def attributes(self) -> Any:
        """The attributes, parsed: usually a dict. Text that is not JSON stays text (Q48); None if none were sent.

        Parsed once; to change them use :meth:`set_attributes` or :meth:`patch_attributes`.
        """
        return self._document("attributes", self._attributes)

    @overload
    def set_attributes(self, attributes: Mapping[str, Any], /, *, if_match: str | None = None) -> Operation[Self]: ...
    @overload
    def set_attributes(
        self, attributes: Mapping[str, Any], callback: Callback[Self], /, *, if_match: str | None = None
    ) -> None: ...
    def set_attributes(
        self, attributes: Mapping[str, Any], callback: Callback[Any] | None = None, /, *, if_match: str | None = None
    ) -> Operation[Self] | None:
        """Replace all attributes; this object changes in place and is the result.

        Args:
            attributes: The new ones; at most 4096 characters as JSON.
            callback: Called with the result instead of an awaitable.
            if_match: Only if it is still this version (:attr:`etag`).

        Raises:
            InvalidArgument: It is no mapping, or cannot be written as JSON.
            PreconditionFailed: It is no longer that version.
        """
        return self._start_update({"Attributes": _checked(attributes)}, callback, if_match)

    @overload
    def patch_attributes(self, changes: Mapping[str, Any], /) -> Operation[Self]: ...
    @overload
    def patch_attributes(self, changes: Mapping[str, Any], callback: Callback[Self], /) -> None: ...
    def patch_attributes(
        self, changes: Mapping[str, Any], callback: Callback[Any] | None = None, /
    ) -> Operation[Self] | None:
        """Change some attributes and leave the others as they are (JSON Merge Patch, RFC 7396).

        The service replaces attributes as a whole, so this reads them, applies the changes and writes them
        back, with ``If-Match`` so that nobody else's change in between is lost; then it starts over, up to
        five times; patches of one client take turns. Where the service tells no version (``ETag``) this
        protection is missing: the last writer wins.

        Example::

            await worker.patch_attributes({"skills": {"fr": 3}, "team": None})   # None removes

        Raises:
            InvalidArgument: The changes are no mapping, or cannot be written as JSON.
            PreconditionFailed: Somebody else changed it each of the five times.
        """
        # A copy, as JSON: what cannot be written is refused before anything is sent, and the caller may go on with his.
        copy = msgspec.json.decode(str(encode_params({"Attributes": _checked(changes)})["Attributes"]))
        return self._context.start(self._patch_in_turn(copy, self.resource_url), callback)

    async def _patch_in_turn(self, changes: Mapping[str, Any], url: str) -> Self:
        async with self._context.turn(url):
            return await self._patch_attributes(changes, url)

    async def _patch_attributes(self, changes: Mapping[str, Any], url: str) -> Self:
        for attempt in range(_ATTEMPTS):
            if await self._read(url) is not self:
                raise DecodeError(f"the service answered with something else than {self!r}; nothing was changed")
            params = encode_params({"Attributes": merge_patch(self.attributes, changes)})
            try:
                return await self._post(url, params, self.etag)
            except PreconditionFailed:
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")  # pragma: no cover


def _checked(attributes: Any) -> Mapping[str, Any]:
    if isinstance(attributes, Mapping) and all(isinstance(name, str) for name in attributes):
        return attributes
    raise InvalidArgument(f"attributes must be a mapping with textual names, not a {type(attributes).__name__}")
