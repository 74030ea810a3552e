"""Where the time comes from."""

from __future__ import annotations

import pytest

from chains import clocks
from chains.base import BlockRef
from chains.clocks import ChainClock
from chains.errors import ChainUnavailable, SettingsRefused


def test_outside_development_the_chains_are_no_clock() -> None:
    with pytest.raises(SettingsRefused):
        ChainClock([], development=False)


def test_it_is_the_latest_final_time_and_never_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "FRESH_SECONDS", -1.0)
    times = [100, 200]
    clock = ChainClock(
        [lambda: BlockRef(1, bytes(32), times[0]), lambda: BlockRef(1, bytes(32), times[1])], development=True
    )
    assert clock() == pytest.approx(200, abs=1)
    times[:] = [50, 60]
    assert clock() >= 200


def test_it_goes_on_while_no_chain_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "FRESH_SECONDS", -1.0)
    answers = [BlockRef(1, bytes(32), 100)]

    def finalised() -> BlockRef:
        if not answers:
            raise ChainUnavailable("chain", "away")
        return answers.pop()

    clock = ChainClock([finalised], development=True)
    first = clock()
    assert clock() >= first >= 100
