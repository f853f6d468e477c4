"""Network errors: the same word for the same trouble, however deep the libraries bury it."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from trbridge.troubles import diagnose


def certificate_error() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_message = "certificate has expired"
    return error


@pytest.mark.parametrize(
    ("error", "kind", "detail"),
    [
        (socket.gaierror(-2, "Name or service not known"), "dns", "Name or service not known"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"), "refused", ""),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "reset", "Connection reset by peer"),
        (ConnectionAbortedError(errno.ECONNABORTED, "aborted"), "reset", "aborted"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "reset", "Broken pipe"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "unreachable", "Network is unreachable"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "unreachable", "No route to host"),
        (certificate_error(), "tls", "certificate has expired"),
        (ssl.SSLError(1, "no reason"), "tls", ""),
        (ssl.SSLEOFError(8, "EOF occurred"), "reset", ""),
        (OSError(errno.EMFILE, "Too many open files"), "network", "Too many open files"),
        (OSError("no number"), "network", ""),
        (ValueError("not of the network"), "network", ""),
    ],
)
def test_each_trouble_has_its_word(error: BaseException, kind: str, detail: str) -> None:
    trouble = diagnose(error)
    assert (trouble.kind, trouble.detail) == (kind, detail)
    assert trouble.cause is (error if isinstance(error, OSError) else None)


def test_the_cause_is_found_under_wrappers_and_in_groups() -> None:
    """As anyio does: it groups the failures of several addresses under an OSError that says nothing."""
    wrapper, outer = RuntimeError("wrapped"), OSError("All connection attempts failed")
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "no")
    outer.__cause__ = ExceptionGroup("several", [OSError("?"), refused])
    wrapper.__context__ = outer
    assert diagnose(wrapper) == ("refused", "", refused)


def test_without_an_error_of_the_system_the_caller_names_the_kind() -> None:
    assert diagnose(ValueError(), "proxy") == ("proxy", "", None)


def test_a_loop_of_causes_ends() -> None:
    first, second = RuntimeError(), RuntimeError()
    first.__cause__, second.__cause__ = second, first
    assert diagnose(first).kind == "network"
