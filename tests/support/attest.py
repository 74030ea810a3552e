"""Signatures made by the tests themselves, with eth_account and the development attestors' keys.

The signer under test is not used: an attack must not depend on what our own attestors would sign.
"""

from __future__ import annotations

from collections.abc import Sequence

from eth_account.signers.local import LocalAccount

from chains.devnet.keys import ATTESTORS, ORACLE_SIGNERS, dev_evm

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def by_address(indexes: Sequence[int]) -> list[LocalAccount]:
    """The keys at these places of the well-known phrase, ascending by address."""
    return sorted((dev_evm(index) for index in indexes), key=lambda key: bytes.fromhex(key.address[2:]))


def attestors() -> list[LocalAccount]:
    return by_address(ATTESTORS)


def oracle_signers() -> list[LocalAccount]:
    return by_address(ORACLE_SIGNERS)


def signed(digest: bytes, keys: Sequence[LocalAccount]) -> list[bytes]:
    """One 65-byte signature r, s, v per key."""
    return [bytes(key.unsafe_sign_hash(digest).signature) for key in keys]


def high_s(signature: bytes) -> bytes:
    """The other signature that ecrecover takes for the same key and digest."""
    s = SECP256K1_ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
