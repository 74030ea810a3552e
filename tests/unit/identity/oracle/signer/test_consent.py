"""Nobody's account without his own key: what a signer asks of the holder's consent, and what a stolen oracle tries.

The thief has everything the oracle has: evidence, statuses, policies, and any accounts that he makes up. What he has not is
the key that an investor's credentials are bound to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.types import BindingItem, OracleBatch
from identity.formats.base import Challenge
from identity.formats.jws import LocalKey, build_jws
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.status_list import Status
from identity.formats.strict import decode_base64url, encode_base64url
from identity.oracle.people.proofs import AccountControl, Proof, Scheme, proof_json, transaction_data
from identity.oracle.signer.errors import Check, CheckFailed
from identity.oracle.signer.wire import PermitRequest
from tests.integration.publishing.desk import ORACLE, agree
from tests.support.credentials import holder
from tests.unit.identity.oracle.signer.booth import ASSET, NOW, Booth, World, ana, evm_account
from tests.unit.identity.oracle.signer.chain import FakeChain

ACCOUNT, THIEFS = evm_account(1), evm_account(2)
HOUR, SKEW = 3_600, 60
"""How long a consent may last, and how far clocks may differ: ADR 0030."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.evm.apply(made.batch(made.evm, made.grant()))
    yield made
    made.close()


def statement(world: World, **changed: Any) -> AccountControl:
    """Ana's statement of an EVM account, for ten minutes."""
    thumbprint = holder(1).public.thumbprint
    known = AccountControl(ORACLE, ASSET, world.evm.caip2, ACCOUNT.id, thumbprint, "nonce-1", world.now + 600)
    return replace(known, **changed)


def signed(control: AccountControl, consent: str) -> dict[str, Any]:
    """The statement as the account itself signs it, with somebody's consent beside it."""
    account = next(one for one in (ACCOUNT, THIEFS) if one.id == control.account)
    signature = bytes(account.key.sign_message(control.signable()).signature)
    return proof_json(control, Proof(Scheme.EIP712, signature), consent)


def ask(world: World, proof: dict[str, Any], booth: Booth | None = None, investor: bytes = ana(), **more: Any) -> Any:
    """What a signer says to a binding: the check that refuses it, or `signed`."""
    account = more.pop("account", ACCOUNT)
    batch = world.batch(world.evm, BindingItem(ASSET, account.id, investor))
    return said(booth or world.booth(), world.request(world.evm, batch, proof=proof, **more))


def said(booth: Booth, request: Any) -> Any:
    try:
        if isinstance(request, PermitRequest):
            booth.signer.sign_permit(request)
        else:
            booth.sign(request)
    except CheckFailed as error:
        return error.check
    return "signed"


def ana_agrees(world: World, control: AccountControl, at: int | None = None) -> str:
    return agree(control, world.credential().wire, 1, world.now if at is None else at)


def test_an_account_is_bound_when_it_and_its_holder_signed_the_same(world: World) -> None:
    control = statement(world)
    assert ask(world, signed(control, ana_agrees(world, control))) == "signed"


@pytest.mark.parametrize(
    "other",
    [
        {"account": THIEFS.id},
        {"asset": bytes([0x5B] * 32)},
        {"chain": "eip155:1"},
        {"oracle": "did:web:other.example"},
        {"holder": holder(2).public.thumbprint},
        {"nonce": "nonce-2"},
        {"expires_at": NOW + 601},
        {"expires_at": NOW + 599},
    ],
    ids="-".join,
)
def test_consent_to_one_statement_serves_no_other(world: World, other: dict[str, Any]) -> None:
    consent = ana_agrees(world, replace(statement(world), **other))
    assert ask(world, signed(statement(world), consent)) is Check.CONSENT


def test_a_stolen_oracle_binds_no_account_that_it_made_up(world: World) -> None:
    """It knows Ana's thumbprint, so its own account can name her; all it can sign with is keys that are not hers."""
    control = statement(world, account=THIEFS.id)
    for thief in (holder(666), world.issuer.key):
        consent = forged(world, control, thief)
        assert ask(world, signed(control, consent), account=THIEFS) is Check.CONSENT


def forged(world: World, control: AccountControl, key: LocalKey) -> str:
    asked = Challenge(f"decentralized_identifier:{ORACLE}", "n", 300, (transaction_data(control, "kyc"),))
    return SdJwtVc().present(world.credential().wire, (), asked, key, world.now).rpartition("~")[2]


def test_what_a_wallet_signed_to_enrol_is_no_consent(world: World) -> None:
    asked = Challenge(f"decentralized_identifier:{ORACLE}", "n")
    enrolled = SdJwtVc().present(world.credential().wire, (), asked, holder(1), world.now).rpartition("~")[2]
    assert ask(world, signed(statement(world), enrolled)) is Check.CONSENT


