"""What must not be seen of a secret, in any dress."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import quote

__all__ = ["found_in", "traces_of"]

_JWT = re.compile(r"eyJ[\w-]{8,}")


def traces_of(secret: str) -> Iterator[str]:
    """The secret as it may be written, and parts of it that would be of use."""
    yield secret
    yield quote(secret, safe="")
    yield secret[:20]
    yield from (part for part in secret.split(".") if len(part) >= 16)
    encoded = base64.b64encode(secret.encode()).decode()
    yield encoded
    yield from (encoded[start:][:40] for start in range(0, len(encoded) - 40, 40))


def found_in(text: str, secrets: list[str]) -> list[str]:
    """Traces of secrets, or of any token at all, in a text."""
    found = [trace for secret in secrets for trace in traces_of(secret) if trace in text]
    return found + _JWT.findall(text)
