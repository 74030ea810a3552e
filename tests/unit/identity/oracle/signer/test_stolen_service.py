"""What a thief of the oracle service may try with three honest signers, and what must go on while something is broken."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bridge.types import EligibilityItem, QuotaItem
from identity.errors import FetchFailed
from identity.formats.base import IssuerKey
from identity.oracle.signer.errors import Check, CheckFailed
from identity.oracle.signer.service import create_app
from identity.oracle.signer.wire import BatchRequest
from tests.support.credentials import Issuer
from tests.unit.identity.oracle.signer.booth import (
    ASSET,
    CLASS,
    EXIT,
    LIMIT,
    OTHER_CLASS,
    SEATS,
    SHOWN,
    SIGNERS,
    Booth,
    World,
    ana,
    evm_account,
)
from tests.unit.identity.oracle.signer.chain import FakeChain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def far(tmp_path: Path) -> Iterator[World]:
    """Finality takes some blocks."""
    made = World(tmp_path / "far", lag=6)
    yield made
    made.close()


# More than the whole, by showing each pair something else.


def test_three_pairs_of_signers_together_grant_no_more_than_the_whole(far: World) -> None:
    """The thief has one signer sign a heartbeat of the very number under which the others sign a grant: so that one
    knows a batch of that number, and misses the grant until it looks at what stands in the newest block."""
    first, second, third = (far.booth(place) for place in range(3))
    third.sign(far.request(far.evm, far.batch(far.evm)))
    granted = far.batch(far.evm, far.grant(delta=LIMIT // 2))
    for booth in (first, second):
        booth.sign(far.request(far.evm, granted))
    far.evm.apply(granted)
    elsewhere = far.request(far.substrate, far.batch(far.substrate, far.grant(delta=LIMIT // 2)))
    for booth in (second, third):
        booth.sign(elsewhere)
    over = far.request(far.evm, far.batch(far.evm, far.grant(delta=LIMIT // 2)))
    first.sign(over)
    assert third.refused_items(over) == [("eligibility", 0, Check.LIMIT)]


def test_three_pairs_of_signers_together_give_no_more_seats_than_there_are(far: World) -> None:
    first, second, third = (far.booth(place) for place in range(3))
    third.sign(far.request(far.evm, far.batch(far.evm)))
    half = SEATS // 2
    given = far.batch(far.evm, QuotaItem(ASSET, CLASS, half))
    for booth in (first, second):
        booth.sign(far.request(far.evm, given))
    far.evm.apply(given)
    elsewhere = far.request(far.substrate, far.batch(far.substrate, QuotaItem(ASSET, CLASS, half)))
    for booth in (second, third):
        booth.sign(elsewhere)
    over = far.request(far.evm, far.batch(far.evm, QuotaItem(ASSET, OTHER_CLASS, half)))
    first.sign(over)
    assert third.refused_items(over) == [("quota", 0, Check.SEATS)]


def test_with_three_chains_a_part_is_raised_on_one_of_them_at_a_time(far: World) -> None:
    """Three grants on three chains by the three pairs: every signer would know two of them, and the whole is exceeded."""
    far.chains["third"] = third = FakeChain("third", far.clock, SIGNERS, lag=6)
    far.name_policy(far.policy())
    booth = far.booth()
    booth.sign(far.request(far.evm, far.batch(far.evm, far.grant(delta=LIMIT // 3), QuotaItem(ASSET, CLASS, 1))))
    both = far.request(third, far.batch(third, far.grant(delta=LIMIT // 3), QuotaItem(ASSET, OTHER_CLASS, 1)))
    assert booth.refused_items(both) == [("eligibility", 0, Check.LIMIT), ("quota", 0, Check.SEATS)]
    booth.sign(far.request(third, far.batch(third, far.grant())))


# Somebody whom the policy does not admit.


def test_a_friends_credential_beside_ones_own_admits_nobody(world: World) -> None:
    """Ana shows who she is, and a friend shows that he is well off: a thief of the service shows both as one person's."""
    both = {"all": [{"topic": "kyc"}, {"topic": "residency"}]}
    policy = world.policy(admit=both, trust={"kyc": [world.issuer.did], "residency": [world.issuer.did]})
    world.name_policy(policy)
    kyc = world.issuer.credential(1, world.now).showing()
    batch = world.batch(world.evm, world.grant())

    def shows(person: int) -> BatchRequest:
        other = world.issuer.credential(person, world.now, topic="residency").showing()
        return world.request(world.evm, batch, evidence=(kyc, other), policy=policy)

    assert world.booth().refused_items(shows(2)) == [("eligibility", 0, Check.VERDICT)]
    world.booth(1).sign(shows(1))


# Sabotage that would outlast the theft.


