"""Parameters: what an operation takes, and how its text becomes a value.

A parameter travels as text under TaskRouter's name; an operation is handed a value under the snake_case
one. What cannot be read is refused with 400/20001 and a message that repeats it (rest-api 1.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from ...errors import BadRequest
from ...sids import is_sid

__all__ = ["Form", "Parameter", "Reader", "Where", "declare", "is_true", "shown", "snake_case"]

Where = Literal["path", "query", "form", "header"]
Type = Literal["string", "integer", "boolean", "array", "date-time", "uri", "http-method"]
Form = Mapping[str, list[str]]
"""Decoded parameters: name to every value given, in order."""

_TRUE: Final = frozenset({"true", "1", "yes"})
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")
_SHOWN: Final = 100
_CHOICES: Final[dict[str, tuple[str, ...]]] = {"http-method": ("GET", "POST")}


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of one operation.

    Attributes:
        name: TaskRouter's name, such as ``FriendlyName``.
        where: ``path``, ``query``, ``form`` or ``header``.
        type: How its text is read.
        required: Whether the operation is refused without it.
        sid: Prefix of the SID that it must be, or None.
        choices: The only values it may have, or empty.
        minimum: Least number, or None.
        maximum: Greatest number, or None.
    """

    name: str
    where: Where
    type: Type = "string"
    required: bool = False
    sid: str | None = None
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None

    @property
    def key(self) -> str:
        """The name an operation knows it by: ``friendly_name``."""
        return snake_case(self.name)


def declare(where: Where, text: str) -> tuple[Parameter, ...]:
    """Parameters from a short notation, one word each.

    ``Name`` is text, ``Name!`` is required, ``Name:integer`` has a type, ``Name:WK`` is a SID,
    ``Name:FIFO|LIFO`` is one of several words, ``Name:array:a|b`` a list of them.

    >>> declare("form", "FriendlyName! ActivitySid:WA")[1].sid
    'WA'
    """
    return tuple(_declare(where, word) for word in text.split())


def _declare(where: Where, word: str) -> Parameter:
    name, _, rest = word.partition(":")
    required, name = name.endswith("!"), name.rstrip("!")
    kind, _, choices = rest.partition(":")
    if len(kind) == 2:
        return Parameter(name=name, where=where, required=required, sid=kind)
    if "|" in kind:
        kind, choices = "string", kind
    return Parameter(
        name=name,
        where=where,
        required=required,
        type=msgspec.convert(kind or "string", Type),
        choices=tuple(choices.split("|")) if choices else _CHOICES.get(kind, ()),
    )


def snake_case(name: str) -> str:
    """``FriendlyName`` is ``friendly_name``; ``If-Match`` is ``if_match``."""
    return _WORD.sub("_", name.replace("-", "")).lower()


def is_true(text: str) -> bool:
    """Whether a text means yes: ``true``, ``1`` or ``yes``; anything else is no (rest-api 1)."""
    return text.strip().lower() in _TRUE


def shown(value: str) -> str:
    """A caller's value as an error repeats it: on one line, and not all of a megabyte."""
    text = repr(value)[1:-1]
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


class Reader:
    """Reads the parameters of one operation from one place (its query or its form).

    Names it does not know are ignored, as the service does (rest-api 1). A blank value of anything but
    text says nothing, and is ignored too [I].

    Args:
        parameters: What the operation declares for that place.
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        declared = tuple(parameters)
        self._read = {one.name: (one.key, _reader(one)) for one in declared}
        self._required = [one.name for one in declared if one.required]

    def __call__(self, given: Form) -> dict[str, Any]:
        """The values given, under their snake_case names.

        Raises:
            BadRequest: A value cannot be read, or a required one is missing.
        """
        values: dict[str, Any] = {}
        for name, texts in given.items():
            known = self._read.get(name)
            if known is not None and texts:
                value = known[1](texts)
                if value is not None:
                    values[known[0]] = value
        for name in self._required:
            if not values.get(self._read[name][0]):
                raise BadRequest(f"Missing required parameter {name} in the post body")
        return values


_Read = Callable[[list[str]], Any]


def _reader(parameter: Parameter) -> _Read:
    if parameter.type == "array":
        return lambda texts: _array(parameter, texts)
    convert = _CONVERTERS[parameter.type]
    if parameter.sid is not None:
        convert = _sid
    elif parameter.choices and parameter.type == "string":
        convert = _choice
    # The last one counts when a single value is given several times [I].
    return lambda texts: convert(parameter, texts[-1])


def _string(_parameter: Parameter, text: str) -> str:
    return text


def _integer(parameter: Parameter, text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if _INTEGER.fullmatch(text) is None:
        raise _invalid(parameter, text, "a whole number")
    value = int(text)
    low, high = parameter.minimum, parameter.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise BadRequest(f"Invalid {parameter.name}. '{shown(text)}' is not {_range(low, high)}.")
    return value


def _range(low: int | None, high: int | None) -> str:
    if high is None:
        return f"{low} or more"
    return f"between {low} and {high}" if low is not None else f"{high} or less"


def _boolean(_parameter: Parameter, text: str) -> bool | None:
    return is_true(text) if text.strip() else None


def _sid(parameter: Parameter, text: str) -> str | None:
    text = text.strip()
    if not text:
        return None
    if not is_sid(text, parameter.sid or ""):
        raise _invalid(parameter, text, f"a SID that starts with {parameter.sid} and has 32 hexadecimal digits")
    return text


def _choice(parameter: Parameter, text: str) -> str | None:
    text = text.strip()
    if not text:
        return None
    if text not in parameter.choices:
        raise _invalid(parameter, text, f"one of {', '.join(parameter.choices)}")
    return text


def _moment(parameter: Parameter, text: str) -> float | None:
    """Seconds since 1970. The service's own pattern is ``2030-01-02T03:04:05Z``; other ISO 8601 is read as well [I]."""
    text = text.strip()
    if not text:
        return None
    try:
        # A "+" that was not encoded arrives as a blank.
        moment = datetime.fromisoformat(text.replace(" ", "+") if " " in text[10:] else text)
    except ValueError:
        raise _invalid(parameter, text, "a date and time such as 2030-01-02T03:04:05Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _uri(parameter: Parameter, text: str) -> str:
    text = text.strip()
    if text and not _is_url(text):
        raise _invalid(parameter, text, "an absolute http or https URL")
    return text


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable() and " " not in text


def _method(parameter: Parameter, text: str) -> str | None:
    return _choice(parameter, text.upper())


def _array(parameter: Parameter, texts: list[str]) -> tuple[str, ...] | None:
    """Repeated, joined by commas, or both (rest-api 1)."""
    values = tuple(part.strip() for text in texts for part in text.split(",") if part.strip())
    for value in values:
        if parameter.choices and value not in parameter.choices:
            raise _invalid(parameter, value, f"one of {', '.join(parameter.choices)}")
    return values or None


def _invalid(parameter: Parameter, text: str, wanted: str) -> BadRequest:
    return BadRequest(f"Invalid {parameter.name}. '{shown(text)}' is not {wanted}.")


_CONVERTERS: Final[dict[str, Callable[[Parameter, str], Any]]] = {
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
    "date-time": _moment,
    "uri": _uri,
    "http-method": _method,
}
