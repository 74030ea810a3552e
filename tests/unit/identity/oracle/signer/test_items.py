"""What a signer asks of each item: every check, each broken on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from substrateinterface import Keypair

from bridge.types import BindingItem, EligibilityItem, QuotaItem
from chains.accounts import Account
from identity.formats.status_list import Status
from identity.oracle.policy.document import DOCUMENT_NAME
from identity.oracle.policy.grid import WEEK
from identity.oracle.signer.errors import Check
from tests.support.credentials import DAY, Issuer
from tests.unit.identity.oracle.signer.booth import (
    ASSET,
    CLASS,
    EXIT,
    LIMIT,
    NOW,
    OTHER_CLASS,
    SEATS,
    SHOWN,
    UNADMITTED_CLASS,
    UNTIL,
    World,
    ana,
    evm_account,
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def refusal(world: World, item: EligibilityItem | BindingItem | QuotaItem, **request: object) -> Check:
    """Why one item on the EVM chain is refused."""
    batch = world.batch(world.evm, item)
    ((_, _, check),) = world.booth().refused_items(world.request(world.evm, batch, **request))  # type: ignore[arg-type]
    return check


def test_a_grant_without_grounds_is_refused(world: World) -> None:
    batch = world.batch(world.evm, world.grant())
    request = world.request(world.evm, batch).model_copy(update={"grounds": ()})
    assert world.booth().refused_items(request) == [("eligibility", 0, Check.GROUNDS)]


def test_a_grant_without_evidence_is_refused(world: World) -> None:
    assert refusal(world, world.grant(), evidence=()) is Check.EVIDENCE


def test_a_policy_that_the_chain_does_not_name_is_refused(world: World) -> None:
    lax = world.policy(admit={"topic": "kyc"})
    assert refusal(world, world.grant(), policy=lax) is Check.POLICY


def test_a_policy_is_refused_on_a_chain_that_names_none(world: World) -> None:
    del world.evm.state.documents[ASSET, DOCUMENT_NAME]
    world.evm.mine()
    assert refusal(world, world.grant()) is Check.POLICY


def test_a_policy_that_is_not_in_force_yet_is_refused(world: World) -> None:
    later = world.policy(effective_at=NOW + 3_600)
    world.name_policy(later)
    assert refusal(world, world.grant(), policy=later) is Check.POLICY


def test_evidence_of_an_issuer_that_the_policy_does_not_trust_is_refused(world: World) -> None:
    stranger = Issuer("https://elsewhere.example", secret=0x99)
    shown = (stranger.credential(1, NOW).showing(*SHOWN),)
    assert refusal(world, world.grant(), evidence=shown) is Check.EVIDENCE


def test_evidence_that_was_tampered_with_is_refused(world: World) -> None:
    (wire,) = world.shown()
    head, payload, rest = wire.split(".", 2)
    spoiled = f"{head}.{payload}.{'A' * 10}{rest[10:]}"
    assert refusal(world, world.grant(), evidence=(spoiled,)) is Check.EVIDENCE


def test_expired_evidence_is_refused(world: World) -> None:
    shown = (world.issuer.credential(1, NOW, valid_for=-1).showing(*SHOWN),)
    assert refusal(world, world.grant(), evidence=shown) is Check.EVIDENCE


@pytest.mark.parametrize("claim", ["given_name", "family_name", "birthdate", "sub"])
def test_a_name_is_refused_whoever_sends_it(world: World, claim: str) -> None:
    shown = (world.issuer.credential(1, NOW).showing(*SHOWN, (claim,)),)
    assert refusal(world, world.grant(), evidence=shown) is Check.DISCLOSURE


def test_a_claim_that_no_rule_asks_for_is_refused(world: World) -> None:
    shown = (world.issuer.credential(1, NOW).showing(*SHOWN, ("method",)),)
    assert refusal(world, world.grant(), evidence=shown) is Check.DISCLOSURE


def test_evidence_that_says_too_little_admits_nobody(world: World) -> None:
    nationals = world.policy(admit={"topic": "kyc", "where": {"nationalities/*": {"in": ["DE"]}}})
    world.name_policy(nationals)
    shown = (world.issuer.credential(1, NOW).showing(),)
    assert refusal(world, world.grant(), evidence=shown, policy=nationals) is Check.VERDICT


def test_evidence_that_says_something_else_admits_nobody(world: World) -> None:
    shown = (world.issuer.credential(1, NOW, level="standard").showing(*SHOWN),)
    assert refusal(world, world.grant(), evidence=shown) is Check.VERDICT


@pytest.mark.parametrize("status", [Status.INVALID, Status.SUSPENDED])
def test_evidence_that_was_taken_back_admits_nobody(world: World, status: Status) -> None:
    credential = world.issuer.credential(1, NOW)
    world.issuer.statuses[credential.index] = status
    assert refusal(world, world.grant(), evidence=world.shown(credential)) is Check.VERDICT


def test_a_status_list_older_than_a_minute_is_refused(world: World) -> None:
    assert refusal(world, world.grant(), token=world.issuer.status_token(NOW - 61)) is Check.STATUS


def test_a_missing_status_list_is_refused(world: World) -> None:
    batch = world.batch(world.evm, world.grant())
    request = world.request(world.evm, batch).model_copy(update={"status_tokens": {}})
    assert world.booth().refused_items(request) == [("eligibility", 0, Check.STATUS)]


def test_a_status_list_that_somebody_else_signed_is_refused(world: World) -> None:
    forger = Issuer(secret=0x77)
    assert refusal(world, world.grant(), token=forger.status_token(NOW)) is Check.STATUS


def test_a_word_must_end_with_the_evidence(world: World) -> None:
    shown = (world.issuer.credential(1, NOW, valid_for=3 * DAY).showing(*SHOWN),)
    assert refusal(world, world.grant(), evidence=shown) is Check.VALID_UNTIL


def test_a_word_on_the_grid_before_the_evidence_ends_is_signed_also_if_it_is_over(world: World) -> None:
    shown = (world.issuer.credential(1, NOW, valid_for=3_600).showing(*SHOWN),)
    over = UNTIL - 6 * WEEK
    assert over < NOW
    batch = world.batch(world.evm, world.grant(valid_until=over))
    world.booth().sign(world.request(world.evm, batch, evidence=shown))


def test_a_word_off_the_grid_is_refused(world: World) -> None:
    assert refusal(world, world.grant(valid_until=UNTIL - 1)) is Check.VALID_UNTIL


def test_a_word_beyond_35_days_is_refused(world: World) -> None:
    assert refusal(world, world.grant(valid_until=UNTIL + WEEK)) is Check.VALID_UNTIL


def test_a_class_of_another_bucket_than_the_evidence_is_refused(world: World) -> None:
    assert refusal(world, world.grant(), bucket="professional") is Check.CLASS


@pytest.mark.parametrize(("class_", "bucket"), [(0, "accredited"), (CLASS, None)])
def test_a_class_without_a_bucket_is_refused(world: World, class_: int, bucket: str | None) -> None:
    assert refusal(world, world.grant(class_=class_), bucket=bucket) is Check.CLASS


def test_what_a_class_stands_for_never_changes(world: World) -> None:
    booth = world.booth()
    known = world.batch(world.evm, world.grant(permissions=EXIT, class_=UNADMITTED_CLASS))
    booth.sign(world.request(world.evm, known, evidence=(), bucket="unadmitted"))
    world.evm.apply(known)
    reused = world.batch(world.evm, world.grant(ana(2), class_=UNADMITTED_CLASS))
    assert booth.refused_items(world.request(world.evm, reused, person=2)) == [("eligibility", 0, Check.CLASS)]


def test_a_holder_is_not_moved_into_another_class_without_evidence(world: World) -> None:
    """Else a full class could be emptied into one without seats, and filled again."""
    world.evm.apply(world.batch(world.evm, world.grant()))
    moved = world.grant(permissions=EXIT, class_=UNADMITTED_CLASS)
    assert refusal(world, moved, evidence=(), bucket="unadmitted") is Check.CLASS


def test_one_credential_serves_one_investor(world: World) -> None:
    booth, credential = world.booth(), world.issuer.credential(1, NOW)
    first = world.batch(world.evm, world.grant())
    booth.sign(world.request(world.evm, first, evidence=world.shown(credential)))
    world.evm.apply(first)
    second = world.request(world.evm, world.batch(world.evm, world.grant(ana(2))), evidence=world.shown(credential))
    assert booth.refused_items(second) == [("eligibility", 0, Check.CREDENTIAL)]


def test_one_wallet_serves_one_investor_also_with_another_credential(world: World) -> None:
    booth = world.booth()
    first = world.batch(world.evm, world.grant())
    booth.sign(world.request(world.evm, first))
    world.evm.apply(first)
    second = world.request(world.evm, world.batch(world.evm, world.grant(ana(2))), person=1)
    assert booth.refused_items(second) == [("eligibility", 0, Check.CREDENTIAL)]


def test_two_investors_of_one_batch_must_not_share_a_credential(world: World) -> None:
    batch = world.batch(world.evm, world.grant(), world.grant(ana(2)))
    request = world.request(world.evm, batch, evidence=world.shown(world.issuer.credential(1, NOW)))
    assert world.booth().refused_items(request) == [("eligibility", 1, Check.CREDENTIAL)]


def test_only_the_item_at_fault_is_named(world: World) -> None:
    batch = world.batch(world.evm, world.grant(), world.grant(ana(2), valid_until=UNTIL + 1))
    request = world.request(world.evm, batch)
    grounds = (request.grounds[0], request.grounds[1].model_copy(update={"evidence": world.shown(person=2)}))
    refused = world.booth().refused_items(request.model_copy(update={"grounds": grounds}))
    assert refused == [("eligibility", 1, Check.VALID_UNTIL)]


# What only takes away needs nothing.


@pytest.mark.parametrize(
    "change", [{"permissions": EXIT}, {"permissions": 0}, {"valid_until": UNTIL - 9}, {"limit_delta": -500}]
)
def test_what_only_takes_away_needs_neither_grounds_nor_policy(world: World, change: dict[str, int]) -> None:
    world.evm.apply(world.batch(world.evm, world.grant(delta=500)))
    batch = world.batch(world.evm, world.grant(**change))
    request = world.request(world.evm, batch, evidence=()).model_copy(update={"grounds": (), "assets": {}})
    world.booth().sign(request)


def test_giving_back_what_was_taken_needs_evidence(world: World) -> None:
    world.evm.apply(world.batch(world.evm, world.grant()))
    world.evm.apply(world.batch(world.evm, world.grant(permissions=EXIT)))
    assert refusal(world, world.grant(), evidence=()) is Check.EVIDENCE


def test_unblocking_somebody_needs_grounds(world: World) -> None:
    world.evm.apply(world.batch(world.evm, world.grant()))
    world.evm.apply(world.batch(world.evm, world.grant(permissions=0)))
    batch = world.batch(world.evm, world.grant(permissions=EXIT))
    request = world.request(world.evm, batch).model_copy(update={"grounds": ()})
    assert world.booth().refused_items(request) == [("eligibility", 0, Check.GROUNDS)]


# Caps over all chains.


def test_parts_of_a_limit_up_to_the_whole_are_signed(world: World) -> None:
    booth = world.booth()
    first = world.batch(world.evm, world.grant(delta=LIMIT // 2))
    booth.sign(world.request(world.evm, first))
    world.evm.apply(first)
    booth.sign(world.request(world.substrate, world.batch(world.substrate, world.grant(delta=LIMIT // 2))))


def test_parts_of_a_limit_over_the_whole_are_refused(world: World) -> None:
    booth = world.booth()
    first = world.batch(world.evm, world.grant(delta=LIMIT // 2))
    booth.sign(world.request(world.evm, first))
    world.evm.apply(first)
    second = world.request(world.substrate, world.batch(world.substrate, world.grant(delta=LIMIT // 2 + 1)))
    assert booth.refused_items(second) == [("eligibility", 0, Check.LIMIT)]


def test_what_is_signed_and_in_no_final_block_yet_counts(tmp_path: Path) -> None:
    far = World(tmp_path, lag=4)
    booth = far.booth()
    booth.sign(far.request(far.evm, far.batch(far.evm, far.grant(delta=LIMIT))))
    second = far.request(far.substrate, far.batch(far.substrate, far.grant(delta=1)))
    assert booth.refused_items(second) == [("eligibility", 0, Check.LIMIT)]
    far.close()


def test_what_was_lowered_is_free_only_once_it_is_final(tmp_path: Path) -> None:
    far = World(tmp_path, lag=4)
    booth = far.booth()
    given = far.batch(far.evm, far.grant(delta=LIMIT))
    booth.sign(far.request(far.evm, given))
    far.evm.apply(given)
    far.finalise()
    lowered = far.batch(far.evm, far.grant(delta=-300))
    booth.sign(far.request(far.evm, lowered, evidence=()))
    far.evm.apply(lowered)
    raised = far.request(far.substrate, far.batch(far.substrate, far.grant(delta=300)))
    assert booth.refused_items(raised) == [("eligibility", 0, Check.LIMIT)]
    far.finalise()
    booth.sign(far.request(far.substrate, far.batch(far.substrate, far.grant(delta=300))))
    far.close()


def test_what_is_held_beyond_a_lowered_part_is_not_free(world: World) -> None:
    """The part was cut below what is held: only the difference to what is held was released."""
    booth = world.booth()
    world.evm.apply(world.batch(world.evm, world.grant(delta=LIMIT)))
    world.evm.state.used[ASSET, ana()] = 900
    world.evm.apply(world.batch(world.evm, world.grant(delta=-500)))
    raised = world.request(world.substrate, world.batch(world.substrate, world.grant(delta=101)))
    assert booth.refused_items(raised) == [("eligibility", 0, Check.LIMIT)]
    booth.sign(world.request(world.substrate, world.batch(world.substrate, world.grant(delta=100))))


def test_of_two_batches_of_one_number_the_larger_grant_counts(tmp_path: Path) -> None:
    far = World(tmp_path, lag=4)
    booth = far.booth(replace_seconds=1)
    booth.sign(far.request(far.evm, far.batch(far.evm, far.grant(delta=600))))
    far.now += 2
    booth.sign(far.request(far.evm, far.batch(far.evm, far.grant(delta=400))))
    over = far.request(far.substrate, far.batch(far.substrate, far.grant(delta=401)))
    assert booth.refused_items(over) == [("eligibility", 0, Check.LIMIT)]
    booth.sign(far.request(far.substrate, far.batch(far.substrate, far.grant(delta=400))))
    far.close()


def quota(delta: int, class_: int = CLASS) -> QuotaItem:
    return QuotaItem(ASSET, class_, delta)


def test_seats_of_all_classes_of_a_bucket_on_all_chains_stay_within_the_cap(world: World) -> None:
    booth = world.booth()
    first = world.batch(world.evm, quota(4), quota(3, OTHER_CLASS))
    booth.sign(world.request(world.evm, first))
    world.evm.apply(first)
    over = world.request(world.substrate, world.batch(world.substrate, quota(SEATS - 6)))
    assert booth.refused_items(over) == [("quota", 0, Check.SEATS)]
    booth.sign(world.request(world.substrate, world.batch(world.substrate, quota(SEATS - 7))))


def test_a_class_that_others_signed_counts_in_every_bucket(world: World) -> None:
    """This signer can't know what it stands for; what it is told could be a lie."""
    world.substrate.apply(world.batch(world.substrate, quota(SEATS, OTHER_CLASS)))
    assert refusal(world, quota(1)) is Check.SEATS


