"""HTTP Basic with the account's SID and auth token, as REST and the admin API ask for it (RFC 7617)."""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING

from ...errors import Unauthorized
from ..rest.answer import Answer, error_answer

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["Credentials", "unauthorized"]


class Credentials:
    """An engine's account and secret.

    Args:
        engine: The emulator's core.
    """

    def __init__(self, engine: Engine) -> None:
        self._expected = base64.b64encode(f"{engine.account_sid}:{engine.auth_token}".encode())

    def match(self, headers: dict[bytes, bytes]) -> bool:
        """Whether a request's headers bring them."""
        scheme, _, credentials = headers.get(b"authorization", b"").partition(b" ")
        return scheme.lower() == b"basic" and hmac.compare_digest(credentials.strip(), self._expected)


def unauthorized() -> Answer:
    """The answer to those who do not bring them."""
    answer = error_answer(Unauthorized("Authenticate"))
    answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return answer
