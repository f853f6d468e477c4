"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from log_watch import watched


@pytest.fixture(autouse=True)
def no_secret_is_logged() -> Iterator[None]:
    """Security check 1."""
    with watched():
        yield