def binding(world: World, control: AccountControl, **changed: Any) -> str:
    """Ana's key binding JWT written out member by member (OpenID4VP 1.0, B.3.3.1); `...` leaves a member out."""
    bare = world.credential().showing()
    payload = {
        "iat": world.now,
        "aud": f"decentralized_identifier:{ORACLE}",
        "nonce": "n",
        "sd_hash": sha256(bare),
        "transaction_data_hashes": [sha256(transaction_data(control, "kyc"))],
        "transaction_data_hashes_alg": "sha-256",
        **changed,
    }
    kept = {name: value for name, value in payload.items() if value is not ...}
    return build_jws({"typ": "kb+jwt"}, kept, holder(1))


def sha256(text: str) -> str:
    return encode_base64url(hashlib.sha256(text.encode()).digest())


def test_a_consent_is_what_the_specification_says(world: World) -> None:
    control = statement(world)
    assert ask(world, signed(control, binding(world, control))) == "signed"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": ORACLE},
        {"aud": ...},
        {"nonce": ...},
        {"iat": ...},
        {"iat": True},
        {"sd_hash": ...},
        {"sd_hash": sha256("x")},
        {"transaction_data_hashes": ...},
        {"transaction_data_hashes": []},
        {"transaction_data_hashes": [sha256("x")]},
        {"transaction_data_hashes_alg": ...},
        {"transaction_data_hashes_alg": "sha-512"},
        {"transaction_data_hashes_alg": ["sha-256"]},
    ],
    ids=str,
)
def test_a_key_binding_of_another_form_is_no_consent(world: World, changed: dict[str, Any]) -> None:
    control = statement(world)
    assert ask(world, signed(control, binding(world, control, **changed))) is Check.CONSENT


def test_consent_beside_consent_to_something_else_is_none(world: World) -> None:
    control = statement(world)
    two = [sha256(transaction_data(control, "kyc")), sha256("x")]
    assert ask(world, signed(control, binding(world, control, transaction_data_hashes=two))) is Check.CONSENT


@pytest.mark.parametrize("header", [{"alg": "none", "typ": "kb+jwt"}, {"alg": "ES256", "typ": "JWT"}])
def test_a_token_of_another_kind_is_no_consent(world: World, header: dict[str, str]) -> None:
    control = statement(world)
    _, payload, signature = binding(world, control).split(".")
    head = encode_base64url(json.dumps(header).encode())
    assert ask(world, signed(control, f"{head}.{payload}.{signature}")) is Check.CONSENT


def test_a_consent_by_which_a_claim_was_shown_is_not_taken(world: World) -> None:
    """Its hash is over what was shown, so signers would have to see that, whatever it is."""
    control = statement(world)
    asked = Challenge(f"decentralized_identifier:{ORACLE}", "n", 300, (transaction_data(control, "kyc"),))
    shown = SdJwtVc().present(world.credential().wire, (("given_name",),), asked, holder(1), world.now)
    assert ask(world, signed(control, shown.rpartition("~")[2])) is Check.CONSENT


@pytest.mark.parametrize("consent", ["", "a.b.c", "~", "e30.e30.AA", "é" * 20])
def test_what_is_no_token_at_all_is_no_consent(world: World, consent: str) -> None:
    assert ask(world, signed(statement(world), consent)) in (Check.CONSENT, Check.ACCOUNT)


def test_a_proof_without_a_consent_is_none(world: World) -> None:
    control = statement(world)
    proof = signed(control, ana_agrees(world, control))
    del proof["consent"]
    assert ask(world, proof) is Check.ACCOUNT


@pytest.mark.parametrize("status", [Status.INVALID, Status.SUSPENDED])
def test_with_a_credential_that_was_taken_back_nobody_agrees_to_anything(world: World, status: Status) -> None:
    """A lost wallet's credentials are revoked; whoever found it must not link an account."""
    control = statement(world)
    consent = ana_agrees(world, control)
    world.issuer.statuses[world.credential().index] = status
    assert ask(world, signed(control, consent)) is Check.CONSENT


def test_with_a_credential_that_is_no_evidence_here_nobody_agrees_to_anything(world: World) -> None:
    control = statement(world)
    elsewhere = world.issuer.credential(1, NOW)
    assert ask(world, signed(control, agree(control, elsewhere.wire, 1, NOW))) is Check.CONSENT


def test_of_several_credentials_any_in_force_may_agree(world: World) -> None:
    control, second = statement(world), world.issuer.credential(1, NOW)
    consent = agree(control, second.wire, 1, NOW)
    evidence = (*world.shown(), *world.shown(second))
    assert ask(world, signed(control, consent), evidence=evidence) == "signed"
    world.issuer.statuses[second.index] = Status.INVALID
    other = world.booth(1)
    assert ask(world, signed(control, consent), other, evidence=evidence) is Check.CONSENT


