"""Credential in, eligibility out, by command on a running system: somebody new becomes an investor, and stops being one."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from identity.issuer.staff import Role
from lockstep_cli.local.cast import ROSTER, evm_account, substrate_account
from lockstep_cli.local.desk import Desk, Offered
from lockstep_cli.local.subjects import KYC, QUALIFICATION, Facts, draw_subject, kyc_claims, qualification_claims
from lockstep_cli.session import Session, open_session
from tests.support.commands import ROOT, answer, run

pytestmark = [pytest.mark.chains, pytest.mark.timeout(600)]

FOLDER = ROOT / ".lockstep" / "run" / "up"
CHAINS = ("substrate", "evm")
PATIENCE = 60.0


@pytest.fixture(scope="module")
def desk(running: dict[str, Any]) -> Iterator[Desk]:
    """The issuer's staff, with the tokens that lie in files of their own."""
    tokens = {role: (FOLDER / "issuer" / f"{role}.token").read_text() for role in Role}
    context = ssl.create_default_context(cafile=str(FOLDER / "ca" / "ca.pem"))
    with closing(httpx.Client(verify=context, timeout=20)) as http:
        yield Desk(http, running["issuer"], tokens, secrets.token_bytes)


@pytest.fixture(scope="module")
def session(running: dict[str, Any]) -> Iterator[Session]:
    with open_session() as opened:
        yield opened


def offered_to_somebody(desk: Desk, facts: Facts) -> Offered:
    today = dt.datetime.now(dt.UTC).date()
    subject = draw_subject(facts, today, secrets.token_bytes)
    return desk.offer({KYC: kyc_claims(subject, today), QUALIFICATION: qualification_claims(facts, today)})


def codes_of_a_gift(session: Session, chain: str, to: str) -> set[int]:
    """The rules that a transfer of one token from Ana would fail on a chain."""
    receiver = evm_account(ROSTER[to]) if chain == "evm" else substrate_account(to)
    sender = session.person("ana").account(chain)
    reasons = session.chain(chain).views().explain_transfer(session.asset, sender.id, receiver.id, 1)
    return {reason.code for reason in reasons}


