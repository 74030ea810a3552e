"""A holder agrees to an account: what the oracle asks a wallet, what it takes for consent, and what our wallet agrees to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select

from identity.formats.base import Challenge
from identity.formats.jws import LocalKey, build_jws, parse_jws
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.status_list import Status
from identity.formats.strict import decode_base64url, encode_base64url, encode_json
from identity.oracle.people.accounts import CHALLENGE_SECONDS
from identity.oracle.people.proofs import AccountControl, ConsentMalformed, read_transaction_data, transaction_data
from identity.oracle.people.tables import ACCOUNTS
from identity.oracle.presenting.tables import PRESENTATIONS
from identity.wallet.investing import OracleClient, StatementRefused
from identity.wallet.presenting import Asking, RequestRefused, VerifierRefused
from identity.wallet.store import Held
from tests.unit.identity.issuer.house import PERSON
from tests.unit.identity.oracle.presenting.test_accounts import ALICE, BOB, EVE, Investor
from tests.unit.identity.oracle.presenting.verifier_house import (
    ASSET,
    EVM,
    ORACLE,
    SUBSTRATE,
    InProcess,
    VerifierHouse,
    fresh_key,
)


@pytest.fixture
def ada(oracle: VerifierHouse) -> Investor:
    return Investor(oracle)


def request_of(ada: Investor, nonce: str, **members: Any) -> dict[str, Any]:
    """The request object that the wallet gets."""
    link = ada.asked(nonce, **members).json()["request"]
    address = parse_qs(urlsplit(link).query)["request_uri"][0]
    return dict(parse_jws(ada.oracle.http.get(address).text, types=("oauth-authz-req+jwt",)).payload)


def prove(ada: Investor, given: Mapping[str, Any]) -> httpx.Response:
    return ada.prove(given["nonce"], "sr25519", ALICE.key.sign(given["text"].encode()))


def test_no_account_is_linked_without_the_holders_consent(ada: Investor) -> None:
    given, before = ada.challenge(ALICE, SUBSTRATE), ada.oracle.counts()
    answer = prove(ada, given)
    assert (answer.status_code, answer.json()["error"]) == (409, "ConsentMissing")
    assert ada.oracle.counts() == before
    ada.agree(given["nonce"])
    assert prove(ada, given).status_code == 201


def test_the_wallet_is_asked_for_no_claim(ada: Investor) -> None:
    given = ada.challenge(ALICE, SUBSTRATE)
    asked = request_of(ada, given["nonce"])
    (query,) = asked["dcql_query"]["credentials"]
    assert query.keys() == {"id", "format", "meta"}
    assert "credential_sets" not in asked["dcql_query"]
    (data,) = asked["transaction_data"]
    members = json.loads(decode_base64url(data))
    assert (members["type"], members["credential_ids"]) == ("lockstep-account-link/1", [query["id"]])
    assert (members["nonce"], members["account"]) == (given["nonce"], "0x" + ALICE.id.hex())


def test_a_consent_is_kept_without_anything_of_the_credential(ada: Investor) -> None:
    ada.link(ALICE, SUBSTRATE)
    with ada.oracle.database.read() as connection:
        (consent,) = connection.execute(select(ACCOUNTS.c.consent)).scalars()
    assert parse_jws(consent, types=("kb+jwt",)).payload.keys() == {
        "iat",
        "aud",
        "nonce",
        "sd_hash",
        "transaction_data_hashes",
        "transaction_data_hashes_alg",
    }


def agreeing(ada: Investor, nonce: str) -> Asking:
    return ada.presenter.read(ada.asked(nonce).json()["request"])


def show(
    ada: Investor,
    asking: Asking,
    *,
    held: Held | None = None,
    key: LocalKey | None = None,
    claims: tuple[Any, ...] = (),
    queries: tuple[str, ...] = ("kyc",),
    **challenge: Any,
) -> str | None:
    """Answers as a wallet would, but for what a test changes."""
    agreed = tuple(one.text for one in asking.agreements)
    made = replace(Challenge(asking.client_id, asking.nonce, transaction_data=agreed), **challenge)
    wire = SdJwtVc().present((held or ada.held).credential, claims, made, key or ada.key, ada.oracle.clock())
    answer = {"vp_token": {query: [wire] for query in queries}, "state": asking.state}
    return ada.presenter.send(asking, ada.presenter.form(asking, answer))


def strangers(ada: Investor) -> dict[str, Any]:
    grace = Investor(ada.oracle, "Grace")
    return {"held": grace.held, "key": grace.key}


def unknown(ada: Investor) -> dict[str, Any]:
    """A credential in the same wallet that the oracle was never shown."""
    held, _ = ada.oracle.hold(claims={**PERSON, "given_name": "Ada"}, key=ada.key)
    return {"held": held}


WRONG: list[tuple[Callable[[Investor], dict[str, Any]], str]] = [
    (lambda _: {"transaction_data": ()}, "NotAgreedTo"),
    (lambda _: {"transaction_data": ("e30",)}, "NotAgreedTo"),
    (lambda _: {"nonce": "another"}, "WrongNonce"),
    (lambda _: {"audience": "decentralized_identifier:did:web:other.example"}, "WrongAudience"),
    (lambda _: {"claims": (("given_name",),)}, "ConsentRefused"),
    (lambda _: {"key": fresh_key()}, "SignatureInvalid"),
    (lambda _: {"queries": ("investor_qualification",)}, "ConsentRefused"),
    (lambda _: {"queries": ("kyc", "residency")}, "ConsentRefused"),
    (strangers, "ConsentRefused"),
    (unknown, "ConsentRefused"),
]


@pytest.mark.parametrize(
    ("wrong", "reason"), WRONG, ids=[f"{place}-{reason}" for place, (_, reason) in enumerate(WRONG)]
)
def test_what_is_no_consent_is_refused_and_spends_nothing(
    ada: Investor, wrong: Callable[[Investor], dict[str, Any]], reason: str
) -> None:
    given, changed = ada.challenge(ALICE, SUBSTRATE), wrong(ada)
    asking, before = agreeing(ada, given["nonce"]), ada.oracle.counts()
    with pytest.raises(VerifierRefused) as refusal:
        show(ada, asking, **changed)
    assert refusal.value.reason == reason
    assert ada.oracle.counts() == before
    assert prove(ada, given).json()["error"] == "ConsentMissing"
    show(ada, asking)
    assert prove(ada, given).status_code == 201


def test_a_revoked_credential_agrees_to_nothing(ada: Investor) -> None:
    given = ada.challenge(ALICE, SUBSTRATE)
    asking = agreeing(ada, given["nonce"])
    issuer = ada.oracle.issuer.issuer
    with issuer.database.read() as connection:
        (row,) = issuer.privacy.export(connection, ada.subject)["credentials"]
    issuer.writer.run_blocking(lambda tx: issuer.statuses.change(tx, "ola", row["id"], Status.INVALID))
    ada.oracle.issuer.now += 70
    with pytest.raises(VerifierRefused) as refusal:
        show(ada, asking)
    assert refusal.value.reason == "EvidenceNotValid"


def test_a_consent_is_given_once_and_opens_no_session(ada: Investor) -> None:
    given = ada.challenge(ALICE, SUBSTRATE)
    started = ada.asked(given["nonce"], return_to="https://portal.example/back").json()
    assert started.keys() == {"request", "expires_at"}
    asking = ada.presenter.read(started["request"])
    assert show(ada, asking) == "https://portal.example/back", "no code: there is nothing to go on with"
    with pytest.raises(VerifierRefused) as refusal:
        show(ada, asking)
    assert refusal.value.reason == "RequestGone"


def test_one_request_for_a_statement_is_open_at_a_time(ada: Investor) -> None:
    given = ada.challenge(ALICE, SUBSTRATE)
    before = agreeing(ada, given["nonce"])
    for _ in range(20):
        now = agreeing(ada, given["nonce"])
    with pytest.raises(VerifierRefused) as refusal:
        show(ada, before)
    assert refusal.value.reason == "RequestGone"
    with ada.oracle.database.read() as connection:
        kept = connection.execute(select(PRESENTATIONS).where(PRESENTATIONS.c.challenge == given["nonce"])).all()
    assert len(kept) == 1
    show(ada, now)
    assert prove(ada, given).status_code == 201


@pytest.mark.parametrize(("late", "status"), [(-1, 201), (0, 409), (1, 409)])
def test_consent_can_be_asked_for_while_the_statement_lasts(ada: Investor, late: int, status: int) -> None:
    ada.oracle.desk.sessions.seconds = 2 * CHALLENGE_SECONDS
    ada = Investor(ada.oracle, "Grace")
    given = ada.challenge(ALICE, SUBSTRATE)
    ada.oracle.issuer.now += CHALLENGE_SECONDS + late
    assert ada.asked(given["nonce"]).status_code == status


def test_nobody_has_somebody_else_asked(ada: Investor) -> None:
    given, grace = ada.challenge(ALICE, SUBSTRATE), Investor(ada.oracle, "Grace")
    assert grace.asked(given["nonce"]).json()["error"] == "ChallengeUnknown"
    assert ada.asked("A" * 22).json()["error"] == "ChallengeUnknown"
    ada.headers = {}
    assert ada.asked(given["nonce"]).status_code == 401


def test_a_thief_with_a_session_links_nothing_without_the_wallet(ada: Investor) -> None:
    """He asks for a statement about his own account and signs it; Ada's wallet would have to agree to it."""
    given = ada.challenge(BOB, SUBSTRATE)
    signature = BOB.key.sign(given["text"].encode())
    assert ada.prove(given["nonce"], "sr25519", signature).json()["error"] == "ConsentMissing"
    ada.agree(ada.challenge(ALICE, SUBSTRATE)["nonce"])
    assert ada.prove(given["nonce"], "sr25519", signature).json()["error"] == "ConsentMissing"


