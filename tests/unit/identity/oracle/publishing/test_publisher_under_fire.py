"""What may break, refuse or come in between while words are brought onto chains, and what must happen nevertheless."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bridge.types import BindingItem, EligibilityItem, OracleBatch, Permission, Role, SignerSet
from chains.base import BlockRef
from chains.errors import ChainUnavailable
from identity.formats.status_list import Status
from identity.oracle.policy.grid import WEEK
from identity.oracle.publishing.drafting import Drafted, arrange
from identity.oracle.publishing.pool import NoQuorum
from identity.oracle.publishing.ports import WantedBinding
from identity.oracle.publishing.publisher import Publisher
from tests.unit.identity.oracle.publishing.press import Answer, Press, dead
from tests.unit.identity.oracle.signer.booth import ALL, ASSET, CLASS, EXIT, KEYS, LIMIT, UNTIL, ana, evm_account
from tests.unit.identity.oracle.signer.chain import FakeChain

SECONDS = 20


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    made = Press(tmp_path)
    yield made
    made.world.close()


def publish(press: Press, act: Callable[[Publisher], Awaitable[object]] | None = None) -> None:
    """Everything that is wanted, by a publisher that starts anew over the journal on disk."""

    async def run() -> None:
        async with press as publisher, asyncio.timeout(SECONDS):
            await (publisher.settle() if act is None else act(publisher))

    asyncio.run(run())


def permissions(chain: FakeChain, person: int = 1) -> int:
    word = chain.state.words.get((ASSET, ana(person)))
    return -1 if word is None else word.permissions


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - what is waited for happens in a chain in memory, which wakes nobody
        await asyncio.sleep(0.01)


async def in_loops(publisher: Publisher, act: Callable[[], Awaitable[object]]) -> None:
    """Acts while the publisher's loops run."""
    loops = asyncio.create_task(publisher.run())
    try:
        await asyncio.sleep(0)
        await act()
    finally:
        loops.cancel()
        await asyncio.gather(loops, return_exceptions=True)


# Items that a chain or signers never take.


def test_an_account_that_can_not_be_unlinked_costs_one_transaction_and_holds_nobody_up(press: Press) -> None:
    """It holds tokens, so the chain skips the item. Anybody could else have the publisher pay for batch after batch."""
    press.knowledge.admit(1)
    publish(press)
    evm, account = press.world.evm, evm_account(1)
    press.knowledge.accounts[evm.domain] = [WantedBinding(account.id, bytes(32))]
    evm.skip = {(2, 0)}
    before = evm.state.number

    async def act(publisher: Publisher) -> None:
        await publisher.settle()
        assert evm.state.number == before + 1
        press.knowledge.change(1)
        await publisher.settle()
        assert permissions(evm) == EXIT
        assert evm.batches[-1].bindings == ()
        press.world.now += 61
        await publisher.settle()
        assert len(evm.batches[-1].bindings) == 1, "it is tried again after a rest"

    publish(press, act)


def test_a_hundred_accounts_to_unlink_do_not_come_before_a_revocation(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)
    evm = press.world.evm
    press.knowledge.accounts[evm.domain] = [WantedBinding(n.to_bytes(32, "big"), bytes(32)) for n in range(1, 151)]
    press.knowledge.change(1)
    publish(press, lambda publisher: publisher.turn(evm.domain))
    assert permissions(evm) == EXIT
    assert len(evm.batches[-1].bindings) == 99


def test_words_are_taken_before_accounts_whatever_asset_they_are_of() -> None:
    other = bytes([0x5B] * 32)
    unlinked = [Drafted(BindingItem(ASSET, n.to_bytes(32, "big"), bytes(32)), takes=True) for n in range(1, 101)]
    revoked = Drafted(EligibilityItem(other, ana(1), UNTIL, CLASS, EXIT, 0), takes=True)
    assert arrange([*unlinked, revoked], 100)[0] is revoked


def test_a_word_that_was_skipped_rests_and_a_revocation_of_the_same_person_does_not(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)
    evm = press.world.evm
    wish = press.knowledge.wishes[ana(1)]
    assert wish.word is not None
    press.knowledge.change(1)
    evm.skip = {(1, 0)}

    async def act(publisher: Publisher) -> None:
        await publisher.settle()
        assert permissions(evm) == ALL
        evm.skip = set()
        press.knowledge.change(1, 0)
        await publisher.settle()
        assert permissions(evm) == 0

    publish(press, act)


