"""What an attestor makes of the oracle's word, and of its silence."""

from __future__ import annotations

import gzip
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.abi import decode_struct
from bridge.decisions import Approve, Decision, Hold, Reject
from bridge.digests import digest_order
from bridge.refusals import Refusal
from bridge.types import Lot, Reason, TransferOrder
from chains.views import DocumentView
from identity.errors import FetchFailed
from identity.fetch.fetcher import Fetched
from identity.formats.issuer_keys import PinnedKeys
from identity.formats.jws import LocalKey, build_jws
from identity.formats.strict import encode_base64url
from relayer.attestor.access import FetchedKeys, open_oracle
from relayer.attestor.oracle import NamedPolicies, OracleDecisions, OracleSilent, OverHttps
from relayer.attestor.store import AttestorStore

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

    def __init__(self, *digests: bytes, none: bool = False, none_now: bool = False) -> None:
        self._found = None if none else frozenset(() if none_now else digests or (POLICY,))

    def of(self, order: TransferOrder) -> frozenset[bytes] | None:
        assert order.asset == ORDER.asset
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


def decided(
    answer: str | Callable[[TransferOrder], str],
    *reasons: Reason,
    policies: Named | None = None,
) -> Decision:
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


def test_what_the_oracle_approves_waits_for_the_word_that_a_chain_has_not_heard_of_yet() -> None:
    """A suspension was lifted: the chain that still denies would else end every order that the suspension held."""
    denied, passed = Reason(Refusal.ReceiverNotEligible, 6), Reason(Refusal.DeadlinePassed, 1)
    assert decided(signed(claims()), denied) == Hold((denied,))
    assert decided(signed(claims()), denied, passed) == Reject(passed)


def test_a_denial_of_the_chain_is_final_where_the_oracle_approves_and_names_what_the_receiver_lacks() -> None:
    """As it does to oneself: it approves whoever it is, and only the chains know whether a lapsed holder may come home."""
    denied = Reason(Refusal.ReceiverNotEligible, 6)
    assert decided(signed(claims(codes=[9])), denied) == Reject(denied)
    assert decided(signed(claims(codes=[9]))) == Approve()


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


@pytest.mark.parametrize("policy", ["00" * 32, None])
def test_a_rejection_under_a_policy_that_no_chain_names_is_a_hold(policy: str | None) -> None:
    """A rejection ends the order for good: an oracle that runs ahead of the chains must not give orders back."""
    assert decided(signed(claims(decision="reject", codes=[9], policy=policy))) == Hold(())


@pytest.mark.parametrize("answer", ["approve", "reject"])
def test_while_two_chains_name_different_policies_orders_wait(answer: str) -> None:
    both = Named(POLICY, bytes([0xCD] * 32))
    assert decided(signed(claims(decision=answer, codes=[9])), policies=both) == Hold(())


def test_an_asset_whose_policy_was_taken_away_waits() -> None:
    assert decided(signed(claims()), policies=Named(none_now=True)) == Hold(())


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


def test_a_number_of_a_rule_that_nobody_knows_is_no_fault() -> None:
    assert decided(signed(claims(decision="hold", codes=[255]))) == Hold((Reason(255),))


def test_a_token_signed_with_the_public_key_as_a_secret_is_a_hold() -> None:
    """Key confusion: HMAC over the key that everybody can fetch."""
    numbers = KEY.public.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = encode_base64url(json.dumps({"alg": "HS256", "typ": "lockstep-decision+jwt", "kid": f"{DID}#1"}).encode())
    text = f"{head}.{signed(claims()).split('.')[1]}"
    mac = hmac.digest(numbers, text.encode(), "sha256")
    assert decided(f"{text}.{encode_base64url(mac)}") == Hold(())


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


class _Slow(httpx.SyncByteStream):
    """An answer that comes byte by byte, for ever; each byte takes four seconds of the clock that is asked."""

    def __init__(self, clock: list[float]) -> None:
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self._clock[0] += 4.0
            yield b"x"


def test_an_answer_that_trickles_takes_the_attestor_some_seconds_and_is_a_hold() -> None:
    """Each byte would come within the time for a byte: for as long as the oracle likes, on every thread there is."""
    clock = [0.0]
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, stream=_Slow(clock)))
    with httpx.Client(transport=transport) as client:
        asked = OverHttps(client, "https://oracle.example", "secret", lambda: clock[0])
        assert decided(asked) == Hold(())
    assert clock[0] <= 12.0


def test_a_packed_answer_is_not_unpacked_and_a_hold() -> None:
    """Of what would be gigabytes only some kilobytes come; so not even a good decision is unpacked."""
    packed = gzip.compress(signed(claims()).encode())
    transport = httpx.MockTransport(
        lambda _request: httpx.Response(200, stream=httpx.ByteStream(packed), headers={"Content-Encoding": "gzip"})
    )
    with httpx.Client(transport=transport) as client:
        assert decided(OverHttps(client, "https://oracle.example", "secret")) == Hold(())


