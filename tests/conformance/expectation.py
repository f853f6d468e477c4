"""What a transcript, or one step of it, should bring. Read from the recording; deviations then change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from comparison import event_argument
from recording import Step
from translation import written

__all__ = ["Expected", "Home", "Posted", "expect", "expect_all"]


@dataclass
class Posted:
    """A request, as the bridge sees it."""

    channel: str
    url: str
    method: str
    token: str
    params: dict[str, Any] | None = None
    event_type: str | None = None

    def __str__(self) -> str:
        more = {"params": self.params, "event_type": self.event_type}
        extra = [f"{name}={value}" for name, value in more.items() if value is not None]
        return " ".join([self.method, self.url, self.token, *extra])

    @classmethod
    def read(cls, channel: str, body: dict[str, Any]) -> Posted:
        """From the channel's URL and the body of the POST."""
        return cls(
            channel=channel,
            url=body["url"],
            method=body["method"],
            token=body["token"],
            params=written(body["params"]) if "params" in body else None,
            event_type=body.get("event_type"),
        )


class Home(NamedTuple):
    """Where a transcript takes place.

    Attributes:
        transcript: Its name.
        workspace_url: REST URL of the workspace.
        channel: URL of the client's channel.
        token: Label of the client's current token.
        renewed: Whether it is not the first.
    """

    transcript: str
    workspace_url: str
    channel: str
    token: str
    renewed: bool = False


@dataclass
class Expected:
    """What should come.

    Attributes:
        home: Where it takes place.
        posts: The requests.
        answers: What the bridge answers; as many as there were requests in the recording.
        raises: Name of the class of the error that the call itself raises, before anything is sent.
        fails: What the awaitable, or the attempt to connect, fails with; None if it does not, or nobody awaits.
        called: How often the callback is called; None if there is none.
        error: What it is called with.
        result: What it is called with.
        events: Names and arguments of the events, in order.
        sockets: Queries of the websockets that are attempted.
        open_sockets: How many there are afterwards; None if it is not known.
        target: The object afterwards, if the call was an update.
        args_after: The caller's arguments afterwards, if the client changed them.
        advance: Seconds to move the clock before anything will come.
    """

    home: Home
    posts: list[Posted] = field(default_factory=list)
    answers: list[tuple[tuple[str, str], dict[str, Any]]] = field(default_factory=list)
    raises: str | None = None
    fails: Any = None
    called: int | None = None
    error: Any = None
    result: Any = None
    events: list[tuple[str, Any]] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)
    open_sockets: int | None = None
    target: Any = None
    args_after: Any = None
    advance: float = 0.0


def expect(step: Step, home: Home) -> Expected:
    """Read a step of the recording, after its placeholders were filled in."""
    requests = step.get("requests") or []
    outcome = step.get("callback_result") or _outcome_of_several(step)
    return Expected(
        home=home,
        posts=[Posted.read(request["channel"], request["body"]) for request in requests],
        answers=[
            ((request["body"]["method"], request["body"]["url"]), answer)
            for request, answer in zip(requests, step.get("response_given") or [], strict=True)
        ],
        raises=_raised(step),
        called=outcome["called"] if outcome else None,
        error=outcome.get("error") if outcome else None,
        result=outcome.get("result") if outcome else None,
        events=[
            (each["event"], event_argument(each["event"], each["args"])) for each in step.get("events_emitted", ())
        ],
        sockets=[each["query"] for each in step.get("sockets_opened") or ()],
        open_sockets=step.get("sockets_open"),
        target=step.get("target_after"),
        args_after=step.get("args_after"),
    )


def expect_all(steps: Sequence[Expected]) -> Expected:
    """Several steps as one: what comes of them all, whatever the moment."""
    return Expected(
        home=steps[-1].home,
        posts=[post for step in steps for post in step.posts],
        answers=[answer for step in steps for answer in step.answers],
        events=[event for step in steps for event in step.events],
        sockets=[socket for step in steps for socket in step.sockets],
        open_sockets=steps[-1].open_sockets,
    )


def _outcome_of_several(step: Step) -> dict[str, Any] | None:
    """Of several calls at once only the answers were recorded; the first is an error."""
    if step["op"] != "calls":
        return None
    answers = step["response_given"]
    return {"called": len(answers), "error": {"$http_error": {"code": answers[0]["status"]}}}


def _raised(step: Step) -> str | None:
    if not step.get("thrown"):
        return None
    about_a_token = step["op"] == "construct" or step.get("call", {}).get("method") == "updateToken"
    return "TaskRouterError" if about_a_token else "InvalidArgument"  # a token can be no text, or no token
