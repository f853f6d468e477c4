"""Choices by name, and no secret in sight."""

from __future__ import annotations

import pytest

from trbridge.emulator.options import Options, choose
from trbridge.errors import InvalidArgument


def test_choices_have_names() -> None:
    options = choose({"rate_limits": False, "max_sockets": 5})
    assert (options.rate_limits, options.max_sockets, options.workspace_events) == (False, 5, False)
    with pytest.raises(InvalidArgument, match="no option 'colour'; it has rate_limits, "):
        choose({"colour": "red"})


def test_an_api_keys_secret_is_not_shown() -> None:
    """Security check 2."""
    assert "secret" not in repr(Options(api_keys={"SK": "secret"}))
