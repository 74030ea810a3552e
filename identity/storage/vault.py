"""Subjects' fields, sealed under a data key of each subject's own; erasure destroys that key.

The data key is wrapped by the key store and bound to the subject's id, each sealed text is bound to the record it
belongs to: neither can be moved to another row. After erasure rows and audit entries stay, and say nothing of anyone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from identity.errors import KeyStoreLocked
from identity.formats.strict import encode_base64url, encode_json
from identity.keystore.base import KeyStore
from identity.ports import Randomness
from identity.refusals import SubjectErased

NONCE = 12


def new_id(randomness: Randomness) -> str:
    """A fresh record id: 127 random bits as base64url. It begins with a letter, because a command line takes ids."""
    first, *rest = randomness(16)
    return encode_base64url(bytes([first & 0x7F, *rest]))


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens."""

    keys: KeyStore
    randomness: Randomness

    def new_data_key(self, subject_id: str) -> bytes:
        """A fresh data key, wrapped."""
        return self.keys.wrap(self.randomness(32), subject_id.encode("ascii"))

    def seal(self, wrapped: bytes | None, subject_id: str, record: str, value: object) -> bytes:
        """A JSON value under the subject's data key, bound to a record's id."""
        nonce = self.randomness(NONCE)
        return nonce + self._cipher(wrapped, subject_id).encrypt(nonce, encode_json(value), record.encode("ascii"))

    def open(self, wrapped: bytes | None, subject_id: str, record: str, sealed: bytes) -> Any:
        """The value again.

        Raises:
            SubjectErased: the data key was destroyed.
            KeyStoreLocked: it was sealed elsewhere, or for another record.
        """
        try:
            data = self._cipher(wrapped, subject_id).decrypt(sealed[:NONCE], sealed[NONCE:], record.encode("ascii"))
        except InvalidTag:
            raise KeyStoreLocked("sealed fields were changed or belong to another record") from None
        return json.loads(data)

    def public_subject(self, subject_id: str) -> str:
        """The id by which verifiers know the subject: issuer-scoped, and no way back to the record without the keys."""
        return encode_base64url(self.keys.mac("public-subject", subject_id.encode("ascii"))[:16])

    def _cipher(self, wrapped: bytes | None, subject_id: str) -> AESGCM:
        if wrapped is None:
            raise SubjectErased
        return AESGCM(self.keys.unwrap(wrapped, subject_id.encode("ascii")))
