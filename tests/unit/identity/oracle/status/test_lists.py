"""A list counts until it is too old, and never gives way to an older one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.errors import IssuerUnknown, MalformedStatusList, NotInForce, SignatureInvalid
from identity.formats.base import StatusReference
from identity.formats.issuer_keys import PinnedKeys
from identity.formats.jws import build_jws
from identity.formats.status_list import STATUS_LIST_TYP, compress, encode_statuses
from identity.oracle.policy.evidence import Standing
from identity.oracle.status.lists import Change, ListRolledBack, Lists
from tests.unit.identity.oracle.deciding.room import ISSUER, LIST, NOW, OTHER, Issuer, Room

SIGNER, SECOND = Issuer(ISSUER), Issuer(OTHER)
KEYS = PinnedKeys({one.did: {one.key.key_id: one.key.public} for one in (SIGNER, SECOND)})
RANK = {Standing.INVALID: 0, Standing.SUSPENDED: 1, Standing.VALID: 2}


@pytest.fixture
def lists() -> Lists:
    return Lists(KEYS)


def take(lists: Lists, statuses: dict[int, int], at: int, now: int | None = None, **how: Any) -> Change | None:
    return lists.take(SIGNER.list(statuses, at, **how), how.get("uri", LIST), at if now is None else now)


def standing(lists: Lists, index: int, now: int, issuer: str = ISSUER) -> Standing:
    return lists.standing(StatusReference(LIST, index), issuer, now)


def test_each_place_says_what_its_issuer_signed(lists: Lists) -> None:
    take(lists, {1: 1, 2: 2, 3: 3}, NOW)
    assert [standing(lists, place, NOW) for place in range(4)] == [
        Standing.VALID,
        Standing.INVALID,
        Standing.SUSPENDED,
        Standing.INVALID,
    ]


def test_a_place_outside_the_list_is_invalid(lists: Lists) -> None:
    take(lists, {}, NOW, size=64)
    assert standing(lists, 63, NOW) is Standing.VALID
    assert standing(lists, 64, NOW) is Standing.INVALID
    assert standing(lists, -1, NOW) is Standing.INVALID


def test_nothing_is_known_without_a_list_or_of_another_issuers_or_kind(lists: Lists) -> None:
    assert standing(lists, 0, NOW) is Standing.UNREACHABLE
    take(lists, {}, NOW)
    assert standing(lists, 0, NOW, OTHER) is Standing.UNREACHABLE
    assert lists.standing(StatusReference(f"{LIST}2", 0), ISSUER, NOW) is Standing.UNREACHABLE
    assert lists.standing(StatusReference(LIST, 0, "bitstring"), ISSUER, NOW) is Standing.UNREACHABLE
    assert lists.standing(None, ISSUER, NOW) is Standing.UNREACHABLE


@pytest.mark.parametrize(
    ("ttl", "lifetime", "last"),
    [(15, 120, 15), (60, 120, 60), (3_600, 7_200, 60), (120, 40, 39), (0, 120, 0)],
    ids=["its ttl", "60 s", "60 s though its ttl is longer", "its expiry", "a ttl of nothing"],
)
def test_a_list_counts_up_to_its_last_second(lists: Lists, ttl: int, lifetime: int, last: int) -> None:
    take(lists, {}, NOW, ttl=ttl, lifetime=lifetime)
    if last:
        assert standing(lists, 0, NOW + last - 1) is Standing.VALID
    assert standing(lists, 0, NOW + last) is Standing.VALID
    assert standing(lists, 0, NOW + last + 1) is Standing.UNREACHABLE


def test_its_age_counts_from_its_signature_and_not_from_when_it_came(lists: Lists) -> None:
    take(lists, {}, NOW, now=NOW + 10, ttl=15)
    assert standing(lists, 0, NOW + 15) is Standing.VALID
    assert standing(lists, 0, NOW + 16) is Standing.UNREACHABLE


def test_a_list_that_states_no_ttl_counts_for_60_seconds(lists: Lists) -> None:
    packed = compress(encode_statuses(64, {}))
    payload = {"iss": ISSUER, "sub": LIST, "iat": NOW, "status_list": {"bits": 2, "lst": packed}}
    text = build_jws({"typ": STATUS_LIST_TYP, "kid": SIGNER.key.key_id}, payload, SIGNER.key)
    lists.take(text, LIST, NOW)
    assert standing(lists, 0, NOW + 60) is Standing.VALID
    assert standing(lists, 0, NOW + 61) is Standing.UNREACHABLE


def test_a_policy_may_ask_for_a_younger_list(lists: Lists) -> None:
    take(lists, {}, NOW, ttl=60)
    reference = StatusReference(LIST, 0)
    assert lists.standing(reference, ISSUER, NOW + 20, 20) is Standing.VALID
    assert lists.standing(reference, ISSUER, NOW + 21, 20) is Standing.UNREACHABLE


def test_a_list_of_a_clock_ahead_of_ours_lives_no_longer(lists: Lists) -> None:
    take(lists, {}, NOW + 60, now=NOW, ttl=60)
    assert standing(lists, 0, NOW + 60) is Standing.VALID
    assert standing(lists, 0, NOW + 61) is Standing.UNREACHABLE
    with pytest.raises(NotInForce):
        take(lists, {}, NOW + 61, now=NOW, uri=f"{LIST}2")


def test_a_list_of_a_time_that_our_clock_has_not_reached_says_nothing(lists: Lists) -> None:
    """Our clock was put back after it came: its age could not be told, and it would have lived as long as that."""
    take(lists, {}, NOW, ttl=60)
    assert standing(lists, 0, NOW - 5) is Standing.VALID
    assert standing(lists, 0, NOW - 6) is Standing.UNREACHABLE
    assert lists.due(LIST, ISSUER, NOW - 6, 15)


def test_an_older_list_is_refused_and_changes_nothing(lists: Lists) -> None:
    take(lists, {1: 1}, NOW)
    with pytest.raises(ListRolledBack):
        take(lists, {}, NOW - 1, now=NOW)
    assert standing(lists, 1, NOW) is Standing.INVALID


def test_of_two_lists_of_one_second_each_place_keeps_the_worse(lists: Lists) -> None:
    take(lists, {1: 1, 2: 2, 3: 2}, NOW)
    assert take(lists, {3: 1, 4: 2}, NOW) == Change(LIST, ISSUER, [3, 4])
    assert [standing(lists, place, NOW) for place in (1, 2, 3, 4)] == [
        Standing.INVALID,
        Standing.SUSPENDED,
        Standing.INVALID,
        Standing.SUSPENDED,
    ]
    with pytest.raises(ListRolledBack):
        take(lists, {}, NOW, size=128)
    take(lists, {}, NOW + 1)
    assert standing(lists, 1, NOW + 1) is Standing.VALID


def test_a_change_names_its_places_and_only_a_change_is_told(lists: Lists) -> None:
    told: list[Change] = []
    lists.on_change(told.append)
    take(lists, {5: 1}, NOW)
    take(lists, {5: 1}, NOW + 5)
    take(lists, {5: 1, 6: 2, 17: 1}, NOW + 6)
    assert [list(change.indexes) for change in told] == [list(range(64)), [6, 17]]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.dictionaries(st.integers(0, 7), st.integers(0, 2), max_size=4)),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_comes_in_whatever_order_the_newest_holds(arrivals: list[tuple[int, dict[int, int]]]) -> None:
    lists = Lists(KEYS)
    for second, statuses in arrivals:
        try:
            lists.take(SIGNER.list(statuses, NOW + second, size=8), LIST, NOW + 6)
        except ListRolledBack:
            continue
    newest = max(second for second, _ in arrivals)
    for place in range(8):
        said = [statuses.get(place, 0) for second, statuses in arrivals if second == newest]
        worst = min((2 if value == 0 else 1 if value == 2 else 0) for value in said)
        assert RANK[standing(lists, place, NOW + 6)] == worst


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: SIGNER.list({}, NOW, uri=f"{LIST}/else"), MalformedStatusList),
        (lambda: SIGNER.list({}, NOW)[:-8] + "AAAAAAAA", SignatureInvalid),
        (lambda: Issuer("did:web:stranger.example").list({}, NOW), IssuerUnknown),
        (lambda: SIGNER.list({}, NOW - 200), NotInForce),
        (lambda: SIGNER.push(SIGNER.list({}, NOW), NOW), MalformedStatusList),
        (lambda: "no token", MalformedStatusList),
    ],
    ids=["another address", "another signature", "a stranger", "expired", "another type", "no token"],
)
def test_what_does_not_verify_is_not_taken(lists: Lists, make: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        lists.take(make(), LIST, NOW)
    assert lists.held(LIST, ISSUER) is None


def test_a_restart_begins_with_the_stored_list_at_its_true_age(room: Room) -> None:
    _, _ = room.enrol(1)
    room.web.pages[LIST] = room.issuer.list({1: 1}, room.now)
    room.now += 6
    room.deciding.refresher.run()
    room.now += 9
    started = room.another()
    started.begin()
    reference = StatusReference(LIST, 1)
    assert started.lists.standing(reference, ISSUER, room.now) is Standing.INVALID
    assert started.lists.standing(reference, ISSUER, room.now + 1) is Standing.UNREACHABLE


def test_a_process_takes_over_what_another_one_fetched(room: Room) -> None:
    room.enrol(1)
    beside = room.another()
    room.web.pages[LIST] = room.issuer.list({}, room.now)
    room.deciding.refresher.run()
    beside.begin()
    held = beside.lists.held(LIST, ISSUER)
    room.now += 5
    room.web.pages[LIST] = room.issuer.list({1: 1}, room.now)
    room.deciding.refresher.run()
    beside.begin()
    assert held is not None
    assert beside.lists.standing(StatusReference(LIST, 1), ISSUER, room.now) is Standing.INVALID
    assert len(room.web.asked) == 2


def test_a_stored_list_that_no_longer_verifies_is_passed_over(room: Room) -> None:
    room.enrol(1)
    room.web.pages[LIST] = room.issuer.list({}, room.now)
    room.deciding.refresher.run()
    room.now += 121
    started = room.another()
    started.begin()
    assert started.lists.held(LIST, ISSUER) is None