def test_seats_that_are_taken_over_the_quota_are_not_free(world: World) -> None:
    world.substrate.apply(world.batch(world.substrate, quota(2)))
    world.substrate.state.quotas[ASSET, CLASS] = (2, SEATS)
    world.substrate.mine()
    assert refusal(world, quota(1)) is Check.SEATS


def test_a_bucket_without_seats_gets_none(world: World) -> None:
    assert refusal(world, quota(1, UNADMITTED_CLASS), bucket="unadmitted") is Check.SEATS


def test_lowering_a_quota_needs_no_grounds(world: World) -> None:
    world.evm.apply(world.batch(world.evm, quota(3)))
    batch = world.batch(world.evm, quota(-3))
    world.booth().sign(world.request(world.evm, batch).model_copy(update={"grounds": (), "assets": {}}))


# Accounts.


def test_an_account_is_bound_by_its_own_signature(world: World) -> None:
    account = evm_account(1)
    batch = world.batch(world.evm, world.grant(), BindingItem(ASSET, account.id, ana()))
    world.booth().sign(world.request(world.evm, batch, proof=world.proof(world.evm, account)))


def bound(world: World) -> BindingItem:
    world.evm.apply(world.batch(world.evm, world.grant()))
    return BindingItem(ASSET, evm_account(1).id, ana())


