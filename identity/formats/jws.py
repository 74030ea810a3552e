"""Compact JWS (RFC 7515) as this project reads and writes it: one signature, a protected header, a JSON payload.

`parse_jws` looks at the outside only and its result is untrusted; nothing may be decided from it but which key to ask.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from identity.errors import AlgorithmRefused, KeyRefused, Malformed, MalformedJwt
from identity.formats.jwk import ALGORITHMS, PublicKey, public_key_of
from identity.formats.strict import Bounds, decode_base64url, encode_base64url, encode_json, parse_object

JWT_BOUNDS = Bounds(size=65_536, depth=12, values=2_048)

PrivateKeyObject = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class SigningKey(Protocol):
    """A key that signs and never leaves where it lives (a file of ours, or a hardware module)."""

    @property
    def key_id(self) -> str:
        """The name under which verifiers find the public key."""

    @property
    def public(self) -> PublicKey:
        """What verifies its signatures."""

    @property
    def chain(self) -> Sequence[x509.Certificate]:
        """Its certificates, its own first; empty when it has none."""

    def sign(self, data: bytes) -> bytes:
        """A JWS signature of these bytes."""


class LocalKey:
    """A signing key in this process's memory."""

    __slots__ = ("_private", "chain", "key_id", "public")

    def __init__(self, private: PrivateKeyObject, key_id: str = "", chain: Sequence[x509.Certificate] = ()) -> None:
        self._private = private
        self.key_id = key_id
        self.chain = tuple(chain)
        # Once, here: deriving it costs about as much as a signature.
        self.public = public_key_of(private.public_key())

    def sign(self, data: bytes) -> bytes:
        """A JWS signature of these bytes: r and s in fixed width for elliptic curves (RFC 7518, 3.4)."""
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            return self._private.sign(data)
        size = (self._private.curve.key_size + 7) // 8
        digest = hashes.SHA256() if size == 32 else hashes.SHA384()
        r, s = decode_dss_signature(self._private.sign(data, ec.ECDSA(digest)))
        return r.to_bytes(size) + s.to_bytes(size)


@dataclass(frozen=True, slots=True)
class Jws:
    """A compact JWS taken apart and NOT verified."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @property
    def algorithm(self) -> str:
        """The header's algorithm; `parse_jws` has checked it against an allow-list."""
        return str(self.header["alg"])

    def verify(self, key: PublicKey, what: str) -> None:
        """SignatureInvalid unless `key` made it; AlgorithmRefused when the header names another algorithm than the key's."""
        named = "EdDSA" if self.algorithm == "Ed25519" else self.algorithm
        if named != key.algorithm:
            raise AlgorithmRefused(self.algorithm)
        key.verify(self.signature, self.signed, what)


def parse_jws(
    text: str, *, types: tuple[str, ...], allowed: tuple[str, ...] = ALGORITHMS, bounds: Bounds = JWT_BOUNDS
) -> Jws:
    """Takes a compact JWS apart. `types`: the values of `typ` that are taken; a token of another kind is no token here.

    Raises:
        MalformedJwt: not three base64url parts of JSON objects, another `typ`, critical extensions.
        AlgorithmRefused: `alg` is missing or not in `allowed`.
    """
    if len(text) > bounds.size:
        raise MalformedJwt(f"larger than {bounds.size} bytes")
    parts = text.split(".")
    if len(parts) != 3 or not all(parts):
        raise MalformedJwt("it has not three parts")
    try:
        header = parse_object(decode_base64url(parts[0]), bounds)
        payload = parse_object(decode_base64url(parts[1]), bounds)
        signature = decode_base64url(parts[2])
        signed = f"{parts[0]}.{parts[1]}".encode("ascii")
    except Malformed as error:
        raise MalformedJwt(error.why) from None
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or ("EdDSA" if algorithm == "Ed25519" else algorithm) not in allowed:
        raise AlgorithmRefused(algorithm)
    kind = header.get("typ")
    if not isinstance(kind, str) or kind.removeprefix("application/") not in types:
        raise MalformedJwt(f"its type is not {' or '.join(types)}")
    if "crit" in header or "b64" in header:
        raise MalformedJwt("critical extensions are not understood here")
    return Jws(header, payload, signed, signature)


def build_jws(header: Mapping[str, Any], payload: Mapping[str, Any], key: SigningKey) -> str:
    """A compact JWS; `alg` comes from the key."""
    protected = {"alg": key.public.algorithm, **header}
    signed = f"{encode_base64url(encode_json(protected))}.{encode_base64url(encode_json(payload))}"
    return f"{signed}.{encode_base64url(key.sign(signed.encode('ascii')))}"


def require_time(payload: Mapping[str, Any], name: str, *, optional: bool = False) -> int | None:
    """A NumericDate member. Fractions are cut off; MalformedJwt when it is no number or, unless optional, missing."""
    value = payload.get(name)
    if value is None and optional and name not in payload:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        raise MalformedJwt(f"{name} must be a time in seconds")
    return int(value)


def require_text(payload: Mapping[str, Any], name: str, limit: int = 4_096) -> str:
    """A member that must be text, not empty. MalformedJwt otherwise."""
    value = payload.get(name)
    if not isinstance(value, str) or not value or len(value) > limit:
        raise MalformedJwt(f"{name} must be text of 1 to {limit} characters")
    return value


def certificates_of(header: Mapping[str, Any]) -> tuple[x509.Certificate, ...]:
    """The certificates in an `x5c` header, the signer's first (RFC 7515, 4.1.6). KeyRefused when they can't be read."""
    chain = header.get("x5c")
    if not isinstance(chain, list) or not 1 <= len(chain) <= 8 or not all(isinstance(entry, str) for entry in chain):
        raise KeyRefused("x5c must be a list of one to eight certificates")
    try:
        return tuple(x509.load_der_x509_certificate(base64.b64decode(entry, validate=True)) for entry in chain)
    except ValueError:
        raise KeyRefused("a certificate can't be read") from None


def encode_chain(chain: Sequence[x509.Certificate]) -> list[str]:
    """Certificates as an `x5c` header carries them: base64 (not base64url) of DER."""
    return [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii") for certificate in chain]
