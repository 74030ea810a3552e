"""A wallet that shares no code with us answers our request: encrypted and in the clear, and one that was tampered with."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from identity.formats.strict import encode_base64url
from identity.wallet.store import Held, WalletStore
from tests.integration.identity import nodejs
from tests.integration.identity.oracle.conftest import Served
from tests.unit.identity.oracle.presenting.verifier_house import ASSET


def present(oracle: Served, wallet: WalletStore, held: Held, mode: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the oracle started with, and what the independent wallet says."""
    body = {"asset": "0x" + ASSET.hex(), "response_mode": mode}
    started = oracle.http.post("/enrolments", json=body).json()
    given = {"request": started["request"], "credential": held.credential, "privateJwk": private_jwk(wallet)}
    done = nodejs.run("present.mjs", root=oracle.root, given=json.dumps(given))
    assert done.returncode == 0, done.stderr
    return started, json.loads(done.stdout)


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
