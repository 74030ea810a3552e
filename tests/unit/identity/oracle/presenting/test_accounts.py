"""Linking accounts: a challenge for one, a proof, one investor per account, and a cooling time after an unlinking."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from eth_account import Account as EthAccount
from substrateinterface import Keypair

from chains.accounts import Account
from identity.oracle.people.accounts import CHALLENGE_SECONDS, SETTLING_SECONDS, AccountState
from identity.wallet.investing import InvestorSession, OracleClient, OracleRefused, StatementRefused, sign_control
from tests.unit.identity.issuer.house import PERSON
from tests.unit.identity.oracle.presenting.verifier_house import (
    ASSET,
    DOMAINS,
    EVM,
    ORACLE,
    SUBSTRATE,
    InProcess,
    VerifierHouse,
    fresh_key,
)

ALICE = Account.substrate(Keypair.create_from_uri("//Alice"))
BOB = Account.substrate(Keypair.create_from_uri("//Bob"))
EVE = Account.evm(EthAccount.from_key(b"\x22" * 32))


class Investor:
    """Somebody with a session."""

    def __init__(self, oracle: VerifierHouse, name: str = "Ada") -> None:
        self.oracle, key = oracle, fresh_key()
        self.held, self.subject = oracle.hold(claims={**PERSON, "given_name": name}, key=key)
        self.key, self.presenter = key, oracle.presenter(key)
        self.headers = oracle.enrol(self.held, key=key)
        token = self.headers["Authorization"].partition(" ")[2]
        self.session = InvestorSession(token, key.public.thumbprint)
        self.client = OracleClient(oracle.http, ORACLE)
        self.person = oracle.person(self.headers)

    def link(self, account: Account, chain: str) -> Any:
        return self.client.link(self.session, ASSET, chain, account, self.presenter, [self.held])

    def asked(self, nonce: str, **members: Any) -> httpx.Response:
        """The oracle's answer to who asks for the wallet's consent to a statement."""
        return self.oracle.http.post(f"/me/challenges/{nonce}/consent", json=members, headers=self.headers)

    def agree(self, nonce: str) -> None:
        """The wallet agrees to a statement."""
        asking = self.presenter.read(self.asked(nonce).json()["request"])
        self.presenter.answer(asking, self.presenter.choose(asking, [self.held]))

    def agreed(self, account: Account, chain: str) -> dict[str, Any]:
        """A statement that the wallet has agreed to."""
        given = self.challenge(account, chain)
        self.agree(given["nonce"])
        return given

    def challenge(self, account: Account, chain: str) -> dict[str, Any]:
        body = {"asset": "0x" + ASSET.hex(), "chain": chain, "account": account.text}
        answer = self.oracle.http.post("/me/challenges", json=body, headers=self.headers)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def prove(self, nonce: str, scheme: str, signature: bytes) -> httpx.Response:
        body = {"nonce": nonce, "scheme": scheme, "signature": "0x" + signature.hex()}
        return self.oracle.http.post("/me/accounts", json=body, headers=self.headers)

    def accounts(self) -> list[dict[str, Any]]:
        return list(self.oracle.me(self.headers)["enrolments"][0]["accounts"])


@pytest.fixture
def ada(oracle: VerifierHouse) -> Investor:
    return Investor(oracle)


def refused(call: Any, *arguments: Any) -> str:
    with pytest.raises(OracleRefused) as refusal:
        call(*arguments)
    return refusal.value.error


def pending(oracle: VerifierHouse, chain: str) -> list[tuple[bytes, str]]:
    with oracle.database.read() as connection:
        found = oracle.accounts.pending(connection, ASSET, DOMAINS[chain], oracle.clock())
    return [(one.account, one.state.value) for one in found]


def test_an_account_on_each_chain_is_linked_and_the_chains_are_to_be_told(ada: Investor) -> None:
    oracle, before = ada.oracle, ada.oracle.woken
    ada.link(ALICE, SUBSTRATE)
    ada.link(EVE, EVM)
    assert {(one["chain"], one["account"], one["state"]) for one in ada.accounts()} == {
        (SUBSTRATE, "0x" + ALICE.id.hex(), "proven"),
        (EVM, EVE.text, "proven"),
    }
    assert pending(oracle, SUBSTRATE) == [(ALICE.id, "proven")]
    assert pending(oracle, EVM) == [(EVE.id, "proven")]
    assert oracle.woken == before + 2


def test_a_bound_account_is_pending_no_more(ada: Investor) -> None:
    oracle, linked = ada.oracle, ada.link(ALICE, SUBSTRATE)
    oracle.writer.run_blocking(lambda tx: oracle.accounts.mark_bound(tx, linked.id))
    assert pending(oracle, SUBSTRATE) == []
    assert [one["state"] for one in ada.accounts()] == [AccountState.BOUND.value]


def test_an_account_serves_one_investor_in_an_asset(ada: Investor) -> None:
    ada.link(ALICE, SUBSTRATE)
    grace = Investor(ada.oracle, "Grace")
    assert refused(grace.link, ALICE, SUBSTRATE) == "AccountTaken"
    assert refused(ada.link, ALICE, SUBSTRATE) == "AccountTaken"


def test_a_challenge_is_for_one_investor_and_is_answered_once(ada: Investor) -> None:
    grace = Investor(ada.oracle, "Grace")
    given = ada.agreed(ALICE, SUBSTRATE)
    signature = ALICE.key.sign(given["text"].encode())
    assert grace.prove(given["nonce"], "sr25519", signature).json()["error"] == "ChallengeUnknown"
    assert ada.prove(given["nonce"], "sr25519", signature).status_code == 201
    assert ada.prove(given["nonce"], "sr25519", signature).json()["error"] == "ChallengeUnknown"


def test_a_wrong_proof_is_refused_early_and_spends_nothing(ada: Investor) -> None:
    given = ada.agreed(ALICE, SUBSTRATE)
    before = ada.oracle.counts()
    answer = ada.prove(given["nonce"], "sr25519", BOB.key.sign(given["text"].encode()))
    assert (answer.status_code, answer.json()["error"]) == (409, "ProofRefused")
    assert ada.oracle.counts() == before
    assert ada.prove(given["nonce"], "sr25519", ALICE.key.sign(given["text"].encode())).status_code == 201


def test_a_challenge_ends(ada: Investor) -> None:
    given = ada.challenge(ALICE, SUBSTRATE)
    ada.oracle.issuer.now += CHALLENGE_SECONDS
    again = Investor(ada.oracle, "Grace")
    assert again.prove(given["nonce"], "sr25519", ALICE.key.sign(given["text"].encode())).json()["error"] == (
        "ChallengeUnknown"
    )


def test_a_proof_no_chain_has_bound_in_its_time_is_worth_nothing_any_more(ada: Investor) -> None:
    ada.link(ALICE, SUBSTRATE)
    ada.oracle.issuer.now += CHALLENGE_SECONDS
    assert pending(ada.oracle, SUBSTRATE) == []
    ada.oracle.issuer.now += SETTLING_SECONDS
    grace = Investor(ada.oracle, "Grace")
    grace.link(ALICE, SUBSTRATE)
    assert pending(ada.oracle, SUBSTRATE) == [(ALICE.id, "proven")]


def test_after_an_unlinking_another_account_waits_for_the_cooling_time(ada: Investor) -> None:
    oracle, linked = ada.oracle, ada.link(ALICE, SUBSTRATE)
    oracle.writer.run_blocking(lambda tx: oracle.accounts.mark_bound(tx, linked.id))
    ada.client.unlink(ada.session, linked.id)
    assert pending(oracle, SUBSTRATE) == [(ALICE.id, "unbinding")]
    assert refused(ada.link, ALICE, SUBSTRATE) == "AccountTaken"
    oracle.writer.run_blocking(lambda tx: oracle.accounts.mark_unbound(tx, linked.id))
    with pytest.raises(OracleRefused, match="CoolingDown"):
        ada.link(BOB, SUBSTRATE)
    ada.link(EVE, EVM)
    grace = Investor(oracle, "Grace")
    assert refused(grace.link, ALICE, SUBSTRATE) == "CoolingDown", "nor may the account go to somebody else at once"
    oracle.issuer.now += 3_600
    later = Investor(oracle, "Hedy")
    later.link(ALICE, SUBSTRATE)


def test_a_smart_account_is_asked_at_its_chain(ada: Investor) -> None:
    given = ada.agreed(EVE, EVM)
    assert ada.prove(given["nonce"], "erc1271", b"signed").json()["error"] == "ProofRefused"
    ada.oracle.contract_answers = True
    assert ada.prove(given["nonce"], "erc1271", b"signed").status_code == 201


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"chain": "eip155:1"}, "ChainUnknown"),
        ({"account": "0x12"}, "AccountMalformed"),
        ({"asset": "0x" + "00" * 32}, "NotEnrolled"),
    ],
)
def test_a_challenge_that_makes_no_sense_is_refused_by_name(ada: Investor, body: dict[str, str], error: str) -> None:
    asked = {"asset": "0x" + ASSET.hex(), "chain": EVM, "account": EVE.text, **body}
    answer = ada.oracle.http.post("/me/challenges", json=asked, headers=ada.headers)
    assert (answer.status_code, answer.json()["error"]) == (409, error)


def test_challenges_do_not_pile_up(ada: Investor) -> None:
    for _ in range(16):
        ada.challenge(ALICE, SUBSTRATE)
    body = {"asset": "0x" + ASSET.hex(), "chain": SUBSTRATE, "account": ALICE.text}
    assert ada.oracle.http.post("/me/challenges", json=body, headers=ada.headers).json()["error"] == "WrongState"


@pytest.mark.parametrize("path", ["/me", "/me/export"])
def test_nothing_is_told_without_a_session(oracle: VerifierHouse, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer " + "x" * 43}, {"Authorization": "Basic " + "x" * 43}):
        answer = oracle.http.get(path, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "SessionRefused")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_ends_by_itself_or_when_it_is_left(ada: Investor) -> None:
    assert ada.oracle.http.post("/me/leave", headers=ada.headers).status_code == 200
    assert ada.oracle.http.get("/me", headers=ada.headers).status_code == 401
    other = Investor(ada.oracle, "Grace")
    other.oracle.issuer.now += 1_800
    assert other.oracle.http.get("/me", headers=other.headers).status_code == 401


class Lying(InProcess):
    """Changes what the oracle gives to sign."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if request.url.path == "/me/challenges":
            return httpx.Response(201, content=answer.content.replace(b"Asset: 0x5a", b"Asset: 0x5b"))
        return answer


def test_the_wallet_signs_nothing_but_the_statement_that_was_meant(ada: Investor) -> None:
    with (
        httpx.Client(transport=Lying(ada.oracle.transport.apps), base_url=ORACLE) as http,
        pytest.raises(StatementRefused),
    ):
        OracleClient(http, ORACLE).link(ada.session, ASSET, SUBSTRATE, ALICE, ada.presenter, [ada.held])
    assert ada.accounts() == []


def test_the_wallet_signs_in_the_way_of_the_accounts_kind(ada: Investor) -> None:
    given = ada.agreed(EVE, EVM)
    with ada.oracle.database.read() as connection:
        control = ada.oracle.accounts.find_challenge(connection, ada.person, given["nonce"], ada.oracle.clock())
    assert given["typed_data"] == control.typed_data()
    scheme, signature = sign_control(control, EVE)
    assert ada.prove(given["nonce"], scheme.value, signature).status_code == 201
