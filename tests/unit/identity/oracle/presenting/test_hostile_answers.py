"""Answers that somebody made to deceive: each is refused by name, and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from identity.formats.base import Challenge
from identity.formats.jwe import encrypt, encryption_jwk
from identity.formats.jwk import public_key_of
from identity.formats.jws import LocalKey, build_jws, parse_jws
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.status_list import Status
from identity.formats.strict import decode_base64url, encode_base64url, encode_json
from identity.ports import system_randomness
from identity.wallet.dcql import Choice
from identity.wallet.presenting import Asking, VerifierRefused
from identity.wallet.store import Held
from tests.unit.identity.issuer.house import House
from tests.unit.identity.oracle.presenting.verifier_house import (
    KYC,
    QUALIFICATION,
    VerifierHouse,
    fresh_key,
    policy,
)

PATHS = (("sub",), ("given_name",), ("family_name",), ("birthdate",), ("level",))


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VerifierHouse]:
    folder = tmp_path_factory.mktemp("hostile")
    with ExitStack() as stack:
        yield VerifierHouse(folder, stack, House(folder, stack))


@pytest.fixture(scope="module")
def held(oracle: VerifierHouse) -> Held:
    return oracle.hold()[0]


@pytest.fixture
def later(tmp_path: Path) -> Iterator[VerifierHouse]:
    """An oracle of the test's own, whose clock may go on."""
    with ExitStack() as stack:
        yield VerifierHouse(tmp_path, stack, House(tmp_path, stack))


@pytest.fixture
def untouched(oracle: VerifierHouse) -> Iterator[None]:
    """Whatever happens in the test, nobody is enrolled by it."""
    before, current = oracle.counts(), oracle.policy
    yield
    oracle.policy = current
    assert oracle.counts() == before


pytestmark = pytest.mark.usefixtures("untouched")


class Attack:
    """One request, and an answer made to it by hand."""

    def __init__(self, oracle: VerifierHouse, mode: str = "direct_post.jwt") -> None:
        self.oracle = oracle
        self.started = oracle.start(response_mode=mode)
        self.presenter = oracle.presenter()
        self.asking: Asking = self.presenter.read(self.started["request"])

    def shown(self, held: Held, key: LocalKey | None = None, **challenge: Any) -> str:
        """A presentation; audience, nonce and time as they should be unless given."""
        at = challenge.pop("at", self.oracle.clock())
        asked = {"audience": self.asking.client_id, "nonce": self.asking.nonce, **challenge}
        return SdJwtVc().present(held.credential, PATHS, Challenge(**asked), key or self.oracle.issuer.wallet, at)

    def answer(self, token: object, **members: Any) -> dict[str, Any]:
        """The members of an answer; None takes one out."""
        answer = {"vp_token": token, "state": self.asking.state, **members}
        return {name: value for name, value in answer.items() if value is not None}

    def send(self, token: object, **members: Any) -> httpx.Response:
        """Posts an answer in the mode that was asked for."""
        return self.post(self.presenter.form(self.asking, self.answer(token, **members)))

    def post(self, form: dict[str, str] | None = None, **content: Any) -> httpx.Response:
        """Posts anything."""
        return self.oracle.http.post(self.asking.response_uri, **({"data": form} if form else content))


def refused(answer: httpx.Response, reason: str, status: int = 400) -> None:
    body = answer.json()
    assert (answer.status_code, body.get("error"), body.get("reason")) == (status, "invalid_request", reason), body
    assert set(body) == {"error", "error_description", "reason"}
    assert body["error_description"].isascii()


def forge(held: Held, header: dict[str, Any], key: LocalKey | None = None, **payload: Any) -> Held:
    """The credential with another header or payload, signed by `key`, or with the signature it had."""
    jwt, *rest = held.credential.split("~")
    jws = parse_jws(jwt, types=("dc+sd-jwt",))
    head, body = {**jws.header, **header}, {**jws.payload, **payload}
    head = {name: value for name, value in head.items() if value is not None}
    if key is not None:
        head.pop("alg", None)
        forged = build_jws(head, body, key)
    else:
        forged = f"{encode_base64url(encode_json(head))}.{encode_base64url(encode_json(body))}.{jwt.split('.')[2]}"
    return replace(held, credential="~".join((forged, *rest)))


# --- credentials -------------------------------------------------------------------------------------------------------


def test_a_credential_without_a_signature(oracle: VerifierHouse, held: Held) -> None:
    attack = Attack(oracle)
    jwt, *rest = attack.shown(held).split("~")
    unsigned = jwt.rpartition(".")[0] + "."
    refused(attack.send({"kyc": ["~".join((unsigned, *rest))]}), "MalformedJwt")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "", None, 5])
