"""Signing a digest with a key that is handed in; the bytes are those the chains take (65: r, s, v of 27 or 28)."""

from __future__ import annotations

from typing import Protocol

from eth_account.signers.local import LocalAccount
from eth_typing import Hash32


class DigestSigner(Protocol):
    """Anything that can sign a 32-byte digest: a key in memory, a keystore, a hardware module."""

    @property
    def address(self) -> bytes:
        """The signer's address, 20 bytes."""

    def sign(self, digest: bytes) -> bytes:
        """65 bytes r, s, v with a low s and v 27 or 28."""


class LocalSigner:
    """A DigestSigner over an eth_account key in memory. Signing is deterministic (RFC 6979)."""

    __slots__ = ("_account",)

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @property
    def address(self) -> bytes:
        """The signer's address, 20 bytes."""
        return bytes.fromhex(self._account.address[2:])

    def sign(self, digest: bytes) -> bytes:
        """65 bytes r, s, v with a low s and v 27 or 28."""
        return bytes(self._account.unsafe_sign_hash(Hash32(digest)).signature)