# The wallet.


STATEMENT = AccountControl("did:web:oracle.example", ASSET, SUBSTRATE, ALICE.id, "h" * 43, "n" * 22, 1_900_000_000)


def test_the_wallet_reads_the_statement_as_it_was_written() -> None:
    assert read_transaction_data(transaction_data(STATEMENT, "kyc")) == (STATEMENT, "kyc")


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "payment"},
        {"type": None},
        {"credential_ids": []},
        {"credential_ids": ["kyc", "residency"]},
        {"credential_ids": "kyc"},
        {"statement": "I agree to nothing at all."},
        {"amount": "100"},
        {"expires_at": "soon"},
        {"expires_at": True},
        {"expires_at": 2**40},
        {"account": "0x12"},
        {"asset": "0x" + "5A" * 32},
        {"asset": "0x5a"},
        {"chain": "cosmos:1"},
        {"transaction_data_hashes_alg": ["sha-512"]},
    ],
    ids=str,
)
def test_the_wallet_reads_nothing_that_it_would_not_have_written(changed: dict[str, Any]) -> None:
    members = json.loads(decode_base64url(transaction_data(STATEMENT, "kyc")))
    with pytest.raises(ConsentMalformed):
        read_transaction_data(encode_base64url(encode_json({**members, **changed})))


