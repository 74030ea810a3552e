"""What a wallet proves about its keys: the `jwt` key proof (OpenID4VCI 1.0, appendix F.1) and DPoP (RFC 9449).

Both are checked without a look at the database; what must be spent is returned and spent in the transaction.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from identity.errors import IdentityError, Malformed, SignatureInvalid
from identity.formats.did import parse_did_key
from identity.formats.jwk import PublicKey, parse_public_jwk
from identity.formats.jws import Jws, parse_jws, require_text, require_time
from identity.formats.strict import encode_base64url
from identity.refusals import ProtocolRefusal

PROOF_TYP = "openid4vci-proof+jwt"
DPOP_TYP = "dpop+jwt"
HOLDER_ALGORITHMS = ("ES256", "ES384", "EdDSA")
BINDING_METHODS = ("jwk", "did:key", "did:jwk")
PROOF_AGE, PROOF_AHEAD = 300, 60
"""Seconds: how old a proof may be, and how far ahead the wallet's clock."""


@dataclass(frozen=True, slots=True)
class KeyProof:
    """A holder's key whose possession was proved, and the nonce the proof answers (not yet spent)."""

    key: PublicKey
    nonce: str


@dataclass(frozen=True, slots=True)
class DpopProof:
    """The key that sent a request (RFC 7638 thumbprint), and what is to be spent so that it can't be sent again."""

    thumbprint: str
    digest: bytes
    expires_at: int


def check_key_proof(text: object, issuer: str, now: int) -> KeyProof:
    """A key proof for this issuer. ProtocolRefusal `invalid_proof` for anything that is not exactly one."""
    if not isinstance(text, str):
        raise _invalid("a proof must be text")
    try:
        jws = parse_jws(text, types=(PROOF_TYP,), allowed=HOLDER_ALGORITHMS)
        key = _key_of(jws)
        issued = require_time(jws.payload, "iat") or 0
        _require_audience(jws.payload.get("aud"), issuer)
        if not isinstance(jws.payload.get("nonce"), str):
            raise _invalid("the proof holds no nonce")
        _require_recent(issued, now)
        jws.verify(key, "key proof")
    except ProtocolRefusal:
        raise
    except SignatureInvalid:
        raise _invalid("the signature of the proof does not verify") from None
    except IdentityError as error:
        raise _invalid(_plain(error)) from None
    return KeyProof(key, jws.payload["nonce"])


def check_dpop(text: str, *, method: str, url: str, now: int, token: str | None = None) -> DpopProof:
    """A DPoP proof for this very request (RFC 9449, 4.3). ProtocolRefusal `invalid_dpop_proof` otherwise."""
    try:
        jws = parse_jws(text, types=(DPOP_TYP,), allowed=HOLDER_ALGORITHMS)
        key = parse_public_jwk(jws.header.get("jwk"), HOLDER_ALGORITHMS)
        jti = require_text(jws.payload, "jti", 256)
        issued = require_time(jws.payload, "iat") or 0
        if jws.payload.get("htm") != method or jws.payload.get("htu") != url:
            raise _invalid_dpop("it was made for another request")
        if token is not None and jws.payload.get("ath") != _hash(token):
            raise _invalid_dpop("it was made for another access token")
        if not now - PROOF_AGE <= issued <= now + PROOF_AHEAD:
            raise _invalid_dpop("its time is out of range")
        jws.verify(key, "DPoP proof")
    except ProtocolRefusal:
        raise
    except IdentityError as error:
        raise _invalid_dpop(_plain(error)) from None
    thumbprint = key.thumbprint
    digest = hashlib.sha256(f"dpop:{thumbprint}:{jti}".encode()).digest()
    return DpopProof(thumbprint, digest, issued + PROOF_AGE + 1)


def _key_of(jws: Jws) -> PublicKey:
    """The one key source of a proof's header. Two could name two keys, and each party would take its own."""
    sources = [name for name in ("jwk", "kid", "x5c") if name in jws.header]
    if len(sources) != 1:
        raise _invalid("the header must name exactly one key")
    if sources == ["jwk"]:
        return parse_public_jwk(jws.header["jwk"], HOLDER_ALGORITHMS)
    if sources == ["kid"] and isinstance(jws.header["kid"], str):
        return parse_did_key(jws.header["kid"], HOLDER_ALGORITHMS)
    raise _invalid("the key must be a jwk, a did:key or a did:jwk")


def _require_audience(audience: Any, issuer: str) -> None:
    if audience != issuer and audience != [issuer]:
        raise _invalid("the proof is for another issuer")


def _require_recent(issued: int, now: int) -> None:
    if not now - PROOF_AGE <= issued <= now + PROOF_AHEAD:
        raise _invalid("the time of the proof is out of range")


def _hash(token: str) -> str:
    return encode_base64url(hashlib.sha256(token.encode("ascii", "replace")).digest())


def _plain(error: IdentityError) -> str:
    return error.why if isinstance(error, Malformed) else type(error).__name__


def _invalid(description: str) -> ProtocolRefusal:
    return ProtocolRefusal("invalid_proof", description)


def _invalid_dpop(description: str) -> ProtocolRefusal:
    return ProtocolRefusal("invalid_dpop_proof", description)
