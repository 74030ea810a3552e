"""Keys, credentials and a clock for the tests of the formats."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from identity.formats.base import Challenge, ClaimPath, CredentialContent, StatusReference
from identity.formats.issuer_keys import PinnedKeys
from identity.formats.jwk import PublicKey
from identity.formats.jws import LocalKey
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.ports import Randomness

NOW = 1_800_000_000
ISSUER = "did:web:issuer.example"
ISSUER_KEY = LocalKey(ec.derive_private_key(0x1234567, ec.SECP256R1()), f"{ISSUER}#1")
HOLDER_KEY = LocalKey(ec.derive_private_key(0x7654321, ec.SECP256R1()))
OTHER_KEY = LocalKey(ec.derive_private_key(0xABCDEF, ec.SECP256R1()))
KEYS = PinnedKeys({ISSUER: {f"{ISSUER}#1": ISSUER_KEY.public}})
CHALLENGE = Challenge("https://verifier.example", "nonce-1")
CLAIMS = {
    "given_name": "Ada",
    "nationalities": ["DE", "FR"],
    "address": {"country": "DE", "locality": "Berlin"},
    "open": True,
}
PATHS: tuple[ClaimPath, ...] = (("given_name",), ("nationalities", None), ("address",), ("address", "locality"))


def counted() -> Randomness:
    """Bytes that differ at every call and are the same in every run."""
    numbers = itertools.count(1)
    return lambda size: next(numbers).to_bytes(size)


def credential(
    claims: dict[str, Any] | None = None,
    paths: Sequence[ClaimPath] = PATHS,
    holder: PublicKey | None = HOLDER_KEY.public,
    valid_until: int = NOW + 1_000,
    status: StatusReference | None = None,
) -> str:
    """A credential of the test issuer."""
    content = CredentialContent(
        issuer=ISSUER,
        type="https://issuer.example/types/kyc/1",
        claims=CLAIMS if claims is None else claims,
        disclosable=paths,
        holder=holder,
        issued_at=NOW,
        valid_from=NOW,
        valid_until=valid_until,
        status=status,
    )
    return SdJwtVc().build(content, ISSUER_KEY, counted())
