"""Properties of a client that show its resource's: the client itself is the workspace (Q55)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar, overload

if TYPE_CHECKING:
    from .base import Client

__all__ = ["Mirror"]

T = TypeVar("T")


class Mirror(Generic[T]):
    """A read-only view of the field of the same name; None until the client is ready."""

    def __set_name__(self, owner: type[object], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, client: None, owner: type[object]) -> Mirror[T]: ...
    @overload
    def __get__(self, client: Client, owner: type[object]) -> T: ...
    def __get__(self, client: Client | None, owner: type[object]) -> T | Mirror[T]:
        if client is None:
            return self
        resource = client._known
        return getattr(resource, self._name) if resource is not None else None  # type: ignore[return-value]
