"""Strangers may start requests for presentations, and each is a row: how many, from where, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from identity.oracle.api.limits import MAX_CLIENTS, StartLimits, client_of
from identity.refusals import TooManyRequests
from tests.unit.identity.issuer.house import House
from tests.unit.identity.oracle.presenting.verifier_house import ASSET, VerifierHouse


class Clock:
    now = 1_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def retry_after(limits: StartLimits, host: str | None) -> int | None:
    try:
        limits.count(host)
    except TooManyRequests as error:
        return error.retry_after
    return None


def test_a_client_starts_so_many_in_a_window_that_moves_with_time(clock: Clock) -> None:
    limits = StartLimits(clock, client=3, total=100, window=300)
    for second in (1_000, 1_100, 1_200):
        clock.now = second
        assert retry_after(limits, "192.0.2.7") is None
    clock.now = 1_250
    assert retry_after(limits, "192.0.2.7") == 50
    assert retry_after(limits, "192.0.2.8") is None
    clock.now = 1_299
    assert retry_after(limits, "192.0.2.7") == 1
    clock.now = 1_300
    assert retry_after(limits, "192.0.2.7") is None
    assert retry_after(limits, "192.0.2.7") == 100


def test_whoever_is_refused_does_not_wait_longer_by_asking_again(clock: Clock) -> None:
    limits = StartLimits(clock, client=1, total=100, window=300)
    assert retry_after(limits, "192.0.2.7") is None
    for _ in range(50):
        assert retry_after(limits, "192.0.2.7") == 300
    clock.now += 300
    assert retry_after(limits, "192.0.2.7") is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8", False),
    ],
)
def test_an_ipv4_address_or_an_ipv6_network_is_one_client(one: str, other: str, same: bool) -> None:
    assert (client_of(one) == client_of(other)) is same


@pytest.mark.parametrize("host", [None, "", "testclient", "unix:", "1.2.3"])
def test_an_address_that_nobody_knows_is_no_client(clock: Clock, host: str | None) -> None:
    limits = StartLimits(clock, client=1, total=100)
    assert [retry_after(limits, host) for _ in range(3)] == [None] * 3


def test_behind_a_proxy_that_is_not_trusted_nobody_shares_the_bound_of_the_proxy(clock: Clock) -> None:
    limits = StartLimits(clock, client=1, total=100, clients_known=False)
    assert [retry_after(limits, "127.0.0.1") for _ in range(3)] == [None] * 3


def test_what_is_remembered_does_not_grow_without_end(clock: Clock) -> None:
    limits = StartLimits(clock, client=1, total=100)
    for number in range(MAX_CLIENTS + 50):
        limits.count(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(limits._started) == MAX_CLIENTS


@pytest.fixture
def house(tmp_path: Path) -> Iterator[VerifierHouse]:
    with ExitStack() as stack:
        yield VerifierHouse(tmp_path, stack, House(tmp_path, stack))


def start(house: VerifierHouse) -> httpx.Response:
    return house.http.post("/enrolments", json={"asset": "0x" + ASSET.hex()})


def bound(house: VerifierHouse, **rules: Any) -> None:
    """The house's oracle with other limits."""
    house.limits.__init__(house.clock, **{"client": 100, "total": 100, **rules})  # type: ignore[misc]


def test_one_client_too_many_is_told_when_to_come_again_and_writes_nothing(house: VerifierHouse) -> None:
    bound(house, client=2)
    assert [start(house).status_code for _ in range(2)] == [201, 201]
    before = house.bytes_on_disk()
    refused = start(house)
    assert (refused.status_code, refused.json()["error"]) == (429, "TooManyRequests")
    assert refused.headers["retry-after"] == "300"
    assert house.bytes_on_disk() == before
    house.issuer.now += 300
    assert start(house).status_code == 201


def test_only_open_requests_count_among_all(house: VerifierHouse) -> None:
    """An answered one makes room at once, and one that nobody answers when its five minutes are over."""
    bound(house, total=2)
    held, _ = house.hold()
    first = house.start()
    house.issuer.now += 100
    house.start()
    refused = start(house)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "200")
    asking = house.asking(first)
    redirect = house.presenter().answer(asking, house.presenter().choose(asking, [held]))
    assert house.me(house.go_on(first, redirect))["enrolments"], "who is under way goes on, however full it is"
    assert start(house).status_code == 201
    assert start(house).status_code == 429
    house.issuer.now += 300
    assert start(house).status_code == 201