def wait_until(chain_says: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + PATIENCE
    while not chain_says():
        assert time.monotonic() < ends, what
        time.sleep(0.5)


def test_a_stranger_with_credentials_becomes_an_investor_on_both_chains_and_stops_being_one(
    desk: Desk, session: Session, tmp_path: Any
) -> None:
    """One story, because every step stands on the one before."""
    wallet = ("--wallet", str(tmp_path / "gil"))
    offered = offered_to_somebody(desk, Facts("US", 1_000))
    held = answer("wallet", "receive", offered.offer, "--tx-code", offered.tx_code, *wallet)
    assert {one["configuration"] for one in held} == {"kyc_sd_jwt", "investor_qualification_sd_jwt"}
    assert all(5 in codes_of_a_gift(session, chain, "gil") for chain in CHAINS)

    enrolled = answer("wallet", "enrol", "--yes", *wallet)
    ((enrolment,), chains) = enrolled["enrolments"], enrolled["chains"]
    assert enrolment["standing"]["eligible"] is True
    for chain in chains:
        assert answer("wallet", "link", "--chain", chain, "--account", "gil", *wallet)["state"] == "proven"
    for chain in CHAINS:
        wait_until(
            lambda chain=chain: not codes_of_a_gift(session, chain, "gil") & {5, 9, 10, 16}, f"{chain}: admitted"
        )  # type: ignore[misc]
    investors = {
        session.chain(chain).views().account_of(session.asset, account.id).investor
        for chain, account in (("substrate", substrate_account("gil")), ("evm", evm_account(ROSTER["gil"])))
    }
    assert {"0x" + one.hex() for one in investors} == {enrolment["investor"]}
    states = {one["state"] for one in answer("wallet", "standing", *wallet)["enrolments"][0]["accounts"]}
    assert states == {"bound"}

    (credential,) = [one for one in desk.credentials(offered.subject_id) if one["configuration"].startswith(KYC)]
    desk.change("suspend", str(credential["id"]))
    for chain in CHAINS:
        wait_until(lambda chain=chain: 9 in codes_of_a_gift(session, chain, "gil"), f"{chain}: suspended")  # type: ignore[misc]
    assert answer("wallet", "standing", *wallet)["enrolments"][0]["standing"]["eligible"] is False
    desk.change("reinstate", str(credential["id"]))
    for chain in CHAINS:
        wait_until(lambda chain=chain: 9 not in codes_of_a_gift(session, chain, "gil"), f"{chain}: reinstated")  # type: ignore[misc]


def test_who_only_says_of_himself_that_he_is_accredited_is_known_and_may_not_receive(
    desk: Desk, session: Session, tmp_path: Any
) -> None:
    """Rule 506(b) would take his representation; the asset's policy asks for a method of Rule 506(c)."""
    wallet = ("--wallet", str(tmp_path / "hua"))
    offered = offered_to_somebody(desk, Facts("US", 1_000, verification="506b_representation"))
    answer("wallet", "receive", offered.offer, "--tx-code", offered.tx_code, *wallet)
    enrolled = answer("wallet", "enrol", "--yes", *wallet)
    standing = enrolled["enrolments"][0]["standing"]
    assert standing["eligible"] is False
    assert standing["reasons"] != []
    for chain in enrolled["chains"]:
        answer("wallet", "link", "--chain", chain, "--account", "hua", *wallet)
    for chain in CHAINS:
        wait_until(lambda chain=chain: 5 not in codes_of_a_gift(session, chain, "hua"), f"{chain}: bound")  # type: ignore[misc]
        assert 9 in codes_of_a_gift(session, chain, "hua")


def test_a_wallet_without_what_is_asked_for_is_told_what_it_lacks(desk: Desk, tmp_path: Any) -> None:
    wallet = ("--wallet", str(tmp_path / "ida"))
    today = dt.datetime.now(dt.UTC).date()
    subject = draw_subject(Facts("US", 1_000), today, secrets.token_bytes)
    offered = desk.offer({KYC: kyc_claims(subject, today)})
    answer("wallet", "receive", offered.offer, "--tx-code", offered.tx_code, *wallet)
    refused = run("wallet", "enrol", "--yes", *wallet)
    assert refused.returncode == 2
    assert "investor_qualification" in refused.stderr


def test_staff_tokens_and_keys_lie_in_files_of_their_owner_only(running: dict[str, Any]) -> None:
    secret = [
        path for pattern in ("**/*.token", "**/*.key", "**/passphrase", "**/*.sqlite") for path in FOLDER.glob(pattern)
    ]
    assert len(secret) > 15
    assert [path for path in secret if path.stat().st_mode & 0o077] == []


def test_the_policy_that_both_chains_name_can_be_read_by_everybody(running: dict[str, Any], session: Session) -> None:
    context = ssl.create_default_context(cafile=str(FOLDER / "ca" / "ca.pem"))
    for chain in CHAINS:
        document = session.chain(chain).views().document_of(session.asset, b"policy".ljust(32, b"\0"))
        assert document is not None
        body = httpx.get(document.uri, verify=context).content
        assert hashlib.sha256(body).digest() == document.hash
        assert json.loads(body)["asset"] == running["asset"]


def test_both_services_show_their_names_and_keys_over_https(running: dict[str, Any]) -> None:
    context = ssl.create_default_context(cafile=str(FOLDER / "ca" / "ca.pem"))
    for name in ("issuer", "oracle"):
        document = httpx.get(f"{running[name]}/.well-known/did.json", verify=context).json()
        assert document["id"] == "did:web:" + running[name].removeprefix("https://").replace(":", "%3A")
        assert document["assertionMethod"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(running["oracle"] + "/.well-known/did.json", trust_env=False)
