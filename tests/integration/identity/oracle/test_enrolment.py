"""From an issuer's credential to two linked accounts, over https, with the project's own wallet and its commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from chains.accounts import Account
from chains.devnet.keys import dev_evm, dev_substrate
from identity.wallet.investing import OracleClient
from identity.wallet.store import WalletStore
from tests.integration.identity.oracle.conftest import Served, presenter
from tests.unit.identity.oracle.presenting.verifier_house import ASSET, EVM, SUBSTRATE


def test_a_wallet_presents_and_links_an_account_on_each_chain(oracle: Served, wallet: WalletStore) -> None:
    client = OracleClient(oracle.http, oracle.url)
    showing, held = presenter(oracle, wallet), wallet.all()
    session = client.enrol(ASSET, showing, held)
    on_substrate = client.link(session, ASSET, SUBSTRATE, Account.substrate(dev_substrate("Alice")), showing, held)
    on_evm = client.link(session, ASSET, EVM, Account.evm(dev_evm(4)), showing, held)
    assert (on_substrate.state, on_evm.state) == ("proven", "proven")
    (enrolment,) = client.me(session)["enrolments"]
    assert {one["account"] for one in enrolment["accounts"]} == {on_substrate.account, on_evm.account}
    assert on_evm.account == dev_evm(4).address


def test_the_commands_do_the_same(oracle: Served, wallet: WalletStore) -> None:
    enrolled = lockstep(oracle, wallet, "enrol", "--asset", "0x" + ASSET.hex(), "--oracle", oracle.url, "--yes")
    (enrolment,) = enrolled["enrolments"]
    linked = lockstep(oracle, wallet, "link", "--asset", "0x" + ASSET.hex(), "--chain", EVM, "--account", "ben")
    assert linked["state"] == "proven"
    standing = lockstep(oracle, wallet, "standing")
    assert standing["enrolments"][0]["investor"] == enrolment["investor"]
    assert linked["id"] in [one["id"] for one in standing["enrolments"][0]["accounts"]]


def test_a_request_is_answered_by_a_command(oracle: Served, wallet: WalletStore) -> None:
    started = oracle.http.post("/enrolments", json={"asset": "0x" + ASSET.hex()}).json()
    shown = lockstep(oracle, wallet, "present", "--request", started["request"], "--yes")
    assert shown["redirect_uri"].startswith(f"{oracle.url}/enrolments/return#response_code=")
    assert [one["query"] for one in shown["shown"]] == ["kyc"]
    assert "document" not in json.dumps(shown["shown"])


def test_a_command_agrees_to_an_account_and_says_to_which(oracle: Served, wallet: WalletStore) -> None:
    session = OracleClient(oracle.http, oracle.url).enrol(ASSET, presenter(oracle, wallet), wallet.all())
    headers, account = {"Authorization": f"Bearer {session.token}"}, dev_substrate("Bob")
    wanted = {"asset": "0x" + ASSET.hex(), "chain": SUBSTRATE, "account": account.ss58_address}
    given = oracle.http.post("/me/challenges", json=wanted, headers=headers).json()
    asked = oracle.http.post(f"/me/challenges/{given['nonce']}/consent", json={}, headers=headers).json()
    shown = lockstep(oracle, wallet, "present", "--request", asked["request"], "--yes")
    assert shown["agreed"] == [given["text"]]
    assert [one["claims"] for one in shown["shown"]] == [[]]
    proof = {"nonce": given["nonce"], "scheme": "sr25519", "signature": "0x" + account.sign(given["text"]).hex()}
    assert oracle.http.post("/me/accounts", json=proof, headers=headers).status_code == 201


def lockstep(oracle: Served, wallet: WalletStore, command: str, *words: str) -> Any:
    """Runs a command of the wallet; its JSON."""
    env = {
        **os.environ,
        "LOCKSTEP_ENV": "dev",
        "LOCKSTEP_WALLET": str(wallet.folder),
        "LOCKSTEP_ROOTS": str(oracle.root),
    }
    argv = [sys.executable, "-m", "lockstep_cli", "wallet", command, *words, "--json"]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