def test_an_issuer_distrusted_meanwhile_vouches_for_no_key(world: World) -> None:
    distrusting = world.policy(since={world.issuer.did: NOW - 20 * 86_400})
    world.name_policy(distrusting)
    control = statement(world)
    assert ask(world, signed(control, ana_agrees(world, control)), policy=distrusting) is Check.CONSENT


@pytest.mark.parametrize(("late", "told"), [(-1, "signed"), (0, Check.ACCOUNT), (1, Check.ACCOUNT)])
def test_a_consent_ends_with_its_statement(world: World, late: int, told: object) -> None:
    control = statement(world)
    proof = signed(control, ana_agrees(world, control))
    world.now = control.expires_at + late
    assert ask(world, proof) == told


@pytest.mark.parametrize(("more", "told"), [(-1, "signed"), (0, "signed"), (1, Check.CONSENT)])
def test_nobody_agrees_to_anything_for_longer_than_an_hour(world: World, more: int, told: object) -> None:
    """Else one consent, given to an oracle that was stolen already, would be good for ever."""
    control = statement(world, expires_at=NOW + HOUR + SKEW + more)
    assert ask(world, signed(control, ana_agrees(world, control))) == told


@pytest.mark.parametrize(("ahead", "told"), [(-1, "signed"), (0, "signed"), (1, Check.CONSENT)])
def test_nobody_has_agreed_in_the_future(world: World, ahead: int, told: object) -> None:
    control = statement(world)
    assert ask(world, signed(control, ana_agrees(world, control, NOW + SKEW + ahead))) == told


def unbind(world: World) -> OracleBatch:
    return world.batch(world.evm, BindingItem(ASSET, ACCOUNT.id, bytes(32)))


def test_a_consent_is_spent_with_the_account_that_was_taken_away(world: World) -> None:
    """Also at a signer that had no part in the binding: of three, two would otherwise bind it again."""
    control = statement(world)
    proof = signed(control, ana_agrees(world, control))
    first, second = world.booth(0), world.booth(1)
    bound = world.batch(world.evm, BindingItem(ASSET, ACCOUNT.id, ana()))
    first.sign(world.request(world.evm, bound, proof=proof))
    world.evm.apply(bound)
    world.now += 1
    gone = unbind(world)
    for booth in (first, second):
        booth.sign(world.request(world.evm, gone))
    world.evm.apply(gone)
    for booth in (first, second):
        assert ask(world, proof, booth) is Check.REPLAY
    fresh = statement(world, nonce="nonce-2")
    world.now += 1
    assert ask(world, signed(fresh, ana_agrees(world, fresh)), second) == "signed"


def test_a_consent_by_a_wallet_whose_clock_is_ahead_is_spent_all_the_same(world: World) -> None:
    """It says that it was given after the account was taken away; its nonce says that it was used before."""
    booth, control = world.booth(), statement(world)
    proof = signed(control, ana_agrees(world, control, NOW + 30))
    bound = world.batch(world.evm, BindingItem(ASSET, ACCOUNT.id, ana()))
    booth.sign(world.request(world.evm, bound, proof=proof))
    world.evm.apply(bound)
    gone = unbind(world)
    booth.sign(world.request(world.evm, gone))
    world.evm.apply(gone)
    assert ask(world, proof, booth) is Check.REPLAY


@pytest.mark.parametrize(("later", "told"), [(-1, Check.REPLAY), (0, Check.REPLAY), (1, "signed")])
def test_only_what_was_agreed_to_after_an_unbinding_binds_again(world: World, later: int, told: object) -> None:
    booth, gone = world.booth(), unbind(world)
    booth.sign(world.request(world.evm, gone))
    world.evm.apply(gone)
    control = statement(world)
    assert ask(world, signed(control, ana_agrees(world, control, gone.issued_at + later)), booth) == told


def test_an_accomplice_with_credentials_of_his_own_stays_who_he_is(world: World) -> None:
    """His key agrees to whatever he likes, but his credentials serve his own investor."""
    booth = world.booth()
    his = world.batch(world.evm, world.grant(ana(2)))
    booth.sign(world.request(world.evm, his, person=2))
    world.evm.apply(his)
    control = statement(world, account=THIEFS.id, holder=holder(2).public.thumbprint)
    consent = agree(control, world.credential(2).wire, 2, NOW)
    proof = signed(control, consent)
    assert ask(world, proof, booth, account=THIEFS, person=2) is Check.CREDENTIAL
    assert ask(world, proof, booth, ana(2), account=THIEFS, person=2) == "signed"


# Permits: the account proves itself by its own transaction, the holder agrees all the same.


