"""The port to wherever secret keys live. Nothing outside an implementation ever sees a private or wrapping key.

A PKCS#11 store implements the same five questions: `active` and `published` over objects labelled by purpose, `wrap`
and `unwrap` by C_WrapKey with AES-GCM, `mac` by C_Sign with CKM_SHA256_HMAC. When a store does not answer it raises,
and whoever asked stops: nothing is ever sent out unsigned, and nothing is stored unencrypted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from identity.formats.jwk import PublicKey
from identity.formats.jws import SigningKey


class KeyStore(Protocol):
    """Signing keys in rotation, one wrapping key, and keyed digests by purpose."""

    def active(self) -> SigningKey:
        """The key that signs now."""

    def published(self) -> Sequence[tuple[str, PublicKey]]:
        """All keys whose signatures still count, by key name: the active one and the retired ones."""

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """Encrypts a subject's data key; `context` (the subject's id) is authenticated with it."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The data key again. KeyStoreLocked when it was wrapped elsewhere or for another context."""

    def mac(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA256 under a key that serves this purpose only: digests nobody can make by guessing the content."""