def test_the_token_stands_in_no_log(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    def broken(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody listens")

    caplog.set_level(0)
    with httpx.Client(transport=httpx.MockTransport(broken)) as client:
        assert decided(OverHttps(client, "https://oracle.example", "a-secret-token")) == Hold(())
    assert "a-secret-token" not in caplog.text + "".join(capsys.readouterr())


# Which assets are the oracle's to decide, by final blocks and by memory.


class _Chain:
    """A witness of one chain that names a policy, or none."""

    def __init__(self) -> None:
        self.named: bytes | None = None

    def finalised(self) -> None:
        return None

    def ask(self, _what: str, _question: object) -> DocumentView | None:
        return None if self.named is None else DocumentView("https://oracle.example/policy", self.named, 1)


def test_an_asset_that_ever_named_a_policy_is_asked_about_also_after_a_restart(tmp_path: Path) -> None:
    """Who keeps an asset's documents could remove the policy on both chains, and the oracle would be switched off."""
    source, destination = _Chain(), _Chain()
    chains: Any = {ORDER.source: source, ORDER.destination: destination}

    def named() -> frozenset[bytes] | None:
        store = AttestorStore(tmp_path / "attestor.sqlite")
        try:
            return NamedPolicies(chains, store).of(ORDER)
        finally:
            store.close()

    assert named() is None
    source.named = POLICY
    assert named() == {POLICY}
    source.named = None
    assert named() == frozenset()


def test_an_asset_that_gets_a_policy_while_orders_are_under_way_is_asked_about_from_then_on(tmp_path: Path) -> None:
    destination = _Chain()
    chains: Any = {ORDER.source: _Chain(), ORDER.destination: destination}
    store = AttestorStore(tmp_path / "attestor.sqlite")
    with ExitStack() as stack:
        stack.callback(store.close)
        decisions = open_oracle(None, chains, store, lambda: NOW, stack)
        assert decisions.decide(ORDER, ()) == Approve()
        destination.named = POLICY
        assert decisions.decide(ORDER, ()) == Hold(()), "an attestor without an oracle leaves such orders alone"


# The oracle's document.


class _Served:
    """The oracle's did:web document, served or not."""

    def __init__(self, key: LocalKey) -> None:
        self.key, self.asked, self.did, self.away = key, 0, DID, False

    def get(self, url: str, accept: str) -> Fetched:
        self.asked += 1
        if self.away:
            raise FetchFailed("oracle.example", "nobody listens")
        method = {
            "id": f"{self.did}#1",
            "type": "JsonWebKey",
            "controller": self.did,
            "publicKeyJwk": self.key.public.jwk,
        }
        document = {"id": self.did, "verificationMethod": [method], "assertionMethod": [f"{self.did}#1"]}
        return Fetched(url, "application/json", json.dumps(document).encode())


def by_document(served: _Served, text: str, clock: Callable[[], int] = lambda: NOW, keys: Any = None) -> Decision:
    decisions = OracleDecisions(
        ask=lambda _order: text,
        keys=keys or FetchedKeys(DID, served, clock),
        did=DID,
        policies=Named(),
        clock=lambda: NOW,
    )
    return decisions.decide(ORDER, ())


def test_a_decision_counts_by_the_key_in_the_oracles_own_document() -> None:
    assert by_document(_Served(KEY), signed(claims())) == Approve()
    assert by_document(_Served(OTHER), signed(claims())) == Hold(())


def test_a_document_of_another_name_and_a_key_of_another_name_are_not_taken() -> None:
    served = _Served(KEY)
    served.did = "did:web:elsewhere.example"
    assert by_document(served, signed(claims())) == Hold(())
    elsewhere = LocalKey(ec.derive_private_key(0x5151, ec.SECP256R1()), "did:web:elsewhere.example#1")
    assert by_document(_Served(KEY), signed(claims(), key=elsewhere)) == Hold(())


def test_a_document_that_can_not_be_had_is_not_asked_for_by_every_order() -> None:
    served, now = _Served(KEY), [NOW]
    served.away = True
    keys = FetchedKeys(DID, served, lambda: now[0])
    for _ in range(3):
        assert by_document(served, signed(claims()), keys=keys) == Hold(())
    assert served.asked == 1
    served.away = False
    now[0] += 5
    assert by_document(served, signed(claims()), keys=keys) == Approve()


def test_a_document_is_not_used_beyond_its_time_when_no_newer_one_can_be_had() -> None:
    served, now = _Served(KEY), [NOW]
    keys = FetchedKeys(DID, served, lambda: now[0])
    assert by_document(served, signed(claims()), keys=keys) == Approve()
    served.away = True
    now[0] += 299
    assert by_document(served, signed(claims()), keys=keys) == Approve()
    now[0] += 1
    assert by_document(served, signed(claims()), keys=keys) == Hold(())
