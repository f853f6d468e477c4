"""Every input that once told something is tried again (security check 42)."""

from __future__ import annotations

import pytest

from fuzz.running import CORPUS
from fuzz.targets import TARGETS


@pytest.mark.parametrize("reader", TARGETS)
def test_the_corpus_is_read_or_refused(reader: str) -> None:
    """An input that made trouble stays in the corpus, so that the trouble does not come back."""
    inputs = sorted((CORPUS / reader).iterdir())
    assert len(inputs) >= 5
    for path in inputs:
        try:
            TARGETS[reader](path.read_bytes())
        except Exception as error:
            error.add_note(f"with fuzz/corpus/{reader}/{path.name}")
            raise


def test_the_corpus_is_of_the_readers_and_small() -> None:
    """It is read by every run of the tests, and cloned by everybody."""
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    sizes = [path.stat().st_size for path in CORPUS.glob("*/*")]
    assert max(sizes) <= 16_384
    assert sum(sizes) <= 1_000_000
