"""Lists are fetched before they are too old; who doesn't answer holds up nobody else, and no decision ever fetches."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from identity.errors import FetchFailed
from identity.fetch.fetcher import Fetched
from identity.formats.base import StatusReference
from identity.oracle.deciding.decisions import Answer
from identity.oracle.policy.evidence import Standing
from identity.oracle.status.lists import KeysWithdrawn
from identity.oracle.status.refresh import Refresher
from identity.oracle.status.tables import STATUS_TOKENS
from tests.unit.identity.oracle.deciding.room import ISSUER, LIST, OTHER, Room

FAR = "https://other.example/status/far"


def test_every_relied_list_is_fetched_once_it_is_a_third_of_its_ttl_old(room: Room) -> None:
    room.enrol(1)
    room.web.pages[LIST] = room.issuer.list({}, room.now, ttl=15)
    assert room.deciding.refresher.run().fetched == 1
    room.now += 4
    assert room.deciding.refresher.run().fetched == 0
    room.now += 1
    assert room.deciding.refresher.run().fetched == 1


@pytest.mark.parametrize("between", [1, 4, 5])
@pytest.mark.parametrize("signed_before", [0, 4])
def test_a_list_with_a_long_ttl_is_fetched_within_15_seconds_whenever_rounds_come(
    room: Room, signed_before: int, between: int
) -> None:
    """Rounds come every five seconds at most: a list of 14 seconds that waited for the next one was looked at after 19."""
    room.enrol(1)
    fetched = []
    for _ in range(25):
        room.web.pages[LIST] = room.issuer.list({}, room.now - signed_before, ttl=43_200)
        if room.deciding.refresher.run().fetched:
            fetched.append(room.now)
        room.now += between
    gaps = {after - before for before, after in pairwise(fetched)}
    assert max(gaps) <= 15
    assert min(gaps) >= 5


def test_a_host_that_fails_costs_others_nothing_and_is_left_alone_for_a_while(room: Room) -> None:
    dead = [f"https://dead.example/status/{number}" for number in range(5)]
    for number, uri in enumerate(dead):
        room.enrol(number, uri=uri)
    room.enrol(1)
    room.web.pages[LIST] = room.issuer.list({}, room.now)
    done = room.deciding.refresher.run()
    assert (done.fetched, done.failed) == (1, 5)
    room.now += 9
    room.deciding.refresher.run()
    assert sum("dead" in url for url in room.web.asked) == 1
    for _ in range(4):
        room.now += 10
        room.deciding.refresher.run()
    assert {url for url in room.web.asked if "dead" in url} == set(dead)


def test_a_host_that_hangs_holds_up_no_other_one_in_any_round(room: Room) -> None:
    hung = "https://hung.example/status/1"
    room.enrol(1, uri=hung)
    room.enrol(2)
    gate, asked = threading.Event(), []

    class Hanging:
        def get(self, url: str, accept: str) -> Fetched:
            asked.append(url)
            if url == hung:
                assert gate.wait(60)
                raise FetchFailed("hung.example", "slow")
            return Fetched(url, accept, room.issuer.list({}, room.now).encode())

    refresher = Refresher(
        lists=room.deciding.lists,
        fetch=Hanging(),
        database=room.database,
        writer=room.writer,
        clock=room.clock,
        relied=room.people.relied_lists,
        patience=0.0,
    )
    try:
        for number in range(3):
            for _ in range(200):
                refresher.run()
                held = room.deciding.lists.held(LIST, ISSUER)
                if held is not None and held.list.issued_at == room.now:
                    break
                threading.Event().wait(0.05)
            assert held is not None
            assert held.list.issued_at == room.now, number
            room.now += 5
        assert asked.count(hung) == 1
    finally:
        gate.set()


def test_one_bad_list_leaves_the_others_of_its_host_alone(room: Room) -> None:
    good = f"{LIST}/good"
    room.enrol(1)
    room.enrol(2, uri=good)
    room.web.pages = {LIST: "nonsense", good: room.issuer.list({}, room.now, uri=good)}
    done = room.deciding.refresher.run()
    assert (done.fetched, done.failed) == (1, 1)


def test_the_list_of_another_issuer_at_an_address_is_not_taken(room: Room) -> None:
    room.enrol(1)
    room.web.pages[LIST] = room.other.list({}, room.now)
    assert room.deciding.refresher.run().fetched == 0
    assert room.deciding.lists.held(LIST, OTHER) is None


def test_an_older_list_from_a_cache_on_the_way_changes_nothing(room: Room) -> None:
    room.enrol(1)
    room.publish({1: 1})
    room.web.pages[LIST] = room.issuer.list({}, room.now - 5)
    room.now += 6
    room.deciding.refresher.run()
    assert room.deciding.lists.standing(StatusReference(LIST, 1), ISSUER, room.now) is Standing.INVALID


def test_what_is_shown_for_the_first_time_is_fetched_and_what_counts_is_not(room: Room) -> None:
    room.web.pages[LIST] = room.issuer.list({}, room.now)
    assert room.deciding.refresher.ensure({(LIST, ISSUER)}).fetched == 1
    room.now += 15
    assert room.deciding.refresher.ensure({(LIST, ISSUER)}).fetched == 0
    room.now += 1
    room.web.pages[LIST] = room.issuer.list({}, room.now)
    assert room.deciding.refresher.ensure({(LIST, ISSUER)}).fetched == 1


class Held:
    """A host that answers when the test lets it."""

    def __init__(self, room: Room, *, dead: bool) -> None:
        self.room, self.dead = room, dead
        self.gate, self.asked = threading.Event(), 0

    def get(self, url: str, accept: str) -> Fetched:
        self.asked += 1
        assert self.gate.wait(60)
        if self.dead:
            self.room.now += 5
            raise FetchFailed("issuer.example", "slow")
        return Fetched(url, accept, self.room.issuer.list({}, self.room.now).encode())


@pytest.mark.parametrize("dead", [False, True])
def test_who_shows_credentials_at_the_same_time_waits_for_the_one_fetch(room: Room, dead: bool) -> None:
    fetch = Held(room, dead=dead)
    refresher = Refresher(
        lists=room.deciding.lists,
        fetch=fetch,
        database=room.database,
        writer=room.writer,
        clock=room.clock,
        relied=room.people.relied_lists,
    )
    with ThreadPoolExecutor(5) as pool:
        asking = [pool.submit(refresher.ensure, {(LIST, ISSUER)}) for _ in range(5)]
        while fetch.asked == 0:
            threading.Event().wait(0.01)
        threading.Event().wait(0.3)
        fetch.gate.set()
        rounds = [future.result() for future in asking]
    assert fetch.asked == 1
    assert sum(one.fetched for one in rounds) == (0 if dead else 1)
    assert (room.deciding.lists.held(LIST, ISSUER) is None) is dead


def test_a_host_that_failed_a_moment_ago_is_asked_again_for_whoever_comes_then(room: Room) -> None:
    assert room.deciding.refresher.ensure({(LIST, ISSUER)}).failed == 1
    room.web.pages[LIST] = room.issuer.list({}, room.now)
    assert room.deciding.refresher.ensure({(LIST, ISSUER)}).fetched == 1


def test_not_more_hosts_are_asked_at_the_same_time_than_allowed(room: Room) -> None:
    for number in range(12):
        room.enrol(number, uri=f"https://host{number}.example/list")
    gate, turn = threading.Event(), threading.Lock()
    now_asking, most = 0, 0

    class Slow:
        def get(self, url: str, accept: str) -> Fetched:
            nonlocal now_asking, most
            with turn:
                now_asking += 1
                most = max(most, now_asking)
                if now_asking == 3:
                    gate.set()
            assert gate.wait(10)
            with turn:
                now_asking -= 1
            raise FetchFailed("host", "slow")

    refresher = Refresher(
        lists=room.deciding.lists,
        fetch=Slow(),
        database=room.database,
        writer=room.writer,
        clock=room.clock,
        relied=room.people.relied_lists,
        workers=3,
    )
    assert refresher.run().failed == 12
    assert most == 3


def test_deciding_and_wanting_fetch_nothing_even_when_nothing_is_known(room: Room) -> None:
    room.adopt()
    _, ana = room.enrol(1)
    _, bob = room.enrol(2)
    room.deciding.decisions.decide(room.order(ana, bob), room.now)
    room.words()
    assert room.web.asked == []


@pytest.mark.parametrize("after", [0, 10, 60])
def test_a_compromised_keys_lists_are_dropped_and_must_come_newly_signed(room: Room, after: int) -> None:
    room.enrol(1)
    room.web.pages[LIST] = room.issuer.list({}, room.now)
    room.deciding.refresher.run()
    beside = room.another()
    beside.begin()
    room.now += after
    key: Any = room.issuer.key
    room.writer.run_blocking(
        lambda tx: room.deciding.trust.distrust(tx, "pia", ISSUER, room.now, key.public.thumbprint)
    )
    room.deciding.distrusted(compromised=True)
    beside.begin()
    for one in (room.deciding, beside):
        assert one.lists.standing(StatusReference(LIST, 1), ISSUER, room.now) is Standing.UNREACHABLE
    room.web.pages[LIST] = room.issuer.list({}, room.now)
    assert room.deciding.refresher.run().fetched == 0
    assert room.another().begin() is None


def test_a_list_that_the_withdrawn_key_signed_comes_in_force_by_no_race(room: Room) -> None:
    """Verified a moment before the key was withdrawn, put in force a moment after all of its lists were dropped."""
    room.enrol(1)
    room.web.pages[LIST] = room.issuer.list({}, room.now)
    reading = room.deciding.lists.read

    def slowly(*args: Any) -> Any:
        held = reading(*args)
        _withdraw(room)
        return held

    room.deciding.lists.read = slowly  # type: ignore[method-assign]
    room.deciding.refresher.run()
    assert room.deciding.lists.held(LIST, ISSUER) is None
    assert room.another().begin() is None
    with room.database.read() as connection:
        assert connection.execute(select(STATUS_TOKENS)).all() == []


def test_a_push_that_was_under_way_when_its_key_was_withdrawn_changes_nothing(room: Room) -> None:
    room.enrol(1)
    message = room.issuer.push(room.issuer.list({}, room.now), room.now).encode()
    checked = room.deciding.pushes.check(message, room.now)
    _withdraw(room)
    room.deciding.pushes.check = lambda *_: checked  # type: ignore[method-assign]
    with pytest.raises(KeysWithdrawn):
        asyncio.run(room.deciding.pushes.take(message))
    assert room.deciding.lists.held(LIST, ISSUER) is None
    started = room.another()
    started.begin()
    assert started.lists.held(LIST, ISSUER) is None


def _withdraw(room: Room) -> None:
    key: Any = room.issuer.key
    room.writer.run_blocking(
        lambda tx: room.deciding.trust.distrust(tx, "pia", ISSUER, room.now, key.public.thumbprint)
    )
    room.deciding.distrusted(compromised=True)


@pytest.mark.parametrize("again", ["fetched", "pushed"])
def test_a_list_replayed_within_its_second_is_not_what_a_restart_begins_with(room: Room, again: str) -> None:
    """In memory the worse of both held; what lay on the disk was whichever came last."""
    room.enrol(1)
    before, revoked = room.issuer.list({}, room.now), room.issuer.list({1: 1}, room.now)
    for token in (before, revoked, before):
        if again == "fetched":
            room.web.pages[LIST] = token
            room.deciding.refresher._round({"issuer.example": [(LIST, ISSUER)]}, None, 2.0)
        else:
            push = room.issuer.push(token, room.now, jti=f"{id(token)}{len(room.woken)}")
            asyncio.run(room.deciding.pushes.take(push.encode()))
    started = room.another()
    started.begin()
    for one in (room.deciding, started):
        assert one.lists.standing(StatusReference(LIST, 1), ISSUER, room.now) is Standing.INVALID


def test_a_clock_that_was_put_back_keeps_no_host_at_rest_and_no_list_in_use(room: Room) -> None:
    """A list of an hour from now was in use for that hour, though nothing newer could be had: revocations were lost."""
    room.adopt()
    (_, ana), (_, bob) = room.enrol(1), room.enrol(2)
    far = "https://far.example/status/1"
    room.enrol(3, uri=far)
    room.web.pages[LIST] = room.issuer.list({}, room.now)
    room.deciding.refresher.run()
    assert room.deciding.decisions.decide(room.order(ana, bob), room.now).answer is Answer.APPROVE
    room.now -= 3_600
    assert room.deciding.decisions.decide(room.order(ana, bob), room.now).answer is Answer.HOLD
    room.web.asked.clear()
    room.deciding.refresher.run()
    assert set(room.web.asked) == {LIST, far}
