"""How long a transfer waits."""

from __future__ import annotations

import pytest

from relayer.backoff import JITTER, RAMPS, Wait, delay


@pytest.mark.parametrize("wait", list(Wait))
def test_waits_never_get_shorter_and_end_on_the_last_step(wait: Wait) -> None:
    waits = [delay(wait, tries) for tries in range(40)]
    assert waits == sorted(waits)
    assert waits[-1] == RAMPS[wait][-1]


def test_the_random_part_only_lengthens_a_wait() -> None:
    assert delay(Wait.NODE, 0) <= delay(Wait.NODE, 0, 0.999) < delay(Wait.NODE, 0) * (1 + JITTER)