def test_an_account_without_a_proof_is_refused(world: World) -> None:
    assert refusal(world, bound(world)) is Check.ACCOUNT


def test_the_proof_of_another_account_is_refused(world: World) -> None:
    assert refusal(world, bound(world), proof=world.proof(world.evm, evm_account(2))) is Check.ACCOUNT


def test_a_proof_for_another_chain_is_refused(world: World) -> None:
    proof = world.proof(world.substrate, Account.substrate(Keypair.create_from_uri("//Gil")))
    assert refusal(world, bound(world), proof=proof) is Check.ACCOUNT


def test_a_proof_for_another_holder_is_refused(world: World) -> None:
    """A stolen oracle could otherwise bind its own account to somebody else's investor."""
    proof = world.proof(world.evm, evm_account(1), person=2)
    assert refusal(world, bound(world), proof=proof) is Check.ACCOUNT


def test_a_proof_that_has_ended_is_refused(world: World) -> None:
    item, proof = bound(world), world.proof(world.evm, evm_account(1))
    world.now += 600
    assert refusal(world, item, proof=proof) is Check.ACCOUNT


def test_an_account_of_somebody_without_a_record_is_refused(world: World) -> None:
    item = BindingItem(ASSET, evm_account(1).id, ana(9))
    assert refusal(world, item, proof=world.proof(world.evm, evm_account(1))) is Check.RECORD


