"""Control of an account: each scheme's own way of signing, and signatures that show nothing."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct
from eth_keys import keys as eth_keys
from substrateinterface import Keypair, KeypairType

from bridge.domains import account_of_evm
from bridge.quorum import CURVE_ORDER
from identity.oracle.people.proofs import (
    AccountControl,
    AccountMalformed,
    Proof,
    ProofRefused,
    Proved,
    Scheme,
    check_proof,
    parse_account,
    proof_json,
    verify_account_proof,
)
from identity.oracle.people.proofs.checking import typed_digest

EVM, SUBSTRATE = "eip155:31337", "polkadot:" + "a" * 32
ORACLE, ASSET, HOLDER = "did:web:oracle.example", b"\x5a" * 32, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
SR, ED = Keypair.create_from_uri("//Alice"), Keypair.create_from_seed("0x" + "11" * 32, crypto_type=KeypairType.ED25519)
ETH = EthAccount.from_key(b"\x22" * 32)
SECP = eth_keys.PrivateKey(b"\x33" * 32)


def blake2(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


def control(chain: str, account: bytes, **changed: Any) -> AccountControl:
    return replace(AccountControl(ORACLE, ASSET, chain, account, HOLDER, "n" * 22, 1_780_000_600), **changed)


def of_evm(**changed: Any) -> AccountControl:
    return control(EVM, account_of_evm(bytes.fromhex(ETH.address[2:])), **changed)


def of_secp(**changed: Any) -> AccountControl:
    return control(SUBSTRATE, blake2(SECP.public_key.to_compressed_bytes()), **changed)


def sign_secp(statement: AccountControl, *, v_from: int = 0) -> bytes:
    signature = SECP.sign_msg_hash(blake2(statement.text().encode())).to_bytes()
    return signature[:64] + bytes([signature[64] + v_from])


def wrapped(statement: AccountControl) -> bytes:
    return b"<Bytes>" + statement.text().encode() + b"</Bytes>"


def test_the_statement_is_readable_and_names_everything() -> None:
    assert of_evm().text() == (
        "I control this account and ask to bind it to my record as an investor in this asset.\n"
        "\n"
        "Oracle: did:web:oracle.example\n"
        f"Asset: 0x{'5a' * 32}\n"
        "Chain: eip155:31337\n"
        "Account: 0x1563915e194D8CfBA1943570603F7606A3115508\n"
        "Holder key: NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs\n"
        "Nonce: nnnnnnnnnnnnnnnnnnnnnn\n"
        "Expires: 2026-05-28T20:36:40Z"
    )


def test_sr25519_signs_the_text_as_it_is_or_wrapped() -> None:
    statement = control(SUBSTRATE, bytes(SR.public_key))
    for data in (statement.text().encode(), wrapped(statement)):
        check_proof(statement, Proof(Scheme.SR25519, SR.sign(data)))


def test_ed25519_signs_the_text_as_it_is_or_wrapped() -> None:
    statement = control(SUBSTRATE, bytes(ED.public_key))
    for data in (statement.text().encode(), wrapped(statement)):
        check_proof(statement, Proof(Scheme.ED25519, ED.sign(data)))


@pytest.mark.parametrize("v_from", [0, 27])
def test_ecdsa_signs_the_hash_of_the_text_for_the_hash_of_its_key(v_from: int) -> None:
    check_proof(of_secp(), Proof(Scheme.ECDSA, sign_secp(of_secp(), v_from=v_from)))


def test_an_evm_account_signs_typed_data() -> None:
    signed = ETH.sign_typed_data(full_message=of_evm().typed_data())
    check_proof(of_evm(), Proof(Scheme.EIP712, bytes(signed.signature)))
    assert typed_digest(of_evm()) == bytes(signed.message_hash)


class Contracts:
    """Smart accounts that accept one signature."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes, bytes]] = []

    def is_valid(self, chain: str, contract: bytes, digest: bytes, signature: bytes) -> bool:
        self.asked.append((chain, contract, digest))
        return signature == b"two of three"


def test_a_smart_account_is_asked_about_the_same_digest() -> None:
    contracts = Contracts()
    check_proof(of_evm(), Proof(Scheme.ERC1271, b"two of three"), contracts)
    assert contracts.asked == [(EVM, bytes.fromhex(ETH.address[2:]), typed_digest(of_evm()))]
    with pytest.raises(ProofRefused):
        check_proof(of_evm(), Proof(Scheme.ERC1271, b"one of three"), contracts)
    with pytest.raises(ProofRefused, match="not asked"):
        check_proof(of_evm(), Proof(Scheme.ERC1271, b"two of three"))


