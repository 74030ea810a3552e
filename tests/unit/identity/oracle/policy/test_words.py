"""What stands on a chain after each verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.oracle.policy.evaluate import Truth, Verdict
from identity.oracle.policy.words import Hold, Word, word_for
from tests.unit.identity.oracle.policy.policies import DAY, NOW, policy

WEEK = 7 * DAY
RECEIVE, SEND, BRIDGE = 1, 2, 4
POLICY = policy({"topic": "kyc"}, grid_offset=1234, unreachable_grace=300)
YES = Verdict(Truth.TRUE, "everyone", NOW + 100 * DAY, (b"\1" * 32,), ())
NO = Verdict(Truth.FALSE, None, None, (), ())
MAYBE = Verdict(Truth.UNKNOWN, None, None, (), ())
STANDS = Word(77, RECEIVE | SEND | BRIDGE, NOW + 3 * DAY)
CLASSES = {"everyone": 4711, "unadmitted": 12}


def word(
    verdict: Verdict, hold: Hold = Hold.NONE, before: Word | None = STANDS, since: int | None = None, now: int = NOW
) -> Word | None:
    return word_for(verdict, hold, CLASSES.__getitem__, before, POLICY, since, now)


def test_true_gives_everything_until_the_assets_grid() -> None:
    for before in (STANDS, None):
        found = word(YES, before=before)
        assert found is not None
        assert (found.class_, found.permissions) == (4711, 7)
        assert (found.valid_until - 1234) % WEEK == 0
        assert NOW + 28 * DAY < found.valid_until <= NOW + 35 * DAY


def test_false_takes_receiving_at_once_and_leaves_the_way_out() -> None:
    assert word(NO) == Word(77, SEND | BRIDGE, STANDS.valid_until)


def test_somebody_never_admitted_gets_a_class_without_seats() -> None:
    assert word(NO, before=None) == Word(12, SEND | BRIDGE, 0)


@pytest.mark.parametrize(("waited", "stands"), [(0, True), (299, True), (300, False), (301, False)])
def test_unknown_leaves_what_stands_for_the_grace_and_then_is_as_false(waited: int, stands: bool) -> None:
    assert word(MAYBE, since=NOW - waited) == (STANDS if stands else word(NO))
    assert word(MAYBE, before=None, since=NOW - waited) == (None if stands else word(NO, before=None))


def test_unknown_since_just_now_leaves_what_stands() -> None:
    assert word(MAYBE) == STANDS
    assert word(MAYBE, before=None) is None


def test_a_suspicion_takes_receiving_and_a_confirmed_hit_sending_too() -> None:
    for verdict in (YES, NO, MAYBE):
        suspected, confirmed = word(verdict, Hold.SUSPECTED), word(verdict, Hold.CONFIRMED)
        assert suspected is not None
        assert confirmed is not None
        assert suspected.permissions == SEND | BRIDGE
        assert confirmed.permissions == 0


@pytest.mark.parametrize("later", [0, 1, 3 * DAY, WEEK, 20 * WEEK])
@pytest.mark.parametrize("verdict", [YES, NO, MAYBE])
def test_a_suspicion_looks_like_any_other_refusal_for_as_long_as_it_lasts(verdict: Verdict, later: int) -> None:
    """A word without RECEIVE that went on being renewed, or had a class with seats, could only be a suspect's."""
    for before in (STANDS, Word(12, SEND | BRIDGE, 0), None):
        assert word(verdict, Hold.SUSPECTED, before, now=NOW + later) == word(NO, before=before, now=NOW + later)


@pytest.mark.parametrize("verdict", [YES, NO, MAYBE])
def test_a_blocked_word_shows_nothing_of_what_becomes_of_the_evidence(verdict: Verdict) -> None:
    for later in (0, WEEK, 20 * WEEK):
        assert word(verdict, Hold.CONFIRMED, now=NOW + later) == Word(77, 0, STANDS.valid_until)


def test_of_somebody_of_whom_nothing_stands_a_confirmed_hit_says_nothing() -> None:
    assert word(YES, Hold.CONFIRMED, before=None) is None
    assert word(NO, Hold.CONFIRMED, before=None) is None


def test_a_lifted_block_gives_the_way_out_back_although_nobody_knows_the_verdict() -> None:
    assert word(MAYBE, before=Word(77, 0, NOW + DAY)) == Word(77, SEND | BRIDGE, NOW + DAY)


VERDICTS = st.sampled_from([YES, NO, MAYBE])
WORDS = st.none() | st.builds(Word, st.integers(1, 99), st.integers(0, 7), st.integers(0, NOW + 35 * DAY))
TIMES = st.none() | st.integers(NOW - 1000, NOW)


@given(VERDICTS, st.sampled_from(list(Hold)), WORDS, TIMES)
def test_only_a_true_verdict_without_a_hold_gives_more_receiving_than_stood(
    verdict: Verdict, hold: Hold, before: Word | None, since: int | None
) -> None:
    found = word(verdict, hold, before, since)
    if found is None or not found.permissions & RECEIVE:
        return
    assert hold is Hold.NONE
    assert verdict is YES or (before is not None and before.permissions & RECEIVE)
    assert verdict is YES or (before is not None and found.valid_until <= before.valid_until)


@given(VERDICTS, st.sampled_from([Hold.NONE, Hold.SUSPECTED]), WORDS, TIMES)
def test_without_a_confirmed_hit_everybody_can_leave(
    verdict: Verdict, hold: Hold, before: Word | None, since: int | None
) -> None:
    found = word(verdict, hold, before, since)
    assert found is None or found.permissions & (SEND | BRIDGE) == SEND | BRIDGE
    assert found is not None or before is None
