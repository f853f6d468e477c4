"""The error that all others are of: see :mod:`trbridge.errors`."""

from __future__ import annotations

__all__ = ["TaskRouterError"]


class TaskRouterError(Exception):
    """Base of everything trbridge raises.

    Args:
        message: What went wrong, in words. Never holds a token or a secret.
        status: HTTP status, where one was received.
        code: Twilio's error code (such as 20001) or a websocket close code.
        more_info: Address of Twilio's page about the code.
        hint: What to do about it, where we know.
    """

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        code: int | None = None,
        more_info: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.more_info = more_info
        self.hint = hint

    def __str__(self) -> str:
        facts = self._facts()
        text = f"{self.message} ({', '.join(facts)})" if facts else self.message
        return f"{text}. Hint: {self.hint}" if self.hint else text

    def _facts(self) -> list[str]:
        facts = [f"HTTP {self.status}"] if self.status is not None else []
        return facts if self.code is None else [*facts, f"code {self.code}"]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"