@pytest.mark.parametrize("delta", [-LIMIT - 1, -(2**127)])
def test_no_part_of_a_limit_is_lowered_below_nothing(world: World, delta: int) -> None:
    """Lowering needs no grounds; a part far below nothing could not be raised again within the cap."""
    world.evm.apply(world.batch(world.evm, world.grant(delta=LIMIT)))
    sunk = world.request(world.evm, world.batch(world.evm, world.grant(delta=delta)), evidence=())
    assert world.booth().refused_items(sunk) == [("eligibility", 0, Check.LIMIT)]
    world.booth(1).sign(world.request(world.evm, world.batch(world.evm, world.grant(delta=-LIMIT)), evidence=()))


def test_no_seats_are_lowered_below_nothing(world: World) -> None:
    world.evm.apply(world.batch(world.evm, QuotaItem(ASSET, CLASS, 2)))
    sunk = world.request(world.evm, world.batch(world.evm, QuotaItem(ASSET, CLASS, -3)))
    assert world.booth().refused_items(sunk) == [("quota", 0, Check.SEATS)]
    world.booth(1).sign(world.request(world.evm, world.batch(world.evm, QuotaItem(ASSET, CLASS, -2))))


def test_only_some_blocks_are_lifted_within_a_day(world: World) -> None:
    """No evidence shows whether a block is over: a thief of the service could free everybody whom officers stopped."""
    for person in (1, 2, 3):
        world.evm.apply(world.batch(world.evm, world.grant(ana(person), permissions=0)))
    booth = world.booth(lifts_per_day=2)

    def lifting(*people: int) -> list[EligibilityItem]:
        return [world.grant(ana(person), permissions=EXIT) for person in people]

    three = world.request(world.evm, world.batch(world.evm, *lifting(1, 2, 3)), evidence=())
    assert booth.refused_items(three) == [("eligibility", 2, Check.LIFTS)]
    two = world.batch(world.evm, *lifting(1, 2))
    booth.sign(world.request(world.evm, two, evidence=()))
    world.evm.apply(two)
    again = world.request(world.evm, world.batch(world.evm, *lifting(3)), evidence=())
    assert booth.refused_items(again) == [("eligibility", 0, Check.LIFTS)]
    world.now += 86_401
    world.evm.mine()
    booth.sign(world.request(world.evm, world.batch(world.evm, *lifting(3)), evidence=()))


# What is broken elsewhere stops nobody else.


class _Keys:
    """One issuer's keys can't be had; with `gate`, whoever asks for them waits until it opens."""

    def __init__(self, world: World, dead: str, gate: threading.Event | None = None) -> None:
        self._world, self._dead, self._gate = world, dead, gate
        self.asked = threading.Event()

    def find(self, issuer: str | None, header: Mapping[str, Any]) -> IssuerKey:
        if issuer != self._dead:
            return self._world.issuer.keys.find(issuer, header)
        self.asked.set()
        if self._gate is not None:
            assert self._gate.wait(20)
            return self._world.issuer.keys.find(issuer, header)
        raise FetchFailed("issuer", "nobody listens")


def test_an_issuer_that_can_not_be_asked_stops_its_own_holders_only(world: World) -> None:
    silent = Issuer("https://silent.example", secret=0x99)
    policy = world.policy(trust={"kyc": [world.issuer.did, silent.did]})
    world.name_policy(policy)
    booth = world.booth()
    booth.signer._keys_for = lambda _policy: _Keys(world, silent.did)
    batch = world.batch(world.evm, world.grant(), world.grant(ana(2)))
    asked = world.request(world.evm, batch, policy=policy)
    shown = (silent.credential(2, world.now).showing(*SHOWN),)
    grounds = (asked.grounds[0], asked.grounds[1].model_copy(update={"evidence": shown}))
    assert booth.refused_items(asked.model_copy(update={"grounds": grounds})) == [("eligibility", 1, Check.UNAVAILABLE)]


def test_a_withdrawal_does_not_wait_behind_a_grant_whose_issuer_is_slow(world: World) -> None:
    world.evm.apply(world.batch(world.evm, world.grant()))
    booth, gate = world.booth(), threading.Event()
    keys = _Keys(world, world.issuer.did, gate)
    booth.signer._keys_for = lambda _policy: keys
    grant = world.request(world.evm, world.batch(world.evm, world.grant(ana(2))), person=2)
    taking = world.request(world.evm, world.batch(world.evm, world.grant(permissions=EXIT)), evidence=())
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(booth.signer.sign_batch, grant)
        assert keys.asked.wait(20)
        try:
            pool.submit(booth.sign, taking).result(timeout=20)
        finally:
            gate.set()
        with pytest.raises(CheckFailed) as refused:
            slow.result()
    assert refused.value.check is Check.SIGNED_ANOTHER, "of one number only one is signed, whoever was first to ask"


