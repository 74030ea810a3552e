"""A service's name, and its keys under that name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography import x509

from identity.formats.did import did_document, did_web
from identity.formats.jwk import PublicKey
from identity.formats.jws import SigningKey
from identity.keystore.base import KeyStore


class NamedKey:
    """A key of the store under its absolute name, `did:web:...#<thumbprint>`."""

    __slots__ = ("_key", "chain", "key_id", "public")

    def __init__(self, key: SigningKey, did: str) -> None:
        self._key = key
        self.key_id = f"{did}#{key.key_id}"
        self.public: PublicKey = key.public
        self.chain: Sequence[x509.Certificate] = key.chain

    def sign(self, data: bytes) -> bytes:
        """A JWS signature of these bytes."""
        return self._key.sign(data)


class ServiceIdentity:
    """Who signs: a did:web that follows from the public address, with the key store's keys."""

    def __init__(self, public_url: str, keys: KeyStore) -> None:
        self.did = did_web(public_url)
        self._keys = keys
        self._named: NamedKey | None = None

    def signer(self) -> SigningKey:
        """The active key under its absolute name; another one after a rotation."""
        active = self._keys.active()
        if (
            self._named is None
            or not self._named.key_id.endswith(f"#{active.key_id}")
            or self._named.chain != active.chain
        ):
            self._named = NamedKey(active, self.did)
        return self._named

    def document(self) -> dict[str, Any]:
        """The DID document: every key whose signatures still count."""
        return did_document(self.did, self._keys.published())