def test_what_signers_refused_is_looked_at_again_when_its_rest_is_over_and_nobody_has_to_wake_anyone(
    press: Press,
) -> None:
    credential = press.world.issuer.credential(1, press.world.now)
    press.knowledge.admit(1, credential)
    press.world.issuer.statuses[credential.index] = Status.SUSPENDED

    async def act(publisher: Publisher) -> None:
        async def mended() -> None:
            publisher.wake(urgent=False)
            await until(lambda: press.world.evm.state.number == 1)
            press.world.issuer.statuses[credential.index] = Status.VALID
            await until(lambda: permissions(press.world.evm) == ALL)

        for resting in publisher._resting.values():
            resting._seconds, resting._clock = 1, lambda: int(time.time())
        await in_loops(publisher, mended)

    publish(press, act)


def test_nothing_is_granted_before_the_chain_names_the_policy_and_soon_after_it_does(press: Press) -> None:
    """A new policy comes into force here first; signers would refuse every grant, and each would rest."""
    press.knowledge.admit(1)
    publish(press)
    press.knowledge.rules = press.world.policy(version=2)
    press.knowledge.admit(2)
    press.knowledge.change(1)

    async def act(publisher: Publisher) -> None:
        async def adopt() -> None:
            publisher.wake(urgent=True)
            await until(lambda: permissions(press.world.evm) == EXIT)
            asked = len(press.asked)
            publisher.wake(urgent=False)
            await until(lambda: len(publisher._planner.unnamed) == 2)
            assert len(press.asked) == asked
            press.world.name_policy(press.knowledge.rules)
            await until(lambda: permissions(press.world.evm, 2) == ALL)

        await in_loops(publisher, adopt)

    publish(press, act)


def test_a_renewal_goes_out_although_the_budget_of_grants_is_spent(tmp_path: Path) -> None:
    """More people come than may be let in within the hour: those who are in must not run out meanwhile."""
    press = Press(tmp_path, grants_per_hour=2)
    press.knowledge.admit(1)
    wish = press.knowledge.wishes[ana(1)]
    assert wish.word is not None
    press.knowledge.wishes[ana(1)] = replace(wish, word=replace(wish.word, valid_until=UNTIL - WEEK))
    publish(press, lambda publisher: publisher.turn(press.world.evm.domain))
    press.knowledge.wishes[ana(1)] = wish
    press.knowledge.admit(2)
    publish(press, lambda publisher: publisher.turn(press.world.evm.domain))
    assert press.world.evm.state.words[ASSET, ana(1)].valid_until == UNTIL
    assert permissions(press.world.evm, 2) == -1
    press.world.close()


def _poisoned_by(*people: int) -> Answer:
    """A signer that gives no reason, whenever somebody of these is to be granted something."""

    def answer(request: httpx.Request) -> httpx.Response | None:
        batch = request.content.decode()
        spoilt = any(ana(person).hex() in batch for person in people) and "grounds" in batch
        return httpx.Response(500, content=b"") if spoilt else None

    return answer


def test_one_grant_that_every_signer_chokes_on_holds_up_no_other(press: Press) -> None:
    press.spoilt = {place: _poisoned_by(77) for place in range(3)}
    people = (1, 2, 77, 4, 5, 6, 7, 8)
    for person in people:
        press.knowledge.admit(person)

    async def act(publisher: Publisher) -> None:
        async def done() -> None:
            await until(lambda: {permissions(press.world.evm, one) for one in people if one != 77} == {ALL})

        publisher.wake(urgent=False)
        await in_loops(publisher, done)

    publish(press, act)
    assert permissions(press.world.evm, 77) == -1


def test_a_revocation_in_one_batch_with_grants_that_nobody_signs_goes_out_alone(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)
    press.spoilt = {place: _poisoned_by(77) for place in range(3)}
    press.knowledge.admit(77)
    press.knowledge.change(1)

    with pytest.raises(NoQuorum):
        publish(press, lambda publisher: publisher.turn(press.world.evm.domain))
    publish(press, lambda publisher: publisher.turn(press.world.evm.domain))
    assert permissions(press.world.evm) == EXIT


# Chains that are away, move on, or change their signers.


