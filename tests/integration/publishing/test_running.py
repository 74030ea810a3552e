"""One oracle process with its own jobs: killed at every step of its journal, and left without word from an issuer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import pytest

from bridge.refusals import Refusal
from bridge.types import Lot, Permission, TransferOrder
from chains.token_events import AccountBound, BatchApplied
from identity.formats.status_list import Status
from lockstep_cli.demo.enforcement import Enforced, watch_refusal
from lockstep_cli.local.system import LocalSystem
from tests.integration.publishing.running import GRACE, RunningOracle, told, until
from tests.support.credentials import Credential

pytestmark = pytest.mark.chains

EVERYTHING = int(Permission.RECEIVE | Permission.SEND | Permission.BRIDGE)
EXIT = int(Permission.SEND | Permission.BRIDGE)
LIMIT = 25_000
"""Half of the policy's holding limit: each chain's part."""
POLL = 15.0
"""Seconds after which a list is fetched again at the latest."""
LATE = 1.0
"""Seconds by which a busy machine may be late in making a request."""
SLOT = {"substrate": 2.0, "evm": 1.0}
STEPS = ("before signatures", "signed, not noted", "noted, not submitted", "applied, not noted")


@pytest.fixture(scope="module")
def oracle(system: LocalSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOracle]:
    with RunningOracle(system, tmp_path_factory.mktemp("running"), 0x0A12) as running:
        # So long that the oracle's own rhythm decides when a list is fetched, not the list's.
        running.served.issuer.ttl = 60
        yield running


def admitted(oracle: RunningOracle, number: int) -> bool:
    return all(oracle.word(chain, number).permissions == EVERYTHING for chain in oracle.chains.values())


def die_at(oracle: RunningOracle, step: str, next_: dict[str, int]) -> None:
    """Ends the oracle at a step of both chains' batches. What it does next waits until it is gone."""
    chains = list(oracle.chains.values())

    def stands(state: str) -> bool:
        return all(oracle.state(chain, next_[chain.name]) == state for chain in chains)

    until("both batches are drafted", lambda: stands("drafted"))
    if step == "before signatures":
        oracle.kill()
        assert stands("drafted")
        assert [oracle.signed(chain, next_[chain.name]) for chain in chains] == [0, 0]
        return
    with ExitStack() as nodes:
        with oracle.locked():
            open_gates(oracle)
            until("two signers have signed", lambda: all(oracle.signed(one, next_[one.name]) >= 2 for one in chains))
            if step == "signed, not noted":
                oracle.kill()
                assert stands("drafted")
                return
            # What an oracle asks before it submits is answered by nobody, so that it gets no further than its note.
            nodes.enter_context(oracle.frozen())
        until("the signatures are noted", lambda: stands("signed"))
        if step == "noted, not submitted":
            oracle.kill()
            return
        with oracle.locked():
            nodes.close()
            until("both are applied", lambda: all(numbers(oracle)[one.name] == next_[one.name] for one in chains))
            oracle.kill()
            assert stands("signed")


def open_gates(oracle: RunningOracle, *, shut: bool = False) -> None:
    for gate in oracle.gates:
        gate.inward.clear() if shut else gate.inward.set()


def numbers(oracle: RunningOracle) -> dict[str, int]:
    """The last batch of each chain."""
    return {name: chain.views().clock().number for name, chain in oracle.chains.items()}


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_of_a_batch_the_oracle_ends_with_each_number_once(oracle: RunningOracle, step: str) -> None:
    before = {name: chain.head().number for name, chain in oracle.chains.items()}
    last = numbers(oracle)
    person, credential = oracle.newcomer()
    open_gates(oracle, shut=True)
    oracle.enrol(person, credential)
    die_at(oracle, step, {name: number + 1 for name, number in last.items()})
    applied = numbers(oracle)
    assert [applied[name] - last[name] for name in last] == [int(step == "applied, not noted")] * 2

    open_gates(oracle)
    oracle.start()
    until("the newcomer may receive on both chains", lambda: admitted(oracle, person))
    for name, chain in oracle.chains.items():
        word = oracle.word(chain, person)
        assert (word.limit, word.valid_until > time.time()) == (LIMIT, True)
        batches = [one.number for one in told(chain, BatchApplied, before[name])]
        assert batches == list(range(last[name] + 1, last[name] + 1 + len(batches)))
        bindings = [one.account for one in told(chain, AccountBound, before[name], oracle.asset)]
        assert bindings == [oracle.account(name, person).id]
        assert seats(oracle, chain) == oracle.people


def seats(oracle: RunningOracle, chain: Any) -> int:
    """Over all classes that are in use: one for each person who was admitted."""
    classes = {oracle.word(chain, number).class_ for number in range(oracle.people)}
    return sum(chain.views().quota_of(oracle.asset, class_).quota for class_ in classes)