def test_an_algorithm_that_is_not_taken(oracle: VerifierHouse, held: Held, algorithm: Any) -> None:
    attack = Attack(oracle)
    shown = attack.shown(held)
    head = {"alg": algorithm, "typ": "dc+sd-jwt", "kid": "k"}
    head_text = encode_base64url(encode_json({name: value for name, value in head.items() if value is not None}))
    refused(attack.send({"kyc": [".".join((head_text, *shown.split(".")[1:]))]}), "AlgorithmRefused")


def test_a_claim_changed_under_the_issuers_signature(oracle: VerifierHouse, held: Held) -> None:
    attack = Attack(oracle)
    refused(attack.send({"kyc": [attack.shown(forge(held, {}, level="enhanced"))]}), "SignatureInvalid")


def test_a_key_of_ones_own_in_the_issuers_name(oracle: VerifierHouse, held: Held) -> None:
    attack, own = Attack(oracle), fresh_key()
    refused(attack.send({"kyc": [attack.shown(forge(held, {}, own))]}), "SignatureInvalid")
    named = forge(held, {"kid": "did:web:issuer.example#mine", "jwk": dict(own.public.jwk)}, own)
    refused(attack.send({"kyc": [attack.shown(named)]}), "IssuerUnknown")


def test_an_issuer_nobody_trusts(oracle: VerifierHouse, held: Held) -> None:
    attack, own = Attack(oracle), fresh_key()
    mine = forge(held, {"kid": "did:web:evil.example#k"}, own, iss="did:web:evil.example")
    answer = attack.send({"kyc": [attack.shown(mine)]})
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert all("evil" not in str(request.url) for request in oracle.transport.sent), "nothing of it was fetched"
    without_name = forge(held, {"kid": "did:web:evil.example#k"}, own, iss="https://evil.example")
    refused(attack.send({"kyc": [attack.shown(without_name)]}), "IssuerUnknown")


def test_an_issuer_trusted_for_another_topic(oracle: VerifierHouse, held: Held) -> None:
    other = policy(KYC, trust={"kyc": ["did:web:other.example"]}, types={"kyc": [held.type]})
    oracle.policy = other
    attack = Attack(oracle)
    refused(attack.send({"kyc": [attack.shown(held)]}), "IssuerNotTrusted")


def test_a_credential_of_another_type(oracle: VerifierHouse) -> None:
    wrong, _ = oracle.hold("investor_qualification", QUALIFICATION)
    attack = Attack(oracle)
    refused(attack.send({"kyc": [attack.shown(wrong)]}), "WrongType")


def test_a_claim_asked_for_and_not_shown(oracle: VerifierHouse, held: Held) -> None:
    attack = Attack(oracle)
    challenge = Challenge(attack.asking.client_id, attack.asking.nonce)
    shown = SdJwtVc().present(held.credential, [("sub",)], challenge, oracle.issuer.wallet, oracle.clock())
    refused(attack.send({"kyc": [shown]}), "ClaimsMissing")


def test_an_expired_credential(later: VerifierHouse) -> None:
    held, _ = later.hold()
    assert held.valid_until is not None
    later.issuer.now = held.valid_until
    attack = Attack(later)
    refused(attack.send({"kyc": [attack.shown(held)]}), "NotInForce")
    assert later.counts()["persons"] == 0


def test_a_credential_from_the_future(later: VerifierHouse) -> None:
    later.issuer.now += 3_600
    held, _ = later.hold()
    later.issuer.now -= 3_600
    attack = Attack(later)
    refused(attack.send({"kyc": [attack.shown(held)]}), "NotInForce")


@pytest.mark.parametrize(("status", "word"), [(Status.SUSPENDED, "suspended"), (Status.INVALID, "invalid")])
def test_a_credential_that_its_issuer_took_back(later: VerifierHouse, status: Status, word: str) -> None:
    held, subject = later.hold()
    issuer = later.issuer.issuer
    with issuer.database.read() as connection:
        (row,) = issuer.privacy.export(connection, subject)["credentials"]
    issuer.writer.run_blocking(lambda tx: issuer.statuses.change(tx, "ola", row["id"], status))
    attack = Attack(later)
    answer = attack.send({"kyc": [attack.shown(held)]})
    refused(answer, "EvidenceNotValid")
    assert word in answer.json()["error_description"]
    assert later.counts()["persons"] == 0


def test_a_status_that_cannot_be_had(later: VerifierHouse) -> None:
    held, _ = later.hold()
    later.enrol(held)
    later.issuer.now += 70
    later.fetch.down = True
    attack, before = Attack(later), later.counts()
    answer = attack.send({"kyc": [attack.shown(held)]})
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert later.counts() == before
    later.fetch.down = False
    assert attack.send({"kyc": [attack.shown(held)]}).status_code == 200, "the same request can be answered later"


