"""How hard machines are tried: a little in every run of the suite, a lot by ``make thorough``."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

__all__ = ["tried"]

_FACTOR = int(os.environ.get("TRBRIDGE_THOROUGH") or 1)


def tried(examples: int, steps: int) -> settings:
    """Settings for a state machine: so many examples of so many steps, or a multiple of them and longer ones.

    Some invariants look at everything after each step, so that examples of the long kind take a while to make.
    """
    if _FACTOR == 1:
        return settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    unhurried = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
    return settings(
        max_examples=examples * _FACTOR,
        stateful_step_count=steps * 3,
        deadline=None,
        suppress_health_check=unhurried,
        print_blob=True,
    )
