"""What a signer asks of a whole batch: its number, its time, its signer set, and what it signed before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.digests import digest_batch
from bridge.quorum import recover_signer
from bridge.types import SignerSet
from identity.oracle.signer.errors import Check, CheckFailed
from tests.unit.identity.oracle.signer.booth import ALL, ASSET, EXIT, KEYS, NOW, World, ana, seen


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_a_grant_with_its_grounds_is_signed_for_one_chain(world: World) -> None:
    batch = world.batch(world.evm, world.grant())
    signature = world.booth().sign(world.request(world.evm, batch))
    assert recover_signer(digest_batch(batch, world.evm.domain), signature) == KEYS[0].address


def test_the_signature_is_worth_nothing_on_the_other_chain(world: World) -> None:
    batch = world.batch(world.evm, world.grant())
    signature = world.booth().sign(world.request(world.evm, batch))
    assert recover_signer(digest_batch(batch, world.substrate.domain), signature) != KEYS[0].address


def test_a_heartbeat_needs_no_grounds(world: World) -> None:
    world.booth().sign(world.request(world.evm, world.batch(world.evm)))


@pytest.mark.parametrize("number", [0, 2, 3])
def test_only_the_next_number_is_signed(world: World, number: int) -> None:
    batch = replace(world.batch(world.evm), number=number)
    assert world.booth().refusal(world.request(world.evm, batch)) is Check.NUMBER


@pytest.mark.parametrize("seconds", [-121, 61])
def test_a_time_that_is_not_now_is_refused(world: World, seconds: int) -> None:
    batch = replace(world.batch(world.evm), issued_at=NOW + seconds)
    assert world.booth().refusal(world.request(world.evm, batch)) is Check.ISSUED_AT


def test_a_time_before_the_last_batch_is_refused(world: World) -> None:
    world.evm.apply(world.batch(world.evm))
    batch = replace(world.batch(world.evm), issued_at=NOW - 1)
    assert world.booth().refusal(world.request(world.evm, batch)) is Check.ISSUED_AT


def test_a_key_outside_the_chains_set_signs_nothing(world: World) -> None:
    world.evm.signers = SignerSet(2, 2, 1, (KEYS[1].address,))
    assert world.booth().refusal(world.request(world.evm, world.batch(world.evm))) is Check.SIGNER_SET


def test_a_chain_that_the_signer_does_not_know_is_refused(world: World) -> None:
    request = world.request(world.evm, world.batch(world.evm)).model_copy(update={"chain": "0x" + "77" * 32})
    assert world.booth().refusal(request) is Check.CHAIN


def test_two_items_on_one_investor_are_refused(world: World) -> None:
    batch = world.batch(world.evm, world.grant(), world.grant(delta=500))
    assert world.booth().refusal(world.request(world.evm, batch)) is Check.DUPLICATE


def test_the_same_batch_may_be_asked_for_again(world: World) -> None:
    booth, batch = world.booth(), world.batch(world.evm, world.grant())
    request = world.request(world.evm, batch)
    assert booth.sign(request) == booth.sign(request)


def test_another_batch_of_a_signed_number_must_wait(world: World) -> None:
    booth = world.booth(replace_seconds=60)
    booth.sign(world.request(world.evm, world.batch(world.evm, world.grant())))
    other = world.request(world.evm, world.batch(world.evm, world.grant(ana(2))), person=2)
    assert booth.refusal(other) is Check.SIGNED_ANOTHER
    world.now += 61
    later = world.request(world.evm, world.batch(world.evm, world.grant(ana(2))), person=2)
    booth.sign(later)


def test_after_a_restart_the_signer_still_knows_what_it_signed(world: World) -> None:
    booth = world.booth()
    booth.sign(world.request(world.evm, world.batch(world.evm, world.grant())))
    booth.close()
    again = world.booth()
    other = world.request(world.evm, world.batch(world.evm, world.grant(ana(2))), person=2)
    assert again.refusal(other) is Check.SIGNED_ANOTHER


def test_a_smaller_batch_of_a_signed_number_is_signed_at_once(world: World) -> None:
    """One item was refused elsewhere: the rest must not wait for it."""
    booth = world.booth()
    two = world.batch(world.evm, world.grant(ana(1)), world.grant(ana(2), class_=4_242))
    request = world.request(world.evm, two)
    grounds = (
        request.grounds[0],
        request.grounds[1].model_copy(update={"evidence": world.shown(person=2)}),
    )
    booth.sign(request.model_copy(update={"grounds": grounds}))
    one = replace(two, eligibilities=two.eligibilities[1:], issued_at=NOW + 5)
    booth.sign(world.request(world.evm, one, person=2))


def test_a_withdrawal_is_signed_at_once_whatever_was_signed_for_its_number(world: World) -> None:
    booth = world.booth()
    world.evm.apply(world.batch(world.evm, world.grant()))
    booth.sign(world.request(world.evm, world.batch(world.evm, world.grant(ana(2))), person=2))
    taking = world.batch(world.evm, world.grant(permissions=EXIT))
    booth.sign(world.request(world.evm, taking, evidence=()))


def test_a_grant_is_refused_while_a_batch_is_unknown_that_may_grant_the_same(world: World, tmp_path: Path) -> None:
    """Two other signers may have signed it: without it, sums over all chains would be too low."""
    far = World(tmp_path / "far", lag=3)
    booth = far.booth()
    first = far.batch(far.evm, far.grant())
    far.evm.apply(first)
    request = far.request(far.substrate, far.batch(far.substrate, far.grant(ana(2))), person=2)
    with pytest.raises(CheckFailed) as refused:
        booth.signer.sign_batch(request)
    assert (refused.value.check, refused.value.why) == (Check.UNSEEN, f"0x{far.evm.domain.hex()} 1")
    booth.signer.show(seen(far.evm, first))
    booth.sign(request)
    far.close()


def test_a_batch_that_no_quorum_signed_is_not_believed(world: World) -> None:
    batch = world.batch(world.evm, world.grant())
    with pytest.raises(CheckFailed) as refused:
        world.booth().signer.show(seen(world.evm, batch, KEYS[:1]))
    assert refused.value.check is Check.SIGNER_SET


def test_a_withdrawal_is_signed_although_a_batch_is_unknown(world: World, tmp_path: Path) -> None:
    far = World(tmp_path / "far", lag=3)
    far.evm.apply(far.batch(far.evm, far.grant()))
    booth = far.booth()
    booth.sign(far.request(far.evm, far.batch(far.evm, far.grant(permissions=EXIT)), evidence=()))
    far.close()


def test_bytes_that_are_no_batch_are_refused(world: World) -> None:
    request = world.request(world.evm, world.batch(world.evm)).model_copy(update={"batch": "0x" + "00" * 40})
    assert world.booth().refusal(request) is Check.BATCH


def test_everything_that_was_granted_within_the_hour_counts_against_the_budget(world: World) -> None:
    booth = world.booth(grants_per_hour=1)
    batch = world.batch(world.evm, world.grant())
    booth.sign(world.request(world.evm, batch))
    world.evm.apply(batch)
    second = world.request(world.evm, world.batch(world.evm, world.grant(ana(2))), person=2)
    assert booth.refusal(second) is Check.BUDGET
    world.evm.apply(world.batch(world.evm))
    booth.sign(world.request(world.evm, world.batch(world.evm, world.grant(permissions=EXIT)), evidence=()))
    world.now += 3_601
    world.evm.mine()
    booth.sign(world.request(world.evm, world.batch(world.evm, world.grant(ana(2))), person=2))


def test_a_renewal_uses_up_none_of_the_budget(world: World) -> None:
    booth = world.booth(grants_per_hour=1)
    world.evm.apply(world.batch(world.evm, world.grant(valid_until=NOW + 1_000)))
    world.evm.apply(world.batch(world.evm, world.grant(ana(2), valid_until=NOW + 1_000)))
    batch = world.batch(world.evm, world.grant())
    booth.sign(world.request(world.evm, batch))
    world.evm.apply(batch)
    booth.sign(world.request(world.evm, world.batch(world.evm, world.grant(ana(2))), person=2))
    assert world.evm.state.words[ASSET, ana(1)].permissions == ALL
