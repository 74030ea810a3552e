"""Credential in, eligibility out, by command on a running system: somebody new becomes an investor, and stops being one."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from pathlib import Path

import httpx
import pytest

from lockstep_cli.local.cast import ROSTER, evm_account, substrate_account
from lockstep_cli.local.subjects import KYC, Facts, draw_subject, kyc_claims
from tests.e2e.journeys.house import ACCREDITED, CHAINS, FOLDER, House
from tests.support.commands import answer, run

pytestmark = [pytest.mark.chains, pytest.mark.timeout(600)]


def test_a_stranger_with_credentials_becomes_an_investor_on_both_chains_and_stops_being_one(
    house: House, tmp_path: Path
) -> None:
    """One story, because every step stands on the one before."""
    wallet = ("--wallet", str(tmp_path / "gil"))
    offered = house.offer(ACCREDITED)
    held = answer("wallet", "receive", offered.offer, "--tx-code", offered.tx_code, *wallet)
    assert {one["configuration"] for one in held} == {"kyc_sd_jwt", "investor_qualification_sd_jwt"}
    assert all(5 in house.codes(chain, "gil") for chain in CHAINS)

    enrolled = answer("wallet", "enrol", "--yes", *wallet)
    ((enrolment,), chains) = enrolled["enrolments"], enrolled["chains"]
    assert enrolment["standing"]["eligible"] is True
    for chain in chains:
        assert answer("wallet", "link", "--chain", chain, "--account", "gil", *wallet)["state"] == "proven"
    for chain in CHAINS:
        house.wait_for(lambda chain=chain: not house.codes(chain, "gil") & {5, 9, 10, 16}, f"{chain}: admitted")  # type: ignore[misc]
    investors = {
        house.session.chain(chain).views().account_of(house.session.asset, account.id).investor
        for chain, account in (("substrate", substrate_account("gil")), ("evm", evm_account(ROSTER["gil"])))
    }
    assert {"0x" + one.hex() for one in investors} == {enrolment["investor"]}
    states = {one["state"] for one in answer("wallet", "standing", *wallet)["enrolments"][0]["accounts"]}
    assert states == {"bound"}

    (credential,) = [one for one in house.desk.credentials(offered.subject_id) if one["configuration"].startswith(KYC)]
    house.desk.change("suspend", str(credential["id"]))
    for chain in CHAINS:
        house.wait_for(lambda chain=chain: 9 in house.codes(chain, "gil"), f"{chain}: suspended")  # type: ignore[misc]
    assert answer("wallet", "standing", *wallet)["enrolments"][0]["standing"]["eligible"] is False
    house.desk.change("reinstate", str(credential["id"]))
    for chain in CHAINS:
        house.wait_for(lambda chain=chain: 9 not in house.codes(chain, "gil"), f"{chain}: reinstated")  # type: ignore[misc]


def test_who_only_says_of_himself_that_he_is_accredited_is_known_and_may_not_receive(
    house: House, tmp_path: Path
) -> None:
    """Rule 506(b) would take his representation; the asset's policy asks for a method of Rule 506(c)."""
    wallet = ("--wallet", str(tmp_path / "hua"))
    offered = house.offer(Facts("US", 1_000, verification="506b_representation"))
    answer("wallet", "receive", offered.offer, "--tx-code", offered.tx_code, *wallet)
    enrolled = answer("wallet", "enrol", "--yes", *wallet)
    standing = enrolled["enrolments"][0]["standing"]
    assert standing["eligible"] is False
    assert standing["reasons"] != []
    for chain in enrolled["chains"]:
        answer("wallet", "link", "--chain", chain, "--account", "hua", *wallet)
    for chain in CHAINS:
        house.wait_for(lambda chain=chain: 5 not in house.codes(chain, "hua"), f"{chain}: bound")  # type: ignore[misc]
        assert 9 in house.codes(chain, "hua")


def test_a_wallet_without_what_is_asked_for_is_told_what_it_lacks(house: House, tmp_path: Path) -> None:
    wallet = ("--wallet", str(tmp_path / "ida"))
    today = dt.datetime.now(dt.UTC).date()
    subject = draw_subject(Facts("US", 1_000), today, secrets.token_bytes)
    offered = house.desk.offer({KYC: kyc_claims(subject, today)})
    answer("wallet", "receive", offered.offer, "--tx-code", offered.tx_code, *wallet)
    refused = run("wallet", "enrol", "--yes", *wallet)
    assert refused.returncode == 2
    assert "investor_qualification" in refused.stderr


def test_staff_tokens_and_keys_lie_in_files_of_their_owner_only(house: House) -> None:
    secret = [
        path for pattern in ("**/*.token", "**/*.key", "**/passphrase", "**/*.sqlite") for path in FOLDER.glob(pattern)
    ]
    assert len(secret) > 15
    assert [path for path in secret if path.stat().st_mode & 0o077] == []


def test_the_policy_that_both_chains_name_can_be_read_by_everybody(house: House) -> None:
    for chain in CHAINS:
        document = house.session.chain(chain).views().document_of(house.session.asset, b"policy".ljust(32, b"\0"))
        assert document is not None
        body = house.http.get(document.uri).content
        assert hashlib.sha256(body).digest() == document.hash
        assert json.loads(body)["asset"] == house.asset


def test_both_services_show_their_names_and_keys_over_https(house: House) -> None:
    for name in ("issuer", "oracle"):
        document = house.http.get(f"{house.running[name]}/.well-known/did.json").json()
        assert document["id"] == "did:web:" + house.running[name].removeprefix("https://").replace(":", "%3A")
        assert document["assertionMethod"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(str(house.running["oracle"]) + "/.well-known/did.json", trust_env=False)