@pytest.mark.parametrize(
    "changed",
    [
        {"oracle": "did:web:other.example"},
        {"asset": b"\x5b" * 32},
        {"nonce": "m" * 22},
        {"expires_at": 1_780_000_601},
        {"holder": "x" * 43},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_signature_of_one_statement_serves_no_other(changed: dict[str, Any]) -> None:
    substrate = control(SUBSTRATE, bytes(SR.public_key))
    by_text = Proof(Scheme.SR25519, SR.sign(substrate.text().encode()))
    typed = Proof(Scheme.EIP712, bytes(ETH.sign_message(of_evm().signable()).signature))
    for statement, proof in ((substrate, by_text), (of_evm(), typed)):
        check_proof(statement, proof)
        with pytest.raises(ProofRefused):
            check_proof(replace(statement, **changed), proof)


def test_a_signature_for_one_chain_serves_no_other() -> None:
    typed = Proof(Scheme.EIP712, bytes(ETH.sign_message(of_evm().signable()).signature))
    with pytest.raises(ProofRefused):
        check_proof(replace(of_evm(), chain="eip155:1"), typed)


def test_another_account_of_the_same_kind_shows_nothing() -> None:
    other = control(SUBSTRATE, bytes(Keypair.create_from_uri("//Bob").public_key))
    with pytest.raises(ProofRefused):
        check_proof(other, Proof(Scheme.SR25519, SR.sign(other.text().encode())))


def test_a_personal_message_is_no_typed_data() -> None:
    personal = ETH.sign_message(encode_defunct(text=of_evm().text()))
    with pytest.raises(ProofRefused):
        check_proof(of_evm(), Proof(Scheme.EIP712, bytes(personal.signature)))


def test_the_other_spelling_of_a_signature_is_refused() -> None:
    signature = bytes(ETH.sign_message(of_evm().signable()).signature)
    high = (CURVE_ORDER - int.from_bytes(signature[32:64])).to_bytes(32)
    flipped = signature[:32] + high + bytes([55 - signature[64]])
    low_v = signature[:64] + bytes([signature[64] - 27])
    for spelling in (flipped, low_v, signature + b"\0", signature[:64]):
        with pytest.raises(ProofRefused):
            check_proof(of_evm(), Proof(Scheme.EIP712, spelling))


@pytest.mark.parametrize("scheme", [Scheme.SR25519, Scheme.ED25519, Scheme.ECDSA])
@pytest.mark.parametrize("signature", [b"", b"\0", b"\xff" * 64, b"\0" * 64, b"\1" * 65, b"\xff" * 5_000])
def test_no_bytes_break_a_check(scheme: Scheme, signature: bytes) -> None:
    for account in (bytes(SR.public_key), b"\xff" * 32, b"\1" * 32):
        with pytest.raises(ProofRefused):
            check_proof(control(SUBSTRATE, account), Proof(scheme, signature))


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_scheme_of_another_kind_of_chain_is_refused(scheme: Scheme) -> None:
    other = control(SUBSTRATE, bytes(SR.public_key)) if scheme in (Scheme.EIP712, Scheme.ERC1271) else of_evm()
    with pytest.raises(ProofRefused, match="otherwise"):
        check_proof(other, Proof(scheme, b"x" * 65), Contracts())


def test_a_proof_is_checked_again_from_its_json() -> None:
    statement = control(SUBSTRATE, bytes(SR.public_key))
    document = proof_json(statement, Proof(Scheme.SR25519, SR.sign(statement.text().encode())), "a.b.c")
    known = {"oracle": ORACLE, "asset": ASSET, "chain": SUBSTRATE, "account": bytes(SR.public_key)}
    assert verify_account_proof(document, **known) == Proved(statement, "a.b.c")
    with pytest.raises(ProofRefused):
        verify_account_proof(document, **{**known, "asset": b"\0" * 32})


@pytest.mark.parametrize(
    "changed",
    [
        {"scheme": "rsa"},
        {"scheme": 5},
        {"signature": "0xzz"},
        {"signature": "aa"},
        {"signature": None},
        {"nonce": "a b"},
        {"holder": 5},
        {"expires_at": True},
        {"expires_at": 1.5},
        {"expires_at": -1},
        {"consent": None},
        {"consent": ""},
        {"consent": "a" * 8_193},
        {"more": 1},
    ],
)
def test_json_of_another_form_is_refused(changed: dict[str, Any]) -> None:
    document = {**proof_json(of_evm(), Proof(Scheme.EIP712, b"x" * 65), "a.b.c"), **changed}
    with pytest.raises(ProofRefused):
        verify_account_proof(document, oracle=ORACLE, asset=ASSET, chain=EVM, account=of_evm().account)


@pytest.mark.parametrize(
    ("chain", "text"),
    [
        (EVM, "0x1563915e194D8CfBA1943570603F7606A3115508"),
        (EVM, "0x1563915e194d8cfba1943570603f7606a3115508"),
        (SUBSTRATE, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"),
        (SUBSTRATE, "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5"),
        (SUBSTRATE, "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"),
    ],
)
def test_an_account_is_read_in_each_of_its_spellings(chain: str, text: str) -> None:
    expected = of_evm().account if chain == EVM else bytes(SR.public_key)
    assert parse_account(chain, text) == expected


@pytest.mark.parametrize(
    ("chain", "text"),
    [
        (EVM, "0x1563915E194D8CfBA1943570603F7606A3115508"),
        (EVM, "0x" + "0" * 40),
        (EVM, "0x1563"),
        (EVM, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"),
        (SUBSTRATE, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ"),
        (SUBSTRATE, "0x" + "0" * 64),
        (SUBSTRATE, ""),
        (SUBSTRATE, "F7Hs"),
        (SUBSTRATE, "5" * 5_000),
        ("bip122:000000000019d6689c085ae165831e93", "x"),
        ("eip155:", "0x1563915e194d8cfba1943570603f7606a3115508"),
    ],
)
def test_another_text_is_no_account(chain: str, text: str) -> None:
    with pytest.raises(AccountMalformed):
        parse_account(chain, text)
