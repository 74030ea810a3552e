"""Public keys as they come from outside: JWK (RFC 7517, 7518, 8037), their thumbprints (RFC 7638), and verification.

Only keys whose algorithm is on the allow-list are ever built, so that a key can't be used with an algorithm its owner
never meant (key confusion), and none that carries a private part: whoever sends one has lost it to us.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from identity.errors import AlgorithmRefused, KeyRefused, Malformed, SignatureInvalid
from identity.formats.strict import decode_base64url, encode_base64url, encode_json

PublicKeyObject = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

ALGORITHMS = ("ES256", "ES384", "EdDSA")
"""Everything that is ever verified; each place may take less. `none` and symmetric algorithms have no entry."""

_CURVES: Mapping[str, tuple[str, type[ec.EllipticCurve], int, type[hashes.HashAlgorithm]]] = {
    "P-256": ("ES256", ec.SECP256R1, 32, hashes.SHA256),
    "P-384": ("ES384", ec.SECP384R1, 48, hashes.SHA384),
}
_SIZES = {"ES256": (32, hashes.SHA256), "ES384": (48, hashes.SHA384)}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key and the one algorithm it verifies; `jwk` holds exactly the members that RFC 7638 hashes."""

    algorithm: str
    key: PublicKeyObject
    jwk: Mapping[str, str]

    @property
    def thumbprint(self) -> str:
        """RFC 7638, SHA-256, base64url."""
        digest = hashlib.sha256(encode_json({name: self.jwk[name] for name in sorted(self.jwk)})).digest()
        return encode_base64url(digest)

    def verify(self, signature: bytes, data: bytes, what: str) -> None:
        """SignatureInvalid unless the JWS signature (RFC 7518, 3.4: r and s in fixed width) is this key's."""
        try:
            if isinstance(self.key, ed25519.Ed25519PublicKey):
                self.key.verify(signature, data)
                return
            size, digest = _SIZES[self.algorithm]
            if len(signature) != 2 * size:
                raise SignatureInvalid(what)
            r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
            self.key.verify(encode_dss_signature(r, s), data, ec.ECDSA(digest()))
        except InvalidSignature:
            raise SignatureInvalid(what) from None


def parse_public_jwk(jwk: object, allowed: tuple[str, ...] = ALGORITHMS) -> PublicKey:
    """The key of a JWK.

    Raises:
        KeyRefused: not an object, private parts, an unknown kind, a point off its curve.
        AlgorithmRefused: its algorithm is not in `allowed`, or it states another one than its kind has.
    """
    if not isinstance(jwk, dict):
        raise KeyRefused("a JWK is an object")
    if _PRIVATE & jwk.keys():
        raise KeyRefused("it holds a private or symmetric key")
    kind, curve = jwk.get("kty"), jwk.get("crv")
    if kind == "EC" and isinstance(curve, str) and curve in _CURVES:
        algorithm, curve_type, size, _ = _CURVES[curve]
        x, y = _member(jwk, "x", size), _member(jwk, "y", size)
        _require_algorithm(jwk, algorithm, allowed)
        return _elliptic(algorithm, curve, curve_type(), x, y)
    if kind == "OKP" and curve == "Ed25519":
        x = _member(jwk, "x", 32)
        _require_algorithm(jwk, "EdDSA", allowed)
        return _edwards(x)
    raise KeyRefused("its kind or curve is not taken")


def public_key_of(key: object, allowed: tuple[str, ...] = ALGORITHMS) -> PublicKey:
    """The same for a key object, as a certificate holds it."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        public = _edwards(key.public_bytes_raw())
    elif isinstance(key, ec.EllipticCurvePublicKey):
        for name, (algorithm, curve_type, size, _) in _CURVES.items():
            if isinstance(key.curve, curve_type):
                numbers = key.public_numbers()
                public = PublicKey(algorithm, key, _ec_jwk(name, numbers.x.to_bytes(size), numbers.y.to_bytes(size)))
                break
        else:
            raise KeyRefused("its curve is not taken")
    else:
        raise KeyRefused("its kind is not taken")
    if public.algorithm not in allowed:
        raise AlgorithmRefused(public.algorithm)
    return public


def parse_multicodec(data: bytes, allowed: tuple[str, ...] = ALGORITHMS) -> PublicKey:
    """The key behind a multicodec prefix, as did:key writes it (0xed01 Ed25519, 0x8024 P-256, 0x8124 P-384)."""
    prefix, raw = data[:2], data[2:]
    try:
        if prefix == b"\xed\x01":
            return public_key_of(ed25519.Ed25519PublicKey.from_public_bytes(raw), allowed)
        for code, curve in ((b"\x80\x24", ec.SECP256R1()), (b"\x81\x24", ec.SECP384R1())):
            if prefix == code and raw[:1] in (b"\x02", b"\x03"):
                return public_key_of(ec.EllipticCurvePublicKey.from_encoded_point(curve, raw), allowed)
    except ValueError:
        raise KeyRefused("no point of its curve") from None
    raise KeyRefused("its kind is not taken")


def _elliptic(algorithm: str, name: str, curve: ec.EllipticCurve, x: bytes, y: bytes) -> PublicKey:
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + x + y)
    except ValueError:
        raise KeyRefused("no point of its curve") from None
    return PublicKey(algorithm, key, _ec_jwk(name, x, y))


def _edwards(x: bytes) -> PublicKey:
    key = ed25519.Ed25519PublicKey.from_public_bytes(x)
    return PublicKey("EdDSA", key, {"crv": "Ed25519", "kty": "OKP", "x": encode_base64url(x)})


def _ec_jwk(curve: str, x: bytes, y: bytes) -> Mapping[str, str]:
    return {"crv": curve, "kty": "EC", "x": encode_base64url(x), "y": encode_base64url(y)}


def _member(jwk: Mapping[str, Any], name: str, size: int) -> bytes:
    text = jwk.get(name)
    if not isinstance(text, str):
        raise KeyRefused(f"{name} is missing")
    try:
        data = decode_base64url(text)
    except Malformed:
        raise KeyRefused(f"{name} is no base64url text") from None
    if len(data) != size:
        raise KeyRefused(f"{name} must be {size} bytes")
    return data


def _require_algorithm(jwk: Mapping[str, Any], algorithm: str, allowed: tuple[str, ...]) -> None:
    stated = jwk.get("alg", algorithm)
    if stated == "Ed25519" and algorithm == "EdDSA":  # RFC 9864's name for the same
        stated = "EdDSA"
    if stated != algorithm or algorithm not in allowed:
        raise AlgorithmRefused(stated)