def test_a_chain_that_is_away_does_not_keep_a_revocation_from_the_other(press: Press) -> None:
    """Seats are counted over all chains: a grant that waits for that must not make revocations wait with it."""
    press.knowledge.admit(1)
    publish(press)
    evm, away = press.world.evm, press.world.substrate

    def gone() -> BlockRef:
        raise ChainUnavailable("substrate", "nobody listens")

    away.finalised = away.head = gone  # type: ignore[method-assign]

    async def act(publisher: Publisher) -> None:
        async def revoke() -> None:
            press.knowledge.admit(2)
            publisher.wake(urgent=False)
            await asyncio.sleep(0.05)
            press.knowledge.change(1)
            publisher.wake(urgent=True)
            await until(lambda: permissions(evm) == EXIT)
            await until(lambda: permissions(evm, 2) == ALL)

        await in_loops(publisher, revoke)

    publish(press, act)
    assert evm.state.words[ASSET, ana(2)].limit == 0, "what is free of the whole can't be known now"


def test_grants_that_can_not_even_be_planned_hold_up_no_revocation(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)

    def broken(asset: bytes) -> Mapping[int, str]:
        raise KeyError("a fault")

    press.knowledge.classes = broken  # type: ignore[method-assign]
    press.knowledge.admit(2)

    async def act(publisher: Publisher) -> None:
        async def revoke() -> None:
            publisher.wake(urgent=False)
            await asyncio.sleep(0.05)
            press.knowledge.change(1)
            await until(lambda: permissions(press.world.evm) == EXIT)

        await in_loops(publisher, revoke)

    publish(press, act)


def test_a_fault_over_one_chains_data_does_not_silence_the_other(press: Press) -> None:
    press.knowledge.admit(1)

    def broken(batch: OracleBatch) -> None:
        raise KeyError("a fault")

    press.world.substrate.before = broken

    async def act(publisher: Publisher) -> None:
        async def change() -> None:
            publisher.wake(urgent=False)
            await until(lambda: permissions(press.world.evm) == ALL)
            press.knowledge.change(1)
            publisher.wake(urgent=True)
            await until(lambda: permissions(press.world.evm) == EXIT)

        await in_loops(publisher, change)

    publish(press, act)


def test_a_batch_signed_by_a_set_that_is_no_more_gets_the_signatures_of_the_next(press: Press) -> None:
    """It is in the journal with signatures that no chain takes: without new ones nothing would ever go out again."""
    press.knowledge.admit(1)
    evm = press.world.evm

    def die(_batch: OracleBatch) -> None:
        raise ChainUnavailable("evm", "killed")

    evm.before = die
    with pytest.raises(ChainUnavailable):
        publish(press, lambda publisher: publisher.turn(evm.domain))
    evm.before = lambda batch: None
    evm.signers = SignerSet(Role.ORACLE, 2, 2, tuple(key.address for key in KEYS))

    async def act(publisher: Publisher) -> None:
        async def done() -> None:
            await until(lambda: permissions(evm) == ALL)

        await in_loops(publisher, done)

    publish(press, act)


def test_a_number_that_another_batch_took_is_noticed_and_the_word_goes_out_under_the_next(press: Press) -> None:
    """Anybody may hand in a batch with a quorum. Ours was then a success without effect; the chain says what stands."""
    press.knowledge.admit(1)
    evm = press.world.evm

    def overtake(batch: OracleBatch) -> None:
        evm.before = lambda _batch: None
        evm.apply(press.world.batch(evm))

    evm.before = overtake
    publish(press)
    assert permissions(evm) == ALL
    assert evm.state.number >= 2


def test_an_account_that_a_block_skipped_is_not_told_as_bound_after_a_crash(press: Press) -> None:
    press.knowledge.admit(1)
    evm, account = press.world.evm, evm_account(1)
    proof = press.world.proof(evm, account)
    press.knowledge.accounts[evm.domain] = [WantedBinding(account.id, ana(1), "person-1", proof)]
    evm.skip = {(2, 0)}

    def die(batch: OracleBatch) -> None:
        evm.apply(batch)
        raise ChainUnavailable("evm", "the answer was lost")

    evm.before = die
    with pytest.raises(ChainUnavailable):
        publish(press, lambda publisher: publisher.turn(evm.domain))
    evm.before = lambda batch: None
    publish(press)
    first = next(events for domain, batch, events in press.knowledge.done if batch.number == 1 and domain == evm.domain)
    assert [type(one).__name__ for one in first] == ["ItemSkipped"]


def test_when_all_signers_were_started_anew_a_heartbeat_goes_first_and_then_the_grants(tmp_path: Path) -> None:
    press = Press(tmp_path, lag=2, warm_up=True)
    press.knowledge.admit(1)

    async def act(publisher: Publisher) -> None:
        await publisher.settle()
        assert {permissions(chain) for chain in press.world.chains.values()} == {-1}
        press.world.finalise()
        press.world.now += 61
        await publisher.settle()
        assert {permissions(chain) for chain in press.world.chains.values()} == {ALL}

    publish(press, act)
    press.world.close()


