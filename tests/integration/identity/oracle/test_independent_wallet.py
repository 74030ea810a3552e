"""A wallet that shares no code with us answers our request, agrees to an account, and shows what was tampered with."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data

from identity.formats.strict import encode_base64url
from identity.wallet.investing import OracleClient
from identity.wallet.store import Held, WalletStore
from tests.integration.identity import nodejs
from tests.integration.identity.oracle.conftest import Served, presenter
from tests.unit.identity.oracle.presenting.verifier_house import ASSET, EVM


def present(oracle: Served, wallet: WalletStore, held: Held, mode: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the oracle started with, and what the independent wallet says."""
    body = {"asset": "0x" + ASSET.hex(), "response_mode": mode}
    started = oracle.http.post("/enrolments", json=body).json()
    return started, answer(oracle, wallet, held, started["request"])


def answer(oracle: Served, wallet: WalletStore, held: Held, request: str) -> dict[str, Any]:
    """What the independent wallet says after it has answered a request."""
    given = {"request": request, "credential": held.credential, "privateJwk": private_jwk(wallet)}
    done = nodejs.run("present.mjs", root=oracle.root, given=json.dumps(given))
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def private_jwk(wallet: WalletStore) -> dict[str, str]:
    """The wallet's key, for the other wallet to use."""
    key = load_pem_private_key((wallet.folder / "holder.pem").read_bytes(), None)
    number = key.private_numbers().private_value  # type: ignore[union-attr]
    return {**wallet.key().public.jwk, "d": encode_base64url(number.to_bytes(32))}


@pytest.mark.parametrize("mode", ["direct_post.jwt", "direct_post"])
def test_an_independent_wallet_presents(oracle: Served, wallet: WalletStore, mode: str) -> None:
    started, told = present(oracle, wallet, wallet.all()[0], mode)
    assert told["status"] == 200, told
    assert (told["prefix"], told["mode"]) == ("decentralized_identifier", mode)
    assert told["version"] >= 100, "the library takes it for a request of version 1.0"
    code = told["answer"]["redirect_uri"].partition("#response_code=")[2]
    going_on = {"transaction": started["transaction"], "response_code": code}
    session = oracle.http.post("/enrolments/continue", json=going_on).json()
    me = oracle.http.get("/me", headers={"Authorization": f"Bearer {session['access_token']}"}).json()
    assert [one["asset"] for one in me["enrolments"]] == ["0x" + ASSET.hex()]


@pytest.mark.parametrize("mode", ["direct_post.jwt", "direct_post"])
def test_an_independent_wallet_agrees_to_an_account(oracle: Served, wallet: WalletStore, mode: str) -> None:
    held, account = wallet.all()[0], EthAccount.create()
    session = OracleClient(oracle.http, oracle.url).enrol(ASSET, presenter(oracle, wallet), [held])
    headers = {"Authorization": f"Bearer {session.token}"}
    wanted = {"asset": "0x" + ASSET.hex(), "chain": EVM, "account": account.address}
    given = oracle.http.post("/me/challenges", json=wanted, headers=headers).json()
    asked = oracle.http.post(
        f"/me/challenges/{given['nonce']}/consent", json={"response_mode": mode}, headers=headers
    ).json()
    told = answer(oracle, wallet, held, asked["request"])
    assert (told["status"], told["mode"], told["shown"]) == (200, mode, 0), told
    (agreed,) = told["transactions"]
    assert {name: agreed[name] for name in ("account", "nonce", "expires_at", "chain", "asset")} == {
        **wanted,
        "nonce": given["nonce"],
        "expires_at": given["expires_at"],
    }
    signed = account.sign_message(encode_typed_data(full_message=given["typed_data"])).signature
    proof = {"nonce": given["nonce"], "scheme": "eip712", "signature": "0x" + signed.hex().removeprefix("0x")}
    linked = oracle.http.post("/me/accounts", json=proof, headers=headers)
    assert (linked.status_code, linked.json()["state"]) == (201, "proven"), linked.text


def test_an_independent_wallet_reads_our_refusal(oracle: Served, wallet: WalletStore) -> None:
    held = wallet.all()[0]
    jwt, *rest = held.credential.split("~")
    head, payload, signature = jwt.split(".")
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    tampered = Held(**{**_members(held), "credential": "~".join((f"{head}.{payload}.{flipped}", *rest))})
    _, told = present(oracle, wallet, tampered, "direct_post.jwt")
    assert told["status"] == 400
    assert (told["answer"]["error"], told["answer"]["reason"]) == ("invalid_request", "SignatureInvalid")


def _members(held: Held) -> dict[str, Any]:
    return {name: getattr(held, name) for name in held.__slots__}
