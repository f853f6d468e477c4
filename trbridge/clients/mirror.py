"""Properties of a client that show its resource's: the client itself is the workspace (Q55)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Never, TypeVar, overload

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

    def __set__(self, client: Client, value: Never) -> None:
        # v1 ignores an assignment silently (Q56).
        raise AttributeError(f"{self._name} is the service's; change it with update()")
