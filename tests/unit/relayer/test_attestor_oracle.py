"""What an attestor makes of the oracle's word, and of its silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bridge.abi import decode_struct
from bridge.decisions import Approve, Decision, Hold, Reject
from bridge.digests import digest_order
from bridge.refusals import Refusal
from bridge.types import Lot, Reason, TransferOrder
from identity.formats.issuer_keys import PinnedKeys
from identity.formats.jws import LocalKey, build_jws
from relayer.attestor.oracle import OracleDecisions, OracleSilent, OverHttps

NOW = 1_800_000_000
DID = "did:web:oracle.example"
KEY = LocalKey(ec.derive_private_key(0x5151, ec.SECP256R1()), f"{DID}#1")
OTHER = LocalKey(ec.derive_private_key(0x6161, ec.SECP256R1()), f"{DID}#1")
POLICY = bytes([0xAB] * 32)
ORDER = TransferOrder(
    source=bytes([1] * 32),
    destination=bytes([2] * 32),
    nonce=1,
    asset=bytes([3] * 32),
    terms=1,
    from_investor=bytes([4] * 32),
    to_investor=bytes([5] * 32),
    sender=bytes([6] * 32),
    recipient=bytes([7] * 32),
    lots=(Lot(5, 0, 0),),
    seat=0,
    initiated_at=NOW - 60,
    deadline=NOW + 600,
)


class Named:
    """The policies that the chains name; None: none ever."""

    def __init__(self, *digests: bytes, none: bool = False) -> None:
        self._found = None if none else frozenset(digests or (POLICY,))

    def of(self, order: TransferOrder) -> frozenset[bytes] | None:
        assert order == ORDER
        return self._found


def claims(**changed: Any) -> dict[str, Any]:
    return {
        "iss": DID,
        "order": digest_order(ORDER).hex(),
        "asset": ORDER.asset.hex(),
        "decision": "approve",
        "codes": [],
        "policy": POLICY.hex(),
        "evidence_version": "1",
        "iat": NOW - 5,
        "exp": NOW + 55,
        **changed,
    }


def signed(payload: dict[str, Any], *, key: LocalKey = KEY, typ: str = "lockstep-decision+jwt") -> str:
    return build_jws({"typ": typ, "kid": key.key_id}, payload, key)


def decided(answer: str | Callable[[TransferOrder], str], *reasons: Reason, policies: Named | None = None) -> Decision:
    decisions = OracleDecisions(
        ask=(lambda _order: answer) if isinstance(answer, str) else answer,
        keys=PinnedKeys({DID: {f"{DID}#1": KEY.public}}),
        did=DID,
        policies=policies or Named(),
        clock=lambda: NOW,
    )
    return decisions.decide(ORDER, reasons)


def test_an_approval_lets_the_chains_rules_decide() -> None:
    assert decided(signed(claims())) == Approve()
    held = Reason(Refusal.OracleStale, 9)
    assert decided(signed(claims()), held) == Hold((held,))


def test_a_refusal_is_signed_with_its_lowest_code() -> None:
    said = signed(claims(decision="reject", codes=[10, 9]))
    assert decided(said) == Reject(Reason(Refusal.ReceiverNotEligible))


def test_a_hold_names_its_codes_beside_the_chains_own() -> None:
    own = Reason(Refusal.OracleStale, 9)
    said = signed(claims(decision="hold", codes=[9]))
    assert decided(said, own) == Hold((Reason(Refusal.ReceiverNotEligible), own))


def test_what_is_under_review_waits_even_where_the_chain_would_reject() -> None:
    """A refund before the deadline would tell that somebody is looked at."""
    denied = Reason(Refusal.ReceiverNotEligible, 6)
    said = signed(claims(decision="hold", under_review=True))
    assert decided(said, denied) == Hold((denied,), under_review=True)


def test_under_review_outweighs_an_approval() -> None:
    assert decided(signed(claims(under_review=True))) == Hold((), under_review=True)


def test_an_oracle_that_does_not_answer_is_a_hold() -> None:
    def silent(_order: TransferOrder) -> str:
        raise OracleSilent("nobody listens")

    assert decided(silent) == Hold(())


def test_without_a_policy_on_the_chains_nobody_is_asked() -> None:
    def never(_order: TransferOrder) -> str:
        raise AssertionError("asked")

    assert decided(never, policies=Named(none=True)) == Approve()


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "did:web:elsewhere.example"},
        {"order": "00" * 32},
        {"asset": "00" * 32},
        {"exp": NOW + 56},
        {"iat": NOW - 61, "exp": NOW - 1},
        {"iat": NOW - 60, "exp": NOW},
        {"iat": NOW + 61, "exp": NOW + 100},
        {"exp": NOW - 6},
        {"decision": "yes"},
        {"codes": ["9"]},
        {"codes": [True]},
        {"codes": None},
        {"policy": "00" * 32},
        {"policy": None},
        {"policy": "zz"},
    ],
)
def test_an_answer_that_is_not_about_this_order_now_is_a_hold(changed: dict[str, Any]) -> None:
    assert decided(signed(claims(**changed))) == Hold(())


def test_an_answer_that_somebody_else_signed_is_a_hold() -> None:
    assert decided(signed(claims(), key=OTHER)) == Hold(())


def test_a_token_of_another_type_is_a_hold() -> None:
    assert decided(signed(claims(), typ="JWT")) == Hold(())


@pytest.mark.parametrize("text", ["", "a.b.c", "x" * 70_000])
def test_text_that_is_no_token_is_a_hold(text: str) -> None:
    assert decided(text) == Hold(())


def test_an_unsigned_token_is_a_hold() -> None:
    head = "eyJhbGciOiJub25lIiwidHlwIjoibG9ja3N0ZXAtZGVjaXNpb24rand0In0"
    assert decided(f"{head}.{signed(claims()).split('.')[1]}.AA") == Hold(())


def test_the_oracle_is_asked_with_the_order_and_the_attestors_token() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text=signed(claims()))

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        assert decided(OverHttps(client, "https://oracle.example/", "secret")) == Approve()
    assert str(seen[0].url) == "https://oracle.example/decisions"
    assert seen[0].headers["Authorization"] == "Bearer secret"
    body = httpx.Response(200, content=seen[0].content).json()
    assert decode_struct(TransferOrder, bytes.fromhex(body["order"][2:])) == ORDER


@pytest.mark.parametrize("status", [302, 401, 404, 500])
def test_any_other_answer_than_200_is_a_hold(status: int) -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, text=signed(claims())))
    with httpx.Client(transport=transport) as client:
        assert decided(OverHttps(client, "https://oracle.example", "secret")) == Hold(())


def test_an_endless_answer_is_cut_off_and_a_hold() -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, content=b"x" * 100_000))
    with httpx.Client(transport=transport) as client:
        assert decided(OverHttps(client, "https://oracle.example", "secret")) == Hold(())
