"""Codes, tokens and nonces that carry their own proof: a MAC of the key store instead of a row with a secret in it.

The database holds no code and no token, so a copy of it lets nobody redeem anything, and an offer by reference can be
shown again without storing what it is worth. A row decides whether it still counts.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from identity.errors import Malformed
from identity.formats.strict import decode_base64url, encode_base64url
from identity.issuer.errors import ProtocolRefusal
from identity.keystore.base import KeyStore
from identity.ports import Randomness

ID_BYTES, MAC_BYTES = 16, 24
NONCE_SECONDS = 300
_NONCE_MAC = 16


@dataclass(frozen=True, slots=True)
class Secrets:
    """Makes and checks them. `purpose` keeps a code from ever passing for a token."""

    keys: KeyStore
    randomness: Randomness

    def ticket(self, purpose: str, record: str) -> str:
        """A secret text that names a record: its 16 bytes and their MAC."""
        raw = decode_base64url(record)
        return encode_base64url(raw + self.keys.mac(purpose, raw)[:MAC_BYTES])

    def record_of(self, purpose: str, ticket: str) -> str | None:
        """The record a ticket names, or None when it is none of ours. Takes the same time for every wrong one."""
        try:
            raw = decode_base64url(ticket) if len(ticket) <= 100 else b""
        except Malformed:
            return None
        if len(raw) != ID_BYTES + MAC_BYTES:
            return None
        record, proof = raw[:ID_BYTES], raw[ID_BYTES:]
        if not hmac.compare_digest(proof, self.keys.mac(purpose, record)[:MAC_BYTES]):
            return None
        return encode_base64url(record)

    def code_digest(self, offer_id: str, code: str) -> bytes:
        """What is kept of a transaction code: keyed, or six digits would be guessed from a copy of the database."""
        return self.keys.mac("tx-code", f"{offer_id}:{code}".encode())

    def nonce(self, now: int) -> str:
        """A fresh `c_nonce`: the time, randomness, and a MAC over both. Nothing is stored."""
        raw = now.to_bytes(8) + self.randomness(16)
        return encode_base64url(raw + self.keys.mac("c-nonce", raw)[:_NONCE_MAC])

    def check_nonce(self, nonce: str, now: int) -> tuple[bytes, int]:
        """What is to be spent for a nonce of ours, and until when it must stay spent.

        Raises:
            ProtocolRefusal: `invalid_nonce`: not made here, or older than 300 s.
        """
        try:
            raw = decode_base64url(nonce) if len(nonce) <= 100 else b""
        except Malformed:
            raw = b""
        proof = raw[24:]
        if len(raw) != 24 + _NONCE_MAC or not hmac.compare_digest(
            proof, self.keys.mac("c-nonce", raw[:24])[:_NONCE_MAC]
        ):
            raise ProtocolRefusal("invalid_nonce", "the nonce was not issued here")
        made = int.from_bytes(raw[:8])
        if not made <= now <= made + NONCE_SECONDS:
            raise ProtocolRefusal("invalid_nonce", "the nonce has expired")
        return hashlib.sha256(b"c_nonce" + raw).digest(), made + NONCE_SECONDS + 1
