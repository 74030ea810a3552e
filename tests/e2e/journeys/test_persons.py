"""Who somebody is: after a lost wallet, from a second wallet, and with a friend's credential."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import replace

import pytest

from chains.accounts import Account
from chains.devnet.keys import dev_evm
from identity.ports import system_randomness, utc
from identity.wallet.investing import InvestorSession, OracleClient, OracleRefused
from identity.wallet.presenting import Presenter
from lockstep_cli.local.desk import Offered
from lockstep_cli.local.subjects import KYC, QUALIFICATION, draw_subject, kyc_claims, qualification_claims
from tests.e2e.journeys.house import ACCREDITED, House
from tests.support.commands import answer, run

pytestmark = [pytest.mark.chains, pytest.mark.timeout(600)]

SPARE_EVM_INDEX = 30
"""An account of the well-known phrase that is nobody's."""


def offer_to_two_subjects(house: House) -> tuple[Offered, Offered, Offered]:
    """(identity and accreditation of somebody, the same person's under another number of the issuer's, a friend's accreditation)."""
    today = dt.datetime.now(dt.UTC).date()
    person, friend = (draw_subject(ACCREDITED, today, secrets.token_bytes) for _ in range(2))
    qualified = {QUALIFICATION: qualification_claims(ACCREDITED, today)}
    again = replace(person, document_number=friend.document_number)
    return (
        house.desk.offer({KYC: kyc_claims(person, today), **qualified}),
        house.desk.offer({KYC: kyc_claims(again, today), **qualified}),
        house.desk.offer(qualified),
    )


class Wallet:
    """A wallet at the oracle, without a process for each step."""

    def __init__(self, house: House, name: str) -> None:
        store = house.wallet(name)
        oracle, token = store.session()
        self._held, self._asset = store.all(), house.session.asset
        self._presenter = Presenter(house.http, store.key(), utc, system_randomness)
        self._client, self._session = (
            OracleClient(house.http, oracle),
            InvestorSession(token, store.key().public.thumbprint),
        )

    def unlink(self, account_id: str) -> None:
        self._client.unlink(self._session, account_id)

    def link(self, caip2: str, account: Account) -> str:
        return self._client.link(self._session, self._asset, caip2, account, self._presenter, self._held).state


def test_after_a_lost_wallet_the_same_person_has_the_same_investor_and_the_same_tokens(house: House) -> None:
    """The issuer knows the subject, the oracle knows the subject's id again, the chains know the account."""
    (kim,) = house.admit("kim")
    answer("transfer", "ana", "kim", "12")
    lost = [str(row["id"]) for row in house.desk.credentials(kim.subject_id)]

    today = dt.datetime.now(dt.UTC).date()
    subject = draw_subject(ACCREDITED, today, secrets.token_bytes)
    # As the passport says it today; what the oracle goes by is whose record it is at the issuer.
    claims = {KYC: kyc_claims(subject, today), QUALIFICATION: qualification_claims(ACCREDITED, today)}
    offered = house.desk.offer(claims, kim.subject_id)
    new = ("--wallet", str(house.folder / "kim-again"))
    answer("wallet", "receive", offered.offer, "--tx-code", offered.tx_code, *new)
    for credential in lost:
        house.desk.change("revoke", credential)
    (enrolment,) = answer("wallet", "enrol", "--yes", *new)["enrolments"]
    assert enrolment["investor"] == "0x" + kim.investor.hex()
    assert {one["state"] for one in enrolment["accounts"]} == {"bound"}
    assert enrolment["standing"] == {"eligible": True, "reasons": []}
    house.wait_codes("kim", set())

    # The account with tokens stays hers; the empty one is given back, and another one takes its place.
    (empty,) = [one["id"] for one in enrolment["accounts"] if one["chain"].startswith("eip155")]
    wallet = Wallet(house, "kim-again")
    other = Account.evm(dev_evm(SPARE_EVM_INDEX))
    wallet.unlink(empty)
    with pytest.raises(OracleRefused) as refused:
        wallet.link(house.caip2["evm"], other)
    assert refused.value.error == "CoolingDown"
    evm = house.session.chain("evm")
    house.wait_for(lambda: 5 in house.codes("evm", "kim"), "the old account is nobody's")

    def linked() -> bool:
        try:
            return wallet.link(house.caip2["evm"], other) == "proven"
        except OracleRefused as refused_again:
            if refused_again.error != "CoolingDown":
                raise
            return False

    house.wait_for(linked, "the cooling time is over")
    house.wait_for(
        lambda: evm.views().account_of(house.session.asset, other.id).investor == kim.investor, "the new account"
    )
    assert house.position("kim", "substrate").free == 12
    answer("transfer", "kim", "ana", "12")


def test_the_same_person_under_another_number_waits_for_an_officer_and_is_one_investor_then(house: House) -> None:
    first, second, _ = offer_to_two_subjects(house)
    for wallet, offered in (("one", first), ("two", second)):
        house.receive(house.wallet(wallet), offered)
    at_first = answer("wallet", "enrol", "--yes", "--wallet", str(house.folder / "one"))
    again = answer("wallet", "enrol", "--yes", "--wallet", str(house.folder / "two"))
    assert (at_first["under_review"], len(at_first["enrolments"])) == (False, 1)
    assert (again["under_review"], again["enrolments"]) == (True, [])
    assert "looked at" in run("wallet", "standing", "--wallet", str(house.folder / "two")).stdout

    (review,) = house.ask("olga-officer", "GET", "/reviews")["reviews"]
    assert review.keys() == {"id", "person_id", "like_id", "asset", "opened_at"}
    house.ask("olga-officer", "POST", f"/reviews/{review['id']}/same")
    told = answer("wallet", "standing", "--wallet", str(house.folder / "two"))
    assert told["under_review"] is False
    assert [one["investor"] for one in told["enrolments"]] == [one["investor"] for one in at_first["enrolments"]]


def test_the_same_wallet_and_the_same_subject_are_the_same_investor_however_often_they_enrol(house: House) -> None:
    offered, _, _ = offer_to_two_subjects(house)
    wallet = ("--wallet", str(house.folder / "three"))
    house.receive(house.wallet("three"), offered)
    found = [answer("wallet", "enrol", "--yes", *wallet)["enrolments"][0]["investor"] for _ in range(2)]
    assert found[0] == found[1]


def test_a_friends_accreditation_beside_ones_own_identity_is_refused_with_the_reason(house: House) -> None:
    today = dt.datetime.now(dt.UTC).date()
    person = draw_subject(ACCREDITED, today, secrets.token_bytes)
    _, _, friends = offer_to_two_subjects(house)
    wallet = house.wallet("borrower")
    house.receive(wallet, house.desk.offer({KYC: kyc_claims(person, today)}))
    house.receive(wallet, friends)
    refused = run("wallet", "enrol", "--yes", "--wallet", str(wallet.folder))
    assert refused.returncode == 2
    assert "one person" in refused.stderr
    assert "Traceback" not in refused.stderr
    standing = run("wallet", "standing", "--wallet", str(wallet.folder))
    assert standing.returncode == 2
    assert "enrol" in standing.stderr
