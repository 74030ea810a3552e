"""Whether a signature shows control of an account: sr25519, ed25519, ecdsa, EIP-712 and ERC-1271.

Wallets of Substrate accounts wrap texts in `<Bytes>` before they sign, so that a text can never be an extrinsic: both
forms are taken. An ERC-1271 contract is asked at a finalised block, through `ContractSignatures`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import sr25519  # type: ignore[import-untyped]
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from bridge.domains import evm_of_account
from bridge.quorum import is_canonical, recover_signer
from identity.oracle.people.proofs.control import AccountControl
from identity.oracle.people.proofs.errors import ProofRefused

MAX_SIGNATURE = 4_096
"""Bytes: smart accounts may want several signatures in one."""


class Scheme(StrEnum):
    """How an account signs."""

    SR25519 = "sr25519"
    ED25519 = "ed25519"
    ECDSA = "ecdsa"
    EIP712 = "eip712"
    ERC1271 = "erc1271"


EVM_SCHEMES = frozenset({Scheme.EIP712, Scheme.ERC1271})


@dataclass(frozen=True, slots=True)
class Proof:
    """A signature of a statement of control."""

    scheme: Scheme
    signature: bytes


class ContractSignatures(Protocol):
    """Asks contracts about signatures (ERC-1271), at a finalised block of a chain."""

    def is_valid(self, chain: str, contract: bytes, digest: bytes, signature: bytes) -> bool:
        """Whether `isValidSignature(digest, signature)` of the contract (20 bytes) answers 0x1626ba7e.

        A contract that reverts or isn't there answers False. RecoverableError when the chain can't be asked.
        """


def check_proof(control: AccountControl, proof: Proof, contracts: ContractSignatures | None = None) -> None:
    """Returns when the proof shows that the account named in the statement signed it; its end is not checked here.

    Raises:
        ProofRefused: another account's signature, a scheme of another kind of chain, a non-canonical spelling.
    """
    scheme = proof.scheme
    if control.is_evm != (scheme in EVM_SCHEMES):
        raise ProofRefused(scheme, "accounts of this chain sign otherwise")
    if not 0 < len(proof.signature) <= MAX_SIGNATURE:
        raise ProofRefused(scheme, f"a signature has 1 to {MAX_SIGNATURE} bytes")
    if scheme is Scheme.ERC1271:
        _check_contract(control, proof.signature, contracts)
        return
    if scheme is Scheme.EIP712:
        _check_typed(control, proof.signature)
        return
    text = control.text().encode("utf-8")
    verify = _TEXT_SCHEMES[scheme]
    if not any(verify(proof.signature, data, control.account) for data in (text, b"<Bytes>" + text + b"</Bytes>")):
        raise ProofRefused(scheme, "it is not this account's signature of this text")


def _check_typed(control: AccountControl, signature: bytes) -> None:
    # Only the canonical spelling is recovered: 65 bytes, v 27 or 28, a low s.
    if recover_signer(typed_digest(control), signature) != evm_of_account(control.account):
        raise ProofRefused(Scheme.EIP712, "it is not this account's signature of this statement")


def _check_contract(control: AccountControl, signature: bytes, contracts: ContractSignatures | None) -> None:
    if contracts is None:
        raise ProofRefused(Scheme.ERC1271, "contracts are not asked here")
    if not contracts.is_valid(control.chain, evm_of_account(control.account), typed_digest(control), signature):
        raise ProofRefused(Scheme.ERC1271, "the contract does not accept it")


def typed_digest(control: AccountControl) -> bytes:
    """The EIP-712 digest of the statement: keccak256(0x1901, domain separator, struct hash)."""
    message = control.signable()
    return keccak(b"\x19\x01" + message.header + message.body)


def _sr25519(signature: bytes, data: bytes, account: bytes) -> bool:
    try:
        return bool(sr25519.verify(signature, data, account))
    except ValueError:
        # Wrong length, no schnorrkel marker, no point: nobody can have signed so.
        return False


def _ed25519(signature: bytes, data: bytes, account: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(account).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _ecdsa(signature: bytes, data: bytes, account: bytes) -> bool:
    """Substrate's ecdsa: over BLAKE2-256 of the text; the account is BLAKE2-256 of the compressed public key."""
    if len(signature) == 65 and signature[64] < 2:
        signature = signature[:64] + bytes([signature[64] + 27])
    if not is_canonical(signature):
        return False
    recoverable = Signature(signature[:64] + bytes([signature[64] - 27]))
    try:
        key = recoverable.recover_public_key_from_msg_hash(_blake2(data))
    except (BadSignature, ValidationError):
        return False
    return _blake2(key.to_compressed_bytes()) == account


def _blake2(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


_TEXT_SCHEMES: Mapping[Scheme, Callable[[bytes, bytes, bytes], bool]] = {
    Scheme.SR25519: _sr25519,
    Scheme.ED25519: _ed25519,
    Scheme.ECDSA: _ecdsa,
}
