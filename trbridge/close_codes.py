"""Close codes of the event bridge's websocket, for the client and the emulator alike.

Codes below 3000 are RFC 6455's and the IANA registry's. Which codes Twilio's own bridge sends when a token runs
out or a session is replaced is not known (wire-protocol 10), so those from 4000 on are ours: [I] emulator choice.
A client that meets other ones can be told what they mean: ``SessionOptions(outcomes={"close 4409": "stand by"})``.
"""

from __future__ import annotations

from typing import Final

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
UNSUPPORTED_DATA: Final = 1003
NO_STATUS: Final = 1005
"""Never sent: the close frame had no code (RFC 6455 section 7.4.1)."""
ABNORMAL: Final = 1006
"""Never sent: there was no close frame (RFC 6455 section 7.4.1)."""
INVALID_DATA: Final = 1007
POLICY_VIOLATION: Final = 1008
TOO_BIG: Final = 1009
INTERNAL_ERROR: Final = 1011
SERVICE_RESTART: Final = 1012
TRY_AGAIN_LATER: Final = 1013
BAD_GATEWAY: Final = 1014

SUPERSEDED: Final = 4001
"""[I] Another socket of the same channel was opened with ``closeExistingSessions=true``."""
TOKEN_EXPIRED: Final = 4002
"""[I] The token this socket was opened with has run out."""
TOKEN_REVOKED: Final = 4003
"""[I] The token this socket was opened with is no longer accepted."""
CHANNEL_GONE: Final = 4004
"""[I] The workspace, worker or task queue was deleted."""

MEANINGS: Final[dict[int, str]] = {
    NORMAL: "normal closure",
    GOING_AWAY: "the server is going away",
    PROTOCOL_ERROR: "protocol error",
    UNSUPPORTED_DATA: "unsupported data",
    NO_STATUS: "closed without a code",
    ABNORMAL: "the connection broke off",
    INVALID_DATA: "invalid data",
    POLICY_VIOLATION: "policy violation",
    TOO_BIG: "a message was too big",
    INTERNAL_ERROR: "server error",
    SERVICE_RESTART: "the service restarts",
    TRY_AGAIN_LATER: "try again later",
    BAD_GATEWAY: "bad gateway",
    SUPERSEDED: "another connection of the same channel took over",
    TOKEN_EXPIRED: "the token has run out",
    TOKEN_REVOKED: "the token was revoked",
    CHANNEL_GONE: "the channel no longer exists",
}
"""What each code means, in the words of our messages."""