# --- the holder's binding ----------------------------------------------------------------------------------------------


def test_a_credential_of_somebody_else(oracle: VerifierHouse, held: Held) -> None:
    attack = Attack(oracle)
    refused(attack.send({"kyc": [attack.shown(held, fresh_key())]}), "SignatureInvalid")


def test_an_answer_to_another_verifier(oracle: VerifierHouse, held: Held) -> None:
    attack = Attack(oracle)
    refused(attack.send({"kyc": [attack.shown(held, audience="decentralized_identifier:did:web:x")]}), "WrongAudience")
    plain = attack.asking.client_id.partition(":")[2]
    refused(attack.send({"kyc": [attack.shown(held, audience=plain)]}), "WrongAudience")


def test_the_nonce_of_another_request(oracle: VerifierHouse, held: Held) -> None:
    earlier, attack = Attack(oracle), Attack(oracle)
    refused(attack.send({"kyc": [earlier.shown(held)]}), "WrongNonce")


@pytest.mark.parametrize("seconds", [-301, 61])
def test_a_binding_from_another_time(oracle: VerifierHouse, held: Held, seconds: int) -> None:
    attack = Attack(oracle)
    refused(attack.send({"kyc": [attack.shown(held, at=oracle.clock() + seconds)]}), "NotInForce")


def test_no_binding_at_all(oracle: VerifierHouse, held: Held) -> None:
    attack = Attack(oracle)
    refused(attack.send({"kyc": [attack.shown(held).rpartition("~")[0] + "~"]}), "MalformedCredential")


def test_a_disclosure_taken_out_after_the_binding(oracle: VerifierHouse, held: Held) -> None:
    attack = Attack(oracle)
    jwt, *rest = attack.shown(held).split("~")
    refused(attack.send({"kyc": ["~".join((jwt, *rest[1:]))]}), "MalformedCredential")


# --- the answer's form -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token",
    [None, {}, [], "text", {"kyc": "not a list"}, {"kyc": []}, {"kyc": [5]}, {"k y": ["x"]}, {"kyc": ["x"] * 17}],
    ids=lambda token: json.dumps(token)[:30],
)
def test_a_vp_token_of_another_form(oracle: VerifierHouse, token: object) -> None:
    refused(Attack(oracle).send(token), "AnswerMalformed")


def test_more_presentations_than_were_asked_for(oracle: VerifierHouse, held: Held) -> None:
    attack = Attack(oracle)
    shown = attack.shown(held)
    refused(attack.send({"kyc": [shown, shown]}), "NotAsked")
    refused(attack.send({"kyc": [shown], "residency": [shown]}), "NotAsked")


@pytest.mark.parametrize("state", [None, "", "x", 5, {"a": 1}])
def test_another_state(oracle: VerifierHouse, held: Held, state: object) -> None:
    attack = Attack(oracle)
    refused(attack.send({"kyc": [attack.shown(held)]}, state=state), "AnswerMalformed")


def test_the_state_of_another_request(oracle: VerifierHouse, held: Held) -> None:
    other, attack = Attack(oracle), Attack(oracle)
    refused(attack.send({"kyc": [attack.shown(held)]}, state=other.asking.state), "AnswerMalformed")


def test_a_plain_answer_when_an_encrypted_one_was_asked_for(oracle: VerifierHouse, held: Held) -> None:
    attack = Attack(oracle)
    token = json.dumps({"kyc": [attack.shown(held)]})
    refused(attack.post({"vp_token": token, "state": str(attack.asking.state)}), "AnswerMalformed")


def test_an_encrypted_answer_when_a_plain_one_was_asked_for(oracle: VerifierHouse) -> None:
    refused(Attack(oracle, "direct_post").post({"response": "a.b.c.d.e"}), "AnswerMalformed")


def test_an_answer_encrypted_to_another_key(oracle: VerifierHouse, held: Held) -> None:
    other, attack = Attack(oracle), Attack(oracle)
    assert other.asking.encryption is not None
    answer = encode_json(attack.answer({"kyc": [attack.shown(held)]}))
    token = encrypt(answer, other.asking.encryption, "A128GCM", system_randomness)
    refused(attack.post({"response": token}), "MalformedJwe")
    named = {**encryption_jwk(public_key_of(ec.generate_private_key(ec.SECP256R1()).public_key()), "x")}
    assert attack.asking.encryption is not None
    renamed = encrypt(answer, {**named, "kid": attack.asking.encryption["kid"]}, "A128GCM", system_randomness)
    refused(attack.post({"response": renamed}), "MalformedJwe")


