"""Tickets: secret texts that carry their own proof, a MAC of the key store instead of a row with a secret in it.

The database holds no code and no token, so a copy of it lets nobody redeem anything. A row decides whether a ticket
still counts.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from identity.errors import Malformed
from identity.formats.strict import decode_base64url, encode_base64url
from identity.keystore.base import KeyStore
from identity.ports import Randomness

ID_BYTES, MAC_BYTES = 16, 24


@dataclass(frozen=True, slots=True)
class Tickets:
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