def test_evidence_of_another_person_binds_no_account_to_an_investor(world: World) -> None:
    booth = world.booth()
    admitted = world.batch(world.evm, world.grant())
    booth.sign(world.request(world.evm, admitted))
    world.evm.apply(admitted)
    thief = world.batch(world.evm, world.grant(ana(2)))
    booth.sign(world.request(world.evm, thief, person=2))
    world.evm.apply(thief)
    item = BindingItem(ASSET, evm_account(2).id, ana(1))
    request = world.request(
        world.evm, world.batch(world.evm, item), person=2, proof=world.proof(world.evm, evm_account(2), person=2)
    )
    assert booth.refused_items(request) == [("binding", 0, Check.CREDENTIAL)]


def test_a_used_proof_binds_nothing_else(world: World) -> None:
    booth, item = world.booth(), bound(world)
    proof = world.proof(world.evm, evm_account(1))
    first = world.batch(world.evm, item)
    booth.sign(world.request(world.evm, first, proof=proof))
    world.evm.apply(first)
    unbound = world.batch(world.evm, replace(item, investor=bytes(32)))
    booth.sign(world.request(world.evm, unbound))
    world.evm.apply(unbound)
    again = world.request(world.evm, world.batch(world.evm, item), proof=proof)
    assert booth.refused_items(again) == [("binding", 0, Check.REPLAY)]


def test_unbinding_needs_no_proof(world: World) -> None:
    batch = world.batch(world.evm, BindingItem(ASSET, evm_account(1).id, bytes(32)))
    world.booth().sign(world.request(world.evm, batch).model_copy(update={"grounds": (), "assets": {}}))