@pytest.mark.parametrize("text", ["", "e30", "bm8", "é", "=" * 8, "A" * 20_000])
def test_the_wallet_reads_no_text_that_is_no_statement(text: str) -> None:
    with pytest.raises(ConsentMalformed):
        read_transaction_data(text)


class Lying(InProcess):
    """Changes the statement that a request asks to agree to, and signs it with the oracle's own key."""

    def __init__(self, oracle: VerifierHouse, change: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(oracle.transport.apps)
        self.oracle, self.change = oracle, change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if not request.url.path.endswith("/request"):
            return answer
        payload = dict(parse_jws(answer.text, types=("oauth-authz-req+jwt",)).payload)
        self.change(payload)
        key = self.oracle.identity.signer()
        return httpx.Response(200, text=build_jws({"typ": "oauth-authz-req+jwt", "kid": key.key_id}, payload, key))


def _other_account(payload: dict[str, Any]) -> None:
    members = json.loads(decode_base64url(payload["transaction_data"][0]))
    members["account"] = "0x" + BOB.id.hex()
    payload["transaction_data"] = [encode_base64url(encode_json(members))]


def _more_claims(payload: dict[str, Any]) -> None:
    payload["dcql_query"]["credentials"][0]["claims"] = [{"path": ["given_name"]}]


def _another_verifier(payload: dict[str, Any]) -> None:
    members = json.loads(decode_base64url(payload["transaction_data"][0]))
    members["oracle"] = "did:web:other.example"
    payload["transaction_data"] = [encode_base64url(encode_json(members))]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (_other_account, StatementRefused),
        (_more_claims, StatementRefused),
        (lambda payload: payload.pop("transaction_data"), StatementRefused),
        (_another_verifier, RequestRefused),
        (lambda payload: payload.update(transaction_data=[]), RequestRefused),
        (lambda payload: payload.update(transaction_data=payload["transaction_data"] * 2), RequestRefused),
        (lambda payload: payload.update(transaction_data=["e30"]), RequestRefused),
        (lambda payload: payload.update(transaction_data=[5]), RequestRefused),
        (
            lambda payload: payload["dcql_query"].update(
                credentials=[{**payload["dcql_query"]["credentials"][0], "id": "other"}]
            ),
            RequestRefused,
        ),
    ],
)
def test_the_wallet_agrees_to_nothing_but_the_statement_that_was_meant(
    ada: Investor, change: Callable[[dict[str, Any]], None], refusal: type[Exception]
) -> None:
    with httpx.Client(transport=Lying(ada.oracle, change), base_url=ORACLE) as http:
        ada.presenter._http = http
        with pytest.raises(refusal):
            OracleClient(http, ORACLE).link(ada.session, ASSET, SUBSTRATE, ALICE, ada.presenter, [ada.held])
    assert ada.accounts() == []


def test_the_wallet_asks_its_holder_when_it_is_told_to(ada: Investor) -> None:
    seen: list[str] = []

    def agree(asking: Asking, choices: Any) -> bool:
        seen.extend(one.control.text() for one in asking.agreements)
        return True

    ada.client.link(ada.session, ASSET, EVM, EVE, ada.presenter, [ada.held], agree)
    assert len(seen) == 1
    assert f"Account: {EVE.text}" in seen[0]
