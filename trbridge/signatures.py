"""``X-Twilio-Signature``: whether a request comes from who knows the account's secret (reliability, check 35).

The signature is an HMAC over the whole URL and the form's parameters, sorted by name, each name followed by its
value. It is compared in constant time.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Mapping
from typing import Final, NoReturn
from urllib.parse import urlsplit, urlunsplit

from .errors import InvalidArgument

__all__ = ["ALGORITHMS", "Secrets", "algorithm_of", "signature", "url_forms"]

ALGORITHMS: Final[Mapping[str, str]] = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
"""Names in ``X-Twilio-Webhooks-Signature-Settings``. Without that header it is the first, with the auth token."""

_PORTS: Final = {"http": 80, "https": 443}


def signature(secret: str, url: str, form: Mapping[str, str], algorithm: str = "HMAC_SHA1") -> str:
    """The signature of a request.

    Args:
        secret: The account's auth token, or a shared key's secret.
        url: The URL as it was asked for, query included.
        form: The parameters.
        algorithm: One of :data:`ALGORITHMS`.
    """
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), ALGORITHMS[algorithm])).decode()


def url_forms(url: str) -> tuple[str, str]:
    """The URL without its port and with it: the service signs either (twilio-python, ``RequestValidator``).

    A user name and password are left out [I], as they are not part of what the server is asked for.

    Raises:
        InvalidArgument: It is no http URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        host = parts.netloc.rpartition("@")[2]
        bare = host[: -len(f":{parts.port}")] if parts.port is not None else host.removesuffix(":")
    except (KeyError, ValueError):
        raise InvalidArgument("url must be an absolute http or https URL, as the workspace has it") from None
    if not bare:
        raise InvalidArgument("url must be an absolute http or https URL, as the workspace has it")
    return tuple(urlunsplit(parts._replace(netloc=place)) for place in (bare, f"{bare}:{port}"))  # type: ignore[return-value]


def algorithm_of(settings: str | None) -> str | None:
    """The algorithm that the settings header names, or the one without it; None for one that is not known."""
    for part in (settings or "").split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            named = value.strip().upper()
            return named if named in ALGORITHMS else None
    return "HMAC_SHA1"


class Secrets:
    """What requests may be signed with. Shows nothing of it, and is neither pickled nor copied.

    Args:
        secrets: Auth tokens, or secrets of shared keys.
    """

    __slots__ = ("_secrets",)

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secrets)

    def __len__(self) -> int:
        return len(self._secrets)

    def __repr__(self) -> str:
        return f"<{len(self)} secrets>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("an auth token is neither pickled nor copied")

    def have_signed(self, given: str, url: str, form: Mapping[str, str], algorithm: str = "HMAC_SHA1") -> bool:
        """Whether a request bears the signature of one of them. Takes as long whether it does or not.

        Raises:
            InvalidArgument: The URL is none.
        """
        good = False
        for secret in self._secrets:
            for form_of_url in url_forms(url):
                expected = signature(secret, form_of_url, form, algorithm)
                good |= hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
        return good
