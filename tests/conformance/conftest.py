"""What the tests of conformance share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stage import Stage, open_stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage() as stage:
        yield stage