def encrypted(text: bytes) -> Callable[[Attack], httpx.Response]:
    def post(attack: Attack) -> httpx.Response:
        assert attack.asking.encryption is not None
        token = encrypt(text, attack.asking.encryption, "A256GCM", system_randomness)
        return attack.post({"response": token})

    return post


@pytest.mark.parametrize(
    "text",
    [
        b'{"vp_token": {"kyc": ["x"]}, "vp_token": {"kyc": ["y"]}}',
        b'{"vp_token": NaN}',
        b'{"vp_token": ' + b"[" * 60 + b"]" * 60 + b"}",
        b'{"vp_token": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b"[" + b"1," * 5_000 + b"1]",
        b'{"state": "\\ud800"}',
        b'{"state": "\\u0000"}',
        b"\xff\xfe",
        b"",
        b"null",
        b'{"a": 1e999}',
        b'{"a": 123456789012345678901234567890}',
    ],
    ids=lambda text: str(text[:24]),
)
def test_json_that_two_readers_could_read_in_two_ways(oracle: VerifierHouse, text: bytes) -> None:
    refused(encrypted(text)(Attack(oracle)), "MalformedJson")


def test_a_giant_answer(oracle: VerifierHouse) -> None:
    attack = Attack(oracle)
    refused(attack.post({"response": "A" * 600_000}), "BodyTooLarge", 413)
    refused(encrypted(b'{"state": "' + b"a" * 400_000 + b'"}')(attack), "BodyTooLarge", 413)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"content": b"response=a&response=b", "headers": {"content-type": "application/x-www-form-urlencoded"}},
         "Malformed"),
        ({"content": b"{}", "headers": {"content-type": "application/json"}}, "Malformed"),
        ({"content": b"%00=1", "headers": {"content-type": "application/x-www-form-urlencoded"}}, "Malformed"),
        ({"content": b"", "headers": {"content-type": "application/x-www-form-urlencoded"}}, "AnswerMalformed"),
        ({"content": b"a=%ff", "headers": {"content-type": "application/x-www-form-urlencoded"}}, "Malformed"),
    ],
)  # fmt: skip
def test_a_body_of_another_form(oracle: VerifierHouse, content: dict[str, Any], reason: str) -> None:
    refused(Attack(oracle).post(**content), reason)


def test_duplicate_names_in_a_plain_vp_token(oracle: VerifierHouse) -> None:
    attack = Attack(oracle, "direct_post")
    form = {"vp_token": '{"kyc": ["x"], "kyc": ["y"]}', "state": str(attack.asking.state)}
    refused(attack.post(form), "AnswerMalformed")


# --- the request -------------------------------------------------------------------------------------------------------


def test_an_answer_after_the_requests_time(later: VerifierHouse) -> None:
    held, _ = later.hold()
    attack = Attack(later)
    later.issuer.now += 300
    refused(attack.send({"kyc": [attack.shown(held)]}), "RequestGone", 404)


@pytest.mark.parametrize("ticket", ["A" * 54, "A" * 53, "A" * 20])
def test_an_answer_to_no_request(oracle: VerifierHouse, ticket: str) -> None:
    answer = oracle.http.post(f"/presentations/{ticket}/response", data={"response": "x"})
    refused(answer, "RequestGone", 404)


def test_the_ticket_of_the_request_is_none_for_answers(oracle: VerifierHouse) -> None:
    attack = Attack(oracle)
    ticket = attack.started["request"].partition("presentations%2F")[2].partition("%2F")[0]
    refused(oracle.http.post(f"/presentations/{ticket}/response", data={"response": "x"}), "RequestGone", 404)


def test_a_policy_that_changed_meanwhile(oracle: VerifierHouse, held: Held) -> None:
    attack = Attack(oracle)
    shown = attack.shown(held)
    oracle.policy = policy(version=2)
    refused(attack.send({"kyc": [shown]}), "RequestGone", 404)


def test_no_member_of_a_disclosure_is_told_back(oracle: VerifierHouse, held: Held) -> None:
    attack = Attack(oracle)
    told = attack.send({"kyc": [attack.shown(held, fresh_key())]}).text
    for disclosure in held.credential.split("~")[1:-1]:
        value = json.loads(decode_base64url(disclosure))[-1]
        assert str(value) not in told


def test_the_choice_of_the_wallet_is_not_trusted(oracle: VerifierHouse, held: Held) -> None:
    attack = Attack(oracle)
    with pytest.raises(VerifierRefused) as refusal:
        attack.presenter.answer(attack.asking, [Choice("kyc", held, (("sub",),))])
    assert refusal.value.reason == "ClaimsMissing"