def test_a_batch_whose_block_was_replaced_goes_out_again_as_it_was(press: Press) -> None:
    press.knowledge.admit(1)
    evm = press.world.evm
    _, before, _ = evm.blocks[-1]
    publish(press)
    asked, (first,) = len(press.asked), evm.batches
    del evm.blocks[-1]
    evm.state = deepcopy(before)
    press.knowledge.admit(2)
    publish(press, lambda publisher: publisher.turn(evm.domain))
    assert evm.batches[1] == first
    assert len(press.asked) == asked, "its signatures are in the journal"
    publish(press)
    assert permissions(evm, 2) == ALL


# What comes in between.


def test_a_grant_that_was_signed_and_lost_meanwhile_is_never_handed_in(press: Press) -> None:
    """The process died with the signatures on disk; the credential was taken back before it was started again."""
    press.knowledge.admit(1)
    evm = press.world.evm

    def die(_batch: OracleBatch) -> None:
        raise ChainUnavailable("evm", "killed")

    evm.before = die
    with pytest.raises(ChainUnavailable):
        publish(press, lambda publisher: publisher.turn(evm.domain))
    evm.before = lambda batch: None
    press.knowledge.change(1)
    publish(press)
    granted = [item for batch in evm.batches for item in batch.eligibilities if item.permissions & Permission.RECEIVE]
    assert granted == []
    assert permissions(evm) == EXIT


def test_moving_parts_does_not_lift_a_block_that_came_in_between(press: Press) -> None:
    """A move repeats the word as it stands, and a block leaves no trace in the evidence that signers look at."""
    press.knowledge.admit(1)
    publish(press)
    evm = press.world.evm
    evm.state.used[ASSET, ana(1)] = LIMIT // 2
    evm.mine()
    word = press.world.substrate.state.words[ASSET, ana(1)]
    press.world.substrate.state.words[ASSET, ana(1)] = replace(word, limit=LIMIT // 10)
    press.world.substrate.mine()
    entered, gate = threading.Event(), threading.Event()

    def wait(_batch: OracleBatch) -> None:
        entered.set()
        assert gate.wait(SECONDS)

    async def act(publisher: Publisher) -> None:
        press.knowledge.change(1, 0)
        evm.before = wait
        blocking = asyncio.create_task(publisher.turn(evm.domain, takes_only=True))
        assert await asyncio.to_thread(entered.wait, SECONDS)
        # The officer's block is on its way and not in a block yet, when the job begins.
        press.knowledge.change(1, ALL)
        moving = asyncio.create_task(publisher.rebalance())
        await asyncio.sleep(0.2)
        gate.set()
        await asyncio.gather(blocking, moving)

    publish(press, act)
    assert permissions(evm) == 0


class _Slow(httpx.AsyncByteStream):
    """An answer that comes byte by byte, for ever."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.02)


class _Endless(httpx.AsyncByteStream):
    """An answer without an end, as fast as it is read."""

    given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            _Endless.given += 65_536
            yield b" " * 65_536
            await asyncio.sleep(0)


def trickles(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, stream=_Slow())


def babbles(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, stream=_Endless())


@pytest.mark.parametrize("spoilt", [trickles, babbles])
def test_a_signer_whose_answer_never_ends_is_as_good_as_dead(press: Press, spoilt: Answer) -> None:
    press.spoilt = {0: spoilt, 1: dead}
    press.knowledge.admit(1)

    async def act(publisher: Publisher) -> None:
        publisher._signers._seconds = 1.0
        with pytest.raises(NoQuorum):
            await publisher.turn(press.world.evm.domain)

    publish(press, act)
    assert _Endless.given < 1_000_000


def test_a_revocation_overtakes_grants_that_wait_for_a_slow_signer(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)
    waited = threading.Event()

    def slow(request: httpx.Request) -> httpx.Response | None:
        if "grounds" not in request.content.decode():
            return None
        waited.set()
        return trickles(request)

    press.spoilt = {0: slow, 1: dead}

    async def act(publisher: Publisher) -> None:
        async def revoke() -> None:
            press.knowledge.admit(2)
            publisher.wake(urgent=False)
            await until(waited.is_set)
            press.knowledge.change(1)
            publisher.wake(urgent=True)
            await until(lambda: permissions(press.world.evm) == EXIT)

        await in_loops(publisher, revoke)

    publish(press, act)