def permit(world: World, chain: FakeChain | None = None, **changed: Any) -> PermitRequest:
    return world.permit(chain or world.evm, THIEFS, **changed)


def spoiled(request: PermitRequest, **changed: Any) -> PermitRequest:
    (ground,) = request.grounds
    return request.model_copy(update={"grounds": (ground.model_copy(update={"proof": {**ground.proof, **changed}}),)})  # type: ignore[dict-item]


def test_a_permit_is_signed_for_an_account_that_the_holder_agreed_to(world: World) -> None:
    assert said(world.booth(), permit(world)) == "signed"


def test_a_stolen_oracle_gets_no_permit_for_an_account_of_its_own(world: World) -> None:
    for request, check in (
        (permit(world).model_copy(update={"grounds": ()}), Check.GROUNDS),
        (permit(world).model_copy(update={"assets": {}}), Check.POLICY),
        (permit(world).model_copy(update={"status_tokens": {}}), Check.STATUS),
        (spoiled(permit(world), consent="a.b.c"), Check.CONSENT),
        (spoiled(permit(world), nonce="nonce-2"), Check.CONSENT),
        (spoiled(permit(world), expires_at=NOW + HOUR - 1), Check.CONSENT),
        (spoiled(permit(world), holder=holder(2).public.thumbprint), Check.ACCOUNT),
        (permit(world, investor=ana(3)), Check.RECORD),
    ):
        assert said(world.booth(), request) is check


def test_consent_to_one_account_is_no_permit_for_another(world: World) -> None:
    theirs, mine = permit(world), world.permit(world.evm, ACCOUNT)
    assert said(world.booth(), theirs.model_copy(update={"permit": mine.permit})) is Check.CONSENT


def test_consent_on_one_chain_is_no_permit_on_the_other(world: World) -> None:
    world.substrate.apply(world.batch(world.substrate, world.grant()))
    here = permit(world)
    there = here.model_copy(update={"chain": "0x" + world.substrate.domain.hex()})
    assert said(world.booth(), there) is Check.CONSENT


def test_a_permit_for_what_is_no_account_of_the_chain_is_refused_and_no_fault(world: World) -> None:
    asked = world.permit(world.substrate, replace(ACCOUNT, id=b"\xc0" * 32))
    elsewhere = asked.model_copy(update={"chain": "0x" + world.evm.domain.hex()})
    assert said(world.booth(), elsewhere) is Check.CONSENT


@pytest.mark.parametrize(("more", "told"), [(-1, "signed"), (0, "signed"), (1, Check.EXPIRY)])
def test_a_permit_ends_with_the_consent_to_it(world: World, more: int, told: object) -> None:
    early = permit(world)
    world.now += 60
    late = world.permit(world.evm, THIEFS, expires_at=NOW + HOUR + more)
    asked = late.model_copy(update={"grounds": early.grounds})
    assert said(world.booth(), asked) == told


def test_a_consent_that_was_used_for_a_batch_is_no_permit_after_the_account_was_taken_away(world: World) -> None:
    booth, control = world.booth(), statement(world)
    consent = ana_agrees(world, control)
    bound = world.batch(world.evm, BindingItem(ASSET, ACCOUNT.id, ana()))
    booth.sign(world.request(world.evm, bound, proof=signed(control, consent)))
    world.evm.apply(bound)
    world.now += 1
    gone = unbind(world)
    booth.sign(world.request(world.evm, gone))
    world.evm.apply(gone)
    request = world.permit(world.evm, ACCOUNT, expires_at=control.expires_at)
    again = spoiled(request, nonce=control.nonce, expires_at=control.expires_at, consent=consent)
    assert said(booth, again) is Check.REPLAY


def test_a_permit_brings_somebody_elses_evidence_to_nobody(world: World) -> None:
    booth = world.booth()
    his = world.batch(world.evm, world.grant(ana(2)))
    booth.sign(world.request(world.evm, his, person=2))
    world.evm.apply(his)
    assert said(booth, permit(world, person=2)) is Check.CREDENTIAL
    assert said(booth, permit(world, person=2, investor=ana(2))) == "signed"


def test_the_statement_is_written_for_people_and_says_no_more_than_it_must(world: World) -> None:
    control = statement(world)
    members = json.loads(decode_base64url(transaction_data(control, "kyc")))
    assert members == {
        "type": "lockstep-account-link/1",
        "credential_ids": ["kyc"],
        "transaction_data_hashes_alg": ["sha-256"],
        "statement": "Link this account to my record as an investor in this asset.",
        "oracle": "did:web:oracle.example",
        "asset": "0x" + "5a" * 32,
        "chain": world.evm.caip2,
        "account": ACCOUNT.text,
        "holder": holder(1).public.thumbprint,
        "nonce": "nonce-1",
        "expires_at": NOW + 600,
    }