def receiving(oracle: RunningOracle, chain: Any, receiver: int, sender: int) -> Any:
    """Asks in the state of a block whether somebody may be sent anything; nobody holds anything here."""
    ends = oracle.account(chain.name, sender).id, oracle.account(chain.name, receiver).id
    return lambda views: views.explain_transfer(oracle.asset, *ends, 1)


def watch(oracle: RunningOracle, receiver: int, sender: int, seconds: float) -> dict[str, Enforced]:
    """On each chain the first block from now on that refuses the receiver."""
    since = {name: chain.head() for name, chain in oracle.chains.items()}
    started = time.monotonic()
    with ThreadPoolExecutor(len(since)) as pool:
        watching = {
            name: pool.submit(
                watch_refusal,
                chain,
                receiving(oracle, chain, receiver, sender),
                Refusal.ReceiverNotEligible,
                since[name],
                started,
                seconds,
            )
            for name, chain in oracle.chains.items()
        }
        return {name: one.result() for name, one in watching.items()}


def two_people(oracle: RunningOracle) -> tuple[int, int, Credential]:
    """Somebody new who may receive, somebody else, and the credential of the first."""
    if not oracle.people:
        oracle.enrol(*oracle.newcomer())
        until("somebody is admitted", lambda: admitted(oracle, 0))
    number, credential = oracle.newcomer()
    oracle.enrol(number, credential)
    until("the newcomer is admitted", lambda: admitted(oracle, number))
    return number, 0, credential


def test_an_issuer_that_pushes_nothing_is_obeyed_within_one_poll_and_two_blocks(oracle: RunningOracle) -> None:
    receiver, sender, credential = two_people(oracle)
    polls = len(oracle.served.asked)
    until("the list was fetched", lambda: len(oracle.served.asked) > polls)
    # The worst moment: just after a poll.
    oracle.served.issuer.statuses[credential.index] = Status.INVALID
    seen = watch(oracle, receiver, sender, 60)
    for name, enforced in seen.items():
        assert enforced.seconds <= POLL + 2 * SLOT[name] + 2, name
    assert seen["substrate"].codes == seen["evm"].codes
    asked = oracle.served.asked[polls:]
    assert max(later - earlier for earlier, later in pairwise(asked)) <= POLL + LATE
    for chain in oracle.chains.values():
        assert oracle.word(chain, receiver).permissions == EXIT


def crossing(oracle: RunningOracle, sender: int, receiver: int) -> TransferOrder:
    """An order between two people, as a chain would hold it."""
    there, here = oracle.chains["evm"], oracle.chains["substrate"]
    now = int(time.time())
    ends = [here.views().account_of(oracle.asset, oracle.account("substrate", one).id) for one in (sender, receiver)]
    return TransferOrder(
        source=here.domain,
        destination=there.domain,
        nonce=1,
        asset=oracle.asset,
        terms=1,
        from_investor=ends[0].investor,
        to_investor=ends[1].investor,
        sender=oracle.account("substrate", sender).id,
        recipient=oracle.account("evm", receiver).id,
        lots=(Lot(1, 0, 0),),
        seat=0,
        initiated_at=now,
        deadline=now + 3_600,
    )


def test_of_an_issuer_that_is_out_of_reach_orders_are_held_and_words_go_after_the_grace(oracle: RunningOracle) -> None:
    """Orders: once the list is older than its `ttl`. Words: the policy's grace later."""
    issuer = oracle.served.issuer
    receiver, sender, _ = two_people(oracle)
    issuer.ttl = 9
    polls = len(oracle.served.asked)
    until("a list that lives nine seconds was fetched", lambda: len(oracle.served.asked) > polls)
    order = crossing(oracle, sender, receiver)
    until("it is in force", lambda: oracle.decision(order) == "approve")
    oracle.served.silent = True
    last = oracle.served.asked[-1]
    until("orders are held", lambda: oracle.decision(order) != "approve")
    held_after = time.monotonic() - last
    assert oracle.decision(order) == "hold"
    assert issuer.ttl - 1 <= held_after <= issuer.ttl + 1 + LATE
    assert admitted(oracle, receiver)
    seen = watch(oracle, receiver, sender, 60)
    gone_after = time.monotonic() - last
    assert issuer.ttl + GRACE - 1 <= gone_after
    # A round of the job that looks for it, another for the grace's end, and the blocks.
    assert gone_after <= issuer.ttl + GRACE + 2 * 5 + 2 * SLOT["substrate"] + 2
    assert seen["substrate"].codes == seen["evm"].codes
    oracle.served.silent = False
    until("the issuer answers again, and what was taken comes back", lambda: admitted(oracle, receiver))
