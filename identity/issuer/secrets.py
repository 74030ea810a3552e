"""The issuer's tickets, codes and nonces: each carries its own proof, so that the database holds no secret.

An offer by reference can be shown again without storing what it is worth.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from identity.errors import Malformed
from identity.formats.strict import decode_base64url, encode_base64url
from identity.refusals import ProtocolRefusal
from identity.storage.secrets import Tickets

NONCE_SECONDS = 300
_NONCE_MAC = 16


@dataclass(frozen=True, slots=True)
class Secrets(Tickets):
    """Tickets for codes and tokens, and what belongs to them."""

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
