"""What both adapters promise, on the two running chains."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.digests import digest_batch, digest_order
from bridge.refusals import Refusal, Refused
from bridge.types import AccountKind, Lot, OracleBatch, Outcome, Role
from chains.base import BlockRef, Chain, OrderDelivered, OrderInitiated, OrderSettled
from chains.errors import BlockUnknown
from lockstep_cli.local.cast import staff
from lockstep_cli.local.system import LocalSystem
from tests.support.attest import oracle_signers, signed
from tests.support.flights import Lane

pytestmark = pytest.mark.chains


@pytest.fixture(scope="module", params=["substrate", "evm"])
def chain(request: pytest.FixtureRequest, system: LocalSystem) -> Chain:
    return system.chains[request.param]


@pytest.fixture(scope="module")
def lane(system: LocalSystem) -> Lane:
    return Lane(system, system.substrate, system.evm)


def test_the_final_block_is_on_the_chain_and_not_ahead_of_the_head(chain: Chain) -> None:
    final = chain.finalised()
    assert chain.block(final.number) == final
    assert chain.head().number >= final.number
    assert len(final.hash) == 32
    assert abs(final.time - time.time()) < 30


def test_waiting_for_a_final_block_ends_with_the_block(chain: Chain) -> None:
    final = chain.finalised()
    later = chain.wait_finalised(final.number, 30)
    assert later.number > final.number
    assert chain.wait_finalised(final.number, 0.1).number >= later.number


def test_waiting_for_a_block_that_does_not_come_ends_in_time(chain: Chain) -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        chain.wait_finalised(chain.finalised().number + 10_000, 0.5)
    assert time.monotonic() - started < 10


def test_a_block_that_is_not_there_is_an_error(chain: Chain) -> None:
    with pytest.raises(BlockUnknown):
        chain.block(10_000_000)


def test_a_read_pinned_to_a_hash_that_is_not_on_the_chain_is_an_error_and_not_the_head(chain: Chain) -> None:
    head = chain.head()
    with pytest.raises(BlockUnknown):
        chain.views(BlockRef(head.number, bytes([7] * 32), head.time)).clock()


def test_events_of_blocks_that_are_not_final_are_not_served(chain: Chain) -> None:
    with pytest.raises(ValueError, match="not final"):
        chain.events(chain.finalised().number, chain.finalised().number + 1_000)


def test_the_domain_follows_from_the_names_the_chain_states(chain: Chain) -> None:
    assert chain.views().identity().domain == chain.domain


def test_a_transfer_beyond_the_balance_is_refused_with_both_amounts(system: LocalSystem, chain: Chain) -> None:
    ana, ben = system.people["ana"], system.people["ben"]
    held = chain.views().account_of(system.asset, ana.account(chain.name).id).balance
    with pytest.raises(Refused) as caught:
        chain.transfer(system.asset, ben.account(chain.name).id, held + 1, ana.account(chain.name))
    reason = caught.value.lowest
    assert (reason.code, reason.a, reason.b) == (Refusal.InsufficientBalance, held, held + 1)


def test_a_pause_by_a_stranger_is_refused_with_his_account(system: LocalSystem, chain: Chain) -> None:
    ana = system.people["ana"].account(chain.name)
    with pytest.raises(Refused) as caught:
        chain.pause(4, ana)
    reason = caught.value.lowest
    assert (reason.code, reason.a) == (Refusal.NotGuardian, int.from_bytes(ana.id, "big"))


def test_a_batch_out_of_order_is_refused_with_the_number_expected(chain: Chain) -> None:
    number = chain.views().clock().number
    batch = OracleBatch(number + 5, chain.head().time, (), (), ())
    signatures = signed(digest_batch(batch, chain.domain), oracle_signers()[:2])
    with pytest.raises(Refused) as caught:
        chain.submit_batch(batch, 1, signatures, staff(chain.name).relayer)
    assert (caught.value.lowest.code, caught.value.lowest.a) == (Refusal.BatchOutOfOrder, number + 1)


def test_too_few_signatures_are_refused_with_both_counts(chain: Chain) -> None:
    batch = OracleBatch(chain.views().clock().number + 1, chain.head().time, (), (), ())
    signatures = signed(digest_batch(batch, chain.domain), oracle_signers()[:1])
    with pytest.raises(Refused) as caught:
        chain.submit_batch(batch, 1, signatures, staff(chain.name).relayer)
    reason = caught.value.lowest
    assert (reason.code, reason.a, reason.b) == (Refusal.QuorumNotMet, 1, 2)


def test_a_signer_set_that_is_not_there_is_refused_with_the_current_one(chain: Chain) -> None:
    batch = OracleBatch(chain.views().clock().number + 1, chain.head().time, (), (), ())
    signatures = signed(digest_batch(batch, chain.domain), oracle_signers()[:2])
    with pytest.raises(Refused) as caught:
        chain.submit_batch(batch, 9, signatures, staff(chain.name).relayer)
    reason = caught.value.lowest
    assert (reason.code, reason.a, reason.b) == (Refusal.SignerSetUnknown, 9, 1)


def test_submissions_by_one_key_from_several_threads_all_arrive(chain: Chain) -> None:
    admin = staff(chain.name).admin
    lanes = [bytes([200 + n]) * 32 for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(chain.open_lane, one, AccountKind.EVM, 10, 100, admin) for one in lanes]
        places = {future.result().tx.place for future in done}
        hashes = {future.result().tx.hash for future in done}
    assert len(hashes) == 4
    assert len(places) == 4
    assert all(chain.views().lane_info(one).open for one in lanes)


def test_a_pause_and_its_end_show_in_the_clock(chain: Chain) -> None:
    chain.pause(8, staff(chain.name).guardian)
    assert chain.views().clock().pause == 8
    chain.resume(8, staff(chain.name).admin)
    assert chain.views().clock().pause == 0


def test_a_pause_of_an_asset_and_of_a_lane_shows_in_both(system: LocalSystem, lane: Lane, chain: Chain) -> None:
    keys, other = staff(chain.name), lane.destination if chain is lane.source else lane.source
    chain.pause_asset(system.asset, 1, keys.guardian)
    chain.pause_lane(other.domain, 2, keys.guardian)
    info = chain.views().asset_info(system.asset)
    assert info is not None
    assert (info.pause, chain.views().lane_info(other.domain).pause) == (1, 2)
    chain.resume_asset(system.asset, 1, keys.admin)
    chain.resume_lane(other.domain, 2, keys.admin)
    after = chain.views().asset_info(system.asset)
    assert after is not None
    assert (after.pause, chain.views().lane_info(other.domain).pause) == (0, 0)


def test_a_crossing_is_the_same_in_the_answer_in_the_final_events_and_in_pinned_reads(lane: Lane) -> None:
    ana = lane.system.people["ana"]
    started = {chain.name: chain.head().number for chain in (lane.source, lane.destination)}
    request = lane.request(ana, [Lot(3, 0, 0)])
    initiated = lane.source.initiate(request, ana.account(lane.source.name))
    order = initiated.order
    while lane.destination.head().time < order.initiated_at:
        # The two chains' clocks differ by some seconds; before the order was made it can't arrive.
        lane.destination.wait_finalised(lane.destination.finalised().number, 30)
    delivered = lane.deliver_well(order)
    settled = lane.settle_well(order, Outcome.DELIVERED)
    assert delivered.codes == (0,)
    assert lane.deliver_well(order).codes == (Refusal.OrderConsumed,)
    for chain, wanted in ((lane.source, [initiated, settled]), (lane.destination, [delivered])):
        final = chain.wait_finalised(wanted[-1].tx.block.number - 1, 30)
        events = chain.events(started[chain.name], final.number)
        own = [event for event in events if event.order_id == digest_order(order)]
        kinds = (OrderInitiated, OrderDelivered, OrderSettled)
        assert [event for event in own if isinstance(event, kinds)] == [one.events[0] for one in wanted]
    before = lane.source.block(initiated.tx.block.number - 1)
    assert lane.source.views(before).order_at(order.destination, order.nonce) is None
    assert lane.source.views(initiated.tx.block).order_at(order.destination, order.nonce) == digest_order(order)
    assert lane.source.views(settled.tx.block).order_at(order.destination, order.nonce) is None
    assert lane.destination.views(delivered.tx.block).outcome_of(order.source, order.nonce) == Outcome.DELIVERED
    assert min(initiated.fee, delivered.fee, settled.fee) > 0


def test_signer_sets_are_equal_on_both_chains(lane: Lane) -> None:
    for role in (Role.ATTESTOR, Role.ORACLE):
        assert lane.source.views().signer_set(role) == lane.destination.views().signer_set(role)