def test_a_chain_that_can_not_be_read_stops_raises_and_nothing_else(world: World) -> None:
    booth = world.booth()
    booth.witnesses[1]._nodes, booth.witnesses[1]._pools = (), []
    raising = world.batch(world.evm, world.grant(delta=1), world.grant(ana(2)), QuotaItem(ASSET, CLASS, 1))
    asked = world.request(world.evm, raising)
    grounds = (
        asked.grounds[0],
        asked.grounds[1].model_copy(update={"evidence": world.shown(person=2)}),
        asked.grounds[2],
    )
    found = booth.refused_items(asked.model_copy(update={"grounds": grounds}))
    assert found == [("eligibility", 0, Check.LIMIT), ("quota", 0, Check.SEATS)]
    booth.sign(world.request(world.evm, world.batch(world.evm, world.grant(ana(2))), person=2))


def test_a_batch_that_shrank_on_its_way_uses_up_the_budget_once(world: World) -> None:
    booth = world.booth(grants_per_hour=2)
    two = world.batch(world.evm, world.grant(), world.grant(ana(2)))
    asked = world.request(world.evm, two)
    grounds = (asked.grounds[0], asked.grounds[1].model_copy(update={"evidence": world.shown(person=2)}))
    booth.sign(asked.model_copy(update={"grounds": grounds}))
    one = replace(two, eligibilities=two.eligibilities[:1])
    booth.sign(world.request(world.evm, one))
    world.evm.apply(one)
    third = world.request(world.evm, world.batch(world.evm, world.grant(ana(3))), person=3)
    assert booth.refusal(third) is Check.BUDGET, "the larger one of the number counts"


def test_what_can_not_be_written_down_is_not_signed(world: World) -> None:
    """The disk is full: SQLite may take no further page."""
    booth = world.booth()
    with booth.store._database.writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")
    many = world.batch(world.evm, *(world.grant(ana(n), permissions=0) for n in range(90)))
    answer = _client(booth).post("/batches", content=world.request(world.evm, many).model_dump_json())
    assert answer.status_code == 500
    assert "signature" not in answer.json()
    assert booth.store.own(world.evm.domain, 1) == []


# A memory that is not what it was.


def test_after_a_start_grants_wait_until_nothing_can_come_back_that_was_forgotten(far: World) -> None:
    """The store was put back from a copy: what was signed after the copy is in no block yet, and good until its number
    is another batch's for ever."""
    forgotten = far.booth(warm_up=True, new_key=True)
    evm, substrate = far.evm, far.substrate
    grant = far.batch(evm, far.grant(delta=LIMIT))
    again = far.request(substrate, far.batch(substrate, far.grant(delta=LIMIT)))
    assert forgotten.refusal(far.request(evm, grant)) is Check.COLD
    assert forgotten.refusal(again) is Check.COLD
    for chain in (evm, substrate):
        heartbeat = far.batch(chain)
        forgotten.sign(far.request(chain, heartbeat))
        chain.apply(heartbeat)
    assert forgotten.refusal(far.request(evm, far.batch(evm, far.grant()))) is Check.COLD, "not final yet"
    far.finalise()
    forgotten.sign(far.request(evm, far.batch(evm, far.grant())))


def test_a_signer_whose_store_is_gone_takes_away_and_grants_nothing(world: World) -> None:
    """Which credential serves whom stood only there: one could be used for a second investor."""
    world.evm.apply(world.batch(world.evm, world.grant()))
    lost = world.booth(warm_up=True)
    grant = world.request(world.evm, world.batch(world.evm, world.grant(ana(2))))
    assert lost.refusal(grant) is Check.MEMORY
    taking = world.batch(world.evm, world.grant(permissions=EXIT))
    lost.sign(world.request(world.evm, taking, evidence=()))
    world.evm.apply(taking)
    again = world.request(world.evm, world.batch(world.evm, world.grant(ana(2))))
    assert lost.refusal(again) is Check.MEMORY
    with pytest.raises(CheckFailed) as refused:
        lost.signer.sign_permit(world.permit(world.evm, evm_account(5)))
    assert refused.value.check is Check.MEMORY


# Who may ask.


def _client(booth: Booth, token: str | None = None) -> TestClient:
    return TestClient(create_app(booth.signer, token), raise_server_exceptions=False)


@pytest.mark.parametrize(
    "shown", [None, "Bearer ", "Bearer wrong", "Basic " + "t" * 40, "Bearer " + "t" * 39 + "\u00e9"]
)
def test_nobody_but_the_oracle_may_ask_a_signer(world: World, shown: str | None) -> None:
    """What takes something away needs no grounds: whoever could ask two signers could take every investor's permissions."""
    world.evm.apply(world.batch(world.evm, world.grant()))
    taking = world.request(world.evm, world.batch(world.evm, world.grant(permissions=0)), evidence=())
    ask = _client(world.booth(), "t" * 40)
    headers = {} if shown is None else {"Authorization": shown.encode("utf-8")}
    for path in ("/batches", "/permits", "/seen"):
        answer = ask.post(path, content=taking.model_dump_json(), headers=headers)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["check"]) == (401, "caller")
    let_in = ask.post("/batches", content=taking.model_dump_json(), headers={"Authorization": "Bearer " + "t" * 40})
    assert let_in.status_code == 200
