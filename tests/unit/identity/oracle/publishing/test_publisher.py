"""From wishes to what stands on both chains, whatever signers, chains and this process do on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from bridge.types import OracleBatch
from chains.errors import ChainUnavailable
from identity.formats.status_list import Status
from identity.oracle.publishing.journal import BatchState
from identity.oracle.publishing.pool import NoQuorum
from identity.oracle.publishing.ports import WantedBinding
from identity.oracle.publishing.publisher import Publisher
from identity.oracle.publishing.reconcile import Kind
from tests.unit.identity.oracle.publishing.press import Press, babbler, dead, liar, refuser
from tests.unit.identity.oracle.signer.booth import ALL, ASSET, CLASS, EXIT, KEYS, LIMIT, SEATS, ana, evm_account, seen
from tests.unit.identity.oracle.signer.chain import FakeChain


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    made = Press(tmp_path)
    yield made
    made.world.close()


def publish(press: Press, act: Callable[[Publisher], Awaitable[object]] | None = None) -> None:
    """Everything that is wanted, by a publisher that starts anew over the journal on disk."""

    async def run() -> None:
        async with press as publisher:
            await (publisher.settle() if act is None else act(publisher))

    asyncio.run(run())


def permissions(chain: FakeChain, person: int = 1) -> int:
    word = chain.state.words.get((ASSET, ana(person)))
    return -1 if word is None else word.permissions


def test_a_wish_stands_on_both_chains_with_half_of_the_limit_and_a_seat_each(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)
    for chain in press.world.chains.values():
        word = chain.state.words[ASSET, ana(1)]
        assert (word.class_, word.permissions, word.limit) == (CLASS, ALL, LIMIT // 2)
        assert chain.state.quotas[ASSET, CLASS] == (1, 0)


def test_nothing_is_sent_when_all_stands(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)
    before = [chain.state.number for chain in press.world.chains.values()]
    publish(press)
    assert [chain.state.number for chain in press.world.chains.values()] == before


def test_a_withdrawal_goes_before_grants_and_in_a_batch_with_them_first(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)
    press.knowledge.change(1)
    for person in range(2, 8):
        press.knowledge.admit(person)
    publish(press)
    batch = press.world.evm.batches[-1]
    assert batch.eligibilities[0].investor == ana(1)
    assert permissions(press.world.evm) == EXIT


def test_an_urgent_turn_takes_away_and_grants_nothing(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)
    press.knowledge.change(1)
    press.knowledge.admit(2)
    publish(press, lambda publisher: publisher.turn(press.world.evm.domain, takes_only=True))
    assert (permissions(press.world.evm), permissions(press.world.evm, 2)) == (EXIT, -1)


def test_a_thousand_changes_take_at_most_one_transaction_per_fifty(tmp_path: Path) -> None:
    press = Press(tmp_path, grants_per_hour=10_000)
    press.knowledge.rules = press.world.policy(buckets=[{"name": "accredited", "seats": 5_000}])
    press.world.name_policy(press.knowledge.rules)
    for person in range(1, 121):
        press.knowledge.admit(person)
    publish(press)
    assert len(press.world.evm.batches) <= 3
    for person in range(1, 121):
        press.knowledge.change(person)
    before = len(press.world.evm.batches)
    publish(press)
    assert len(press.world.evm.batches) - before == 2
    assert {permissions(press.world.evm, person) for person in range(1, 121)} == {EXIT}
    press.world.close()


@pytest.mark.parametrize("spoilt", [dead, liar, babbler, refuser])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_signer_that_is_dead_lies_or_refuses_holds_nothing_up(press: Press, spoilt: object, place: int) -> None:
    press.spoilt[place] = spoilt  # type: ignore[assignment]
    press.knowledge.admit(1)
    publish(press)
    assert permissions(press.world.evm) == permissions(press.world.substrate) == ALL


def test_without_a_quorum_nothing_is_submitted_and_later_the_same_batch_is(press: Press) -> None:
    press.spoilt = {0: dead, 1: dead}
    press.knowledge.admit(1)
    with pytest.raises(NoQuorum):
        publish(press, lambda publisher: publisher.turn(press.world.evm.domain))
    assert press.world.evm.batches == []
    press.spoilt = {}
    publish(press)
    assert permissions(press.world.evm) == ALL
    own = [batch.batch for booth in press.booths for batch in booth.store.own(press.world.evm.domain, 1)]
    assert len(set(own)) == 1


def test_an_item_that_signers_refuse_is_dropped_and_told_and_the_rest_goes_on(press: Press) -> None:
    """The issuer took a credential back, and the oracle has not noticed."""
    credential = press.world.issuer.credential(2, press.world.now)
    press.knowledge.admit(1)
    press.knowledge.admit(2, credential)
    press.world.issuer.statuses[credential.index] = Status.INVALID
    told: list[tuple[int, str, bytes, str, str]] = []

    async def act(publisher: Publisher) -> None:
        await publisher.turn(press.world.evm.domain)
        told.extend(publisher.journal.refusals(press.world.evm.domain))

    publish(press, act)
    assert (permissions(press.world.evm, 1), permissions(press.world.evm, 2)) == (ALL, -1)
    ((_, kind, subject, _, why),) = told
    assert (kind, subject) == ("eligibility", ASSET + ana(2))
    assert why.startswith("verdict")


def test_a_limit_that_no_signer_grants_keeps_no_word_back(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)
    word = press.world.evm.state.words[ASSET, ana(1)]
    # A crossing carried the whole part along: nothing is left here, all of it there.
    press.world.evm.state.words[ASSET, ana(1)] = type(word)(word.valid_until, CLASS, EXIT, word.sequence, 0)
    far = press.world.substrate.state.words[ASSET, ana(1)]
    press.world.substrate.state.words[ASSET, ana(1)] = type(far)(far.valid_until, CLASS, ALL, far.sequence, LIMIT)
    for chain in press.world.chains.values():
        chain.mine()
    publish(press)
    assert permissions(press.world.evm) == ALL
    assert press.world.evm.state.words[ASSET, ana(1)].limit == 0


def test_killed_between_journal_and_submission_the_same_batch_goes_out(press: Press) -> None:
    press.knowledge.admit(1)

    def die(_batch: OracleBatch) -> None:
        raise ChainUnavailable("evm", "killed")

    press.world.evm.before = die
    with pytest.raises(ChainUnavailable):
        publish(press, lambda publisher: publisher.turn(press.world.evm.domain))
    asked = len(press.asked)
    press.world.evm.before = lambda batch: None
    press.knowledge.admit(2)
    publish(press, lambda publisher: publisher.turn(press.world.evm.domain))
    (batch,) = press.world.evm.batches
    assert [item.investor for item in batch.eligibilities] == [ana(1)]
    assert len(press.asked) == asked, "signatures that are in the journal are not asked for again"


def test_killed_after_submission_the_batch_is_noted_and_its_bindings_are_told(press: Press) -> None:
    press.knowledge.admit(1)
    account, domain = evm_account(1), press.world.evm.domain
    proof = press.world.proof(press.world.evm, account)
    press.knowledge.accounts[domain] = [WantedBinding(account.id, ana(1), "person-1", proof)]
    applied, press.knowledge.applied = press.knowledge.applied, _fails  # type: ignore[method-assign]
    with pytest.raises(ChainUnavailable):
        publish(press, lambda publisher: publisher.turn(domain))
    press.knowledge.applied = applied  # type: ignore[method-assign]

    async def act(publisher: Publisher) -> None:
        await publisher.settle()
        entry = publisher.journal.entry(domain, 1)
        assert entry is not None
        assert entry.state is BatchState.APPLIED

    publish(press, act)
    assert press.world.evm.state.accounts[ASSET, account.id] == ana(1)


def _fails(*_: object) -> None:
    raise ChainUnavailable("evm", "killed")


def test_a_withdrawal_overtakes_a_draft_that_finds_no_quorum(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)
    press.spoilt = {0: dead, 1: dead}
    press.knowledge.admit(2)
    with pytest.raises(NoQuorum):
        publish(press, lambda publisher: publisher.turn(press.world.evm.domain))
    press.spoilt = {}
    press.knowledge.change(1)
    publish(press, lambda publisher: publisher.turn(press.world.evm.domain))
    assert (permissions(press.world.evm, 1), permissions(press.world.evm, 2)) == (EXIT, -1)
    publish(press)
    assert permissions(press.world.evm, 2) == ALL


def test_a_spent_budget_stops_grants_and_no_heartbeat(tmp_path: Path) -> None:
    press = Press(tmp_path, grants_per_hour=0)
    press.knowledge.admit(1)
    publish(press, lambda publisher: publisher.turn(press.world.evm.domain))
    assert permissions(press.world.evm) == -1
    assert press.world.evm.state.number == 1
    press.world.close()


def test_a_chain_hears_from_a_silent_oracle(press: Press) -> None:
    publish(press)
    numbers = [chain.state.number for chain in press.world.chains.values()]
    press.world.now += 601
    for chain in press.world.chains.values():
        chain.mine()
    publish(press)
    assert [chain.state.number for chain in press.world.chains.values()] == [one + 1 for one in numbers]
    assert press.world.evm.batches[-1].eligibilities == ()


def test_an_item_that_a_chain_skips_is_told_and_left_alone_for_a_while(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)
    account, domain = evm_account(1), press.world.evm.domain
    proof = press.world.proof(press.world.evm, account)
    press.knowledge.accounts[domain] = [WantedBinding(account.id, ana(1), "person-1", proof)]
    press.world.evm.skip = {(2, 0)}
    number = press.world.evm.state.number

    async def act(publisher: Publisher) -> None:
        await publisher.settle()
        assert [one[1] for one in publisher.journal.refusals(domain)] == ["binding"]

    publish(press, act)
    assert press.world.evm.state.number == number + 1


def test_a_signer_that_was_away_is_shown_what_it_missed(tmp_path: Path) -> None:
    press = Press(tmp_path, lag=5)
    press.spoilt = {0: dead}
    press.knowledge.admit(1)
    publish(press)
    press.spoilt = {1: dead}
    press.knowledge.admit(2)
    publish(press)
    assert permissions(press.world.evm, 2) == ALL
    assert (0, "/seen") in press.asked
    press.world.close()


def test_parts_are_lowered_first_and_raised_when_that_is_final(tmp_path: Path) -> None:
    press = Press(tmp_path, lag=3)
    press.knowledge.admit(1)
    publish(press)
    press.world.finalise()
    press.world.evm.state.used[ASSET, ana(1)] = LIMIT // 2
    press.world.evm.mine()
    press.world.finalise()

    def limits() -> tuple[int, int]:
        evm, substrate = (chain.state.words[ASSET, ana(1)].limit for chain in press.world.chains.values())
        return evm, substrate

    publish(press, lambda publisher: publisher.rebalance())
    evm, lowered = limits()
    assert evm == LIMIT // 2
    assert lowered < LIMIT // 2
    publish(press, lambda publisher: publisher.rebalance())
    assert limits() == (evm, lowered), "what was lowered is not final yet"
    press.world.finalise()
    publish(press, lambda publisher: publisher.rebalance())
    assert limits()[0] > LIMIT // 2
    assert sum(limits()) <= LIMIT
    press.world.close()


def test_seats_are_handed_out_in_slices_and_never_beyond_the_cap(press: Press) -> None:
    for person in range(1, 21):
        press.knowledge.admit(person)
    publish(press)
    quotas = [chain.state.quotas[ASSET, CLASS][0] for chain in press.world.chains.values()]
    assert max(quotas) <= 8
    assert sum(quotas) <= SEATS


def test_a_holder_who_may_no_longer_receive_keeps_no_newcomer_out(press: Press) -> None:
    """Those who may receive were counted less the holders: a holder who lost that, and keeps his tokens and his seat, was
    taken for one of them, and the next investor of his class was refused for want of a seat (17), for ever."""
    press.knowledge.admit(1)
    publish(press)
    for chain in press.world.chains.values():
        part, _ = chain.state.quotas[ASSET, CLASS]
        chain.state.used[ASSET, ana(1)] = 5
        chain.state.quotas[ASSET, CLASS] = (part, 1)
        chain.mine()
    press.knowledge.change(1)
    publish(press)
    press.knowledge.admit(2)
    publish(press)
    assert [chain.state.quotas[ASSET, CLASS] for chain in press.world.chains.values()] == [(2, 1), (2, 1)]


def test_reconciliation_tells_of_a_batch_that_nobody_here_asked_for(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)
    stranger = press.world.batch(press.world.evm, press.world.grant(ana(1), permissions=EXIT))
    press.world.evm.submit_batch(
        stranger,
        1,
        [bytes.fromhex(one[2:]) for one in seen(press.world.evm, stranger, KEYS[:2]).signatures],
        None,  # type: ignore[arg-type]
    )
    found: list[Kind] = []

    async def act(publisher: Publisher) -> None:
        found.extend(one.kind for one in await publisher.reconcile())
        await publisher.settle()

    publish(press, act)
    assert sorted(found) == [Kind.BATCH_UNKNOWN, Kind.WORD]
    assert permissions(press.world.evm) == ALL


def test_a_permit_is_signed_once_and_served_for_as_long_as_it_lives(press: Press) -> None:
    press.knowledge.admit(1)
    publish(press)

    async def act(publisher: Publisher) -> None:
        (ground,) = press.world.permit(press.world.evm, evm_account(3)).grounds
        wanted = WantedBinding(evm_account(3).id, ana(1), "person-1", ground.proof)
        first = await publisher.permit(ASSET, wanted, press.world.evm.domain)
        asked = len(press.asked)
        assert await publisher.permit(ASSET, wanted, press.world.evm.domain) == first
        assert len(press.asked) == asked
        assert len(first.signatures) == 2

    publish(press, act)


async def applied(press: Press, wanted: int) -> None:
    """Until both chains say so."""
    async with asyncio.timeout(20):
        while {permissions(chain) for chain in press.world.chains.values()} != {wanted}:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def test_the_loops_publish_when_they_are_woken(press: Press) -> None:
    async def act(publisher: Publisher) -> None:
        loops = asyncio.create_task(publisher.run())
        await asyncio.sleep(0.05)
        press.knowledge.admit(1)
        publisher.wake(urgent=False)
        await applied(press, ALL)
        press.knowledge.change(1)
        publisher.wake(urgent=True)
        await applied(press, EXIT)
        loops.cancel()
        await asyncio.gather(loops, return_exceptions=True)

    publish(press, act)
