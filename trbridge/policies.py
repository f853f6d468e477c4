"""What a capability token allows: its policies, and the decision about one request (wire-protocol 1.3, 1.4).

A policy names a URL pattern, a method, and filters for parameters. Everything here is a plain function of
its arguments, so that a client can ask "may I?" before it sends and the emulator can answer the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypedDict
from urllib.parse import parse_qsl

import msgspec

from .errors import InvalidArgument
from .paths import quoted, split_url

__all__ = ["Decision", "Filter", "Matcher", "Policy", "allows", "decide", "widenings"]


class Matcher(TypedDict, total=False):
    """What a filter asks of one parameter.

    Attributes:
        required: Whether the parameter must be there; a missing key means False.
        value: The only value it may have; a missing key means any.
    """

    required: bool
    value: str | None


Filter = Mapping[str, str | Matcher]
"""Parameter name to the literal value it must have, or to a :class:`Matcher`."""

Parameters = Mapping[str, Any]
"""Parameter name to its value, or to a list of values for a repeated one."""


class Policy(msgspec.Struct, frozen=True):
    """One rule of a token.

    Args:
        url: Absolute URL without a query; ``X/*`` is every child of X, ``X/**`` is X and all below it.
            Only the path counts: policies name the production hosts and hold on an emulator too.
        method: ``GET``, ``POST`` or ``DELETE``; stored in capitals.
        allow: True allows, False refuses. A missing key refuses (wire-protocol 1.3).
        query_filter: Constraints on query parameters; None or ``{}`` for none.
        post_filter: Constraints on form parameters; None or ``{}`` for none.

    Raises:
        InvalidArgument: The URL has no path that can be compared, see :func:`trbridge.paths.resource_path`. A rule that
            can match nothing is refused rather than ignored: it may be the one that was to say no.
    """

    url: str
    method: str
    allow: bool = False
    query_filter: Filter | None = None
    post_filter: Filter | None = None

    def __post_init__(self) -> None:
        _pattern(self.url)
        if not self.method.isupper():
            msgspec.structs.force_setattr(self, "method", self.method.upper())
        # The helper libraries write {} where they mean "no filter" (wire-protocol 1.3).
        if self.query_filter is not None and not self.query_filter:
            msgspec.structs.force_setattr(self, "query_filter", None)
        if self.post_filter is not None and not self.post_filter:
            msgspec.structs.force_setattr(self, "post_filter", None)

    def to_claim(self) -> dict[str, Any]:
        """The policy as it stands in a token; key for key what twilio-python writes."""
        return {
            "url": self.url,
            "method": self.method,
            "allow": self.allow,
            "query_filter": dict(self.query_filter or {}),
            "post_filter": dict(self.post_filter or {}),
        }


class Decision(msgspec.Struct, frozen=True):
    """The answer to "may this token do that?". True as a condition if it may.

    Attributes:
        allowed: Whether the request is allowed.
        policy: The rule that decided, or None if none fits.
        reason: Why, in words to act on. Names URLs, methods and parameters, never their values.
    """

    allowed: bool
    policy: Policy | None
    reason: str

    def __bool__(self) -> bool:
        return self.allowed


def decide(
    policies: Iterable[Policy],
    method: str,
    url: str,
    query: Parameters | None = None,
    form: Parameters | None = None,
    *,
    strict: bool = False,
) -> Decision:
    """Decide about one request, by the procedure of wire-protocol 1.4.

    The rules whose method, pattern and filters fit are ranked: the longer path first, then literal before
    ``*`` before ``**``, then a rule with filters before one without. The first one decides. Two first ones
    that disagree refuse, and so does having none.

    Args:
        policies: The token's rules.
        method: HTTP method of the request.
        url: Absolute URL or path. Its query, if it has one, counts as query parameters.
        query: Query parameters besides those in the URL.
        form: Form parameters.
        strict: Take ``X/**`` as the descendants of X without X itself. The sources conflict; the default
            follows the flows that are known to work (wire-protocol 1.4, [I]).
    """
    policies = tuple(policies)
    try:
        request = _request(method, url, query, form)
    except InvalidArgument as error:
        return Decision(False, None, str(error))
    fitting = [
        (rank, policy)
        for policy in policies
        if policy.method == request.method
        and (rank := _rank(policy, request.path, strict)) is not None
        and next(_complaints(policy, request), None) is None
    ]
    if not fitting:
        return Decision(False, None, _why_none(policies, request, strict))
    best = max(rank for rank, _ in fitting)
    first, *others = [policy for rank, policy in fitting if rank == best]
    if any(other.allow is not first.allow for other in others):
        return Decision(False, first, f"two policies of the token contradict each other: {_named(first)}; remove one")
    verb = "allows" if first.allow else "refuses"
    return Decision(first.allow, first, f"a policy {verb} {_named(first)}")


def allows(
    policies: Iterable[Policy],
    method: str,
    url: str,
    query: Parameters | None = None,
    form: Parameters | None = None,
    *,
    strict: bool = False,
) -> bool:
    """:func:`decide` without the reason."""
    return decide(policies, method, url, query, form, strict=strict).allowed


def widenings(policies: Iterable[Policy]) -> list[str]:
    """One line for each rule that gives away more than a single read or write: deletes and ``**``."""
    deeds = {"GET": "read", "POST": "change", "DELETE": "delete"}
    extents = {_LITERAL: "", _CHILD: "each child of ", _DESCENDANTS: "everything below "}
    lines = []
    for policy in policies:
        base, reach = _pattern(policy.url)
        if policy.allow and (policy.method == "DELETE" or reach == _DESCENDANTS):
            deed = deeds.get(policy.method, policy.method)
            lines.append(f"may {deed} {extents[reach]}/{'/'.join(base)}")
    return lines


_LITERAL, _CHILD, _DESCENDANTS = 2, 1, 0
_WILDCARDS: Final = {"*": _CHILD, "**": _DESCENDANTS}


class _Request(NamedTuple):
    method: str
    path: tuple[str, ...]
    query: dict[str, list[str]]
    form: dict[str, list[str]]


def _request(method: str, url: str, query: Parameters | None, form: Parameters | None) -> _Request:
    path, text = split_url(url)
    in_url = parse_qsl(text, keep_blank_values=True)
    return _Request(method.upper(), path, _values([*in_url, *(query or {}).items()]), _values((form or {}).items()))


def _values(items: Iterable[tuple[str, Any]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in items:
        values.setdefault(name, []).extend(map(_text, value if isinstance(value, (list, tuple)) else [value]))
    return values


def _text(value: Any) -> str:
    # JSON lets a client send 5 for "5"; a rule that refuses "5" must see both. A null is given, but empty.
    return value if isinstance(value, str) else "" if value is None else msgspec.json.encode(value).decode()


# Of patterns only, which hold SIDs and no secrets; a token's are the same for every request and renewal.
@lru_cache(maxsize=4096)
def _pattern(url: str) -> tuple[tuple[str, ...], int]:
    path, _ = split_url(url)
    # The wildcard as written: an encoded "%2A%2A" is a name, not a wildcard.
    last = url.partition("?")[0].removesuffix("/").rpartition("/")[2]
    reach = _WILDCARDS.get(last, _LITERAL)
    return (path, reach) if reach == _LITERAL or not path else (path[:-1], reach)


def _rank(policy: Policy, path: tuple[str, ...], strict: bool) -> tuple[int, int, bool] | None:
    base, reach = _pattern(policy.url)
    further = len(path) - len(base)
    fits = {_LITERAL: further == 0, _CHILD: further == 1, _DESCENDANTS: further >= int(strict)}[reach]
    if not fits or path[: len(base)] != base:
        return None
    return len(base), reach, policy.query_filter is not None or policy.post_filter is not None


def _complaints(policy: Policy, request: _Request) -> Iterator[str]:
    """What keeps the policy's filters from matching; nothing if they match."""
    for name, constraint, values in (
        ("query_filter", policy.query_filter, request.query),
        ("post_filter", policy.post_filter, request.form),
    ):
        if constraint is None:
            continue
        # Documented for literals; taken to hold for matchers too (wire-protocol 1.3, [I]).
        yield from (f"its {name} does not name {quoted(key)}" for key in values if key not in constraint)
        for key, wanted in constraint.items():
            yield from _unmet(f"its {name} wants {quoted(key)}", wanted, values.get(key, []))


def _unmet(wants: str, wanted: str | Matcher, given: list[str]) -> Iterator[str]:
    literal = wanted if isinstance(wanted, str) else wanted.get("value")
    required = isinstance(wanted, str) or wanted.get("required", False)
    if required and not given:
        yield f"{wants}, which is missing"
    elif given and literal is not None and given != [literal]:
        yield f"{wants} once, with one certain value"


def _why_none(policies: tuple[Policy, ...], request: _Request, strict: bool) -> str:
    asked = quoted(f"{request.method} /{'/'.join(request.path)}")
    here = [policy for policy in policies if _rank(policy, request.path, strict) is not None]
    same = [policy for policy in here if policy.method == request.method]
    if same:
        return f"{asked} does not fit the policy {_named(same[0])}: {next(_complaints(same[0], request))}"
    advice = "mint the token with the allow_* helper for it, or with allow(url, method)"
    if methods := sorted({policy.method for policy in here if policy.allow}):
        return f"the token's policies allow only {', '.join(methods)} here, not {asked}; {advice}"
    return f"no policy of the token covers {asked}; {advice}"


def _named(policy: Policy) -> str:
    return quoted(f"{policy.method} {policy.url}")
