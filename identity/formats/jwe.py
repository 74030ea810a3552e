"""Compact JWE (RFC 7516) as OpenID4VP responses use it: ECDH-ES agreed directly (RFC 7518, 4.6), AES-GCM.

One way only: no key wrapping, no compression (a few bytes could unfold to gigabytes), no critical extensions, one curve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

from identity.errors import AlgorithmRefused, KeyRefused, Malformed
from identity.formats.jwk import PublicKey, parse_public_jwk, public_key_of
from identity.formats.strict import Bounds, decode_base64url, encode_base64url, encode_json, parse_object
from identity.ports import Randomness

ALGORITHM = "ECDH-ES"
CONTENT_BITS: Mapping[str, int] = {"A128GCM": 128, "A256GCM": 256}
MAX_SIZE = 600_000
_HEADER_BOUNDS = Bounds(size=4_096, depth=3, values=32)
_NONCE, _TAG = 12, 16


class MalformedJwe(Malformed):
    """Not a compact JWE of the form that is taken, or not readable with the key it was made for."""

    def __init__(self, why: str) -> None:
        super().__init__("encrypted response", why)


def encryption_jwk(public: PublicKey, key_id: str) -> dict[str, str]:
    """A P-256 key as a verifier publishes it for encrypting to it."""
    return {**public.jwk, "kid": key_id, "use": "enc", "alg": ALGORITHM}


def peek_header(text: str) -> Mapping[str, Any]:
    """The protected header of a compact JWE, untrusted. MalformedJwe when there is none."""
    return _split(text)[0]


def decrypt(text: str, private: ec.EllipticCurvePrivateKey, key_id: str, allowed: Sequence[str]) -> bytes:
    """The plaintext of a compact JWE that was made for this key.

    Raises:
        MalformedJwe: another form, made for another key, changed on the way.
        AlgorithmRefused: `alg` or `enc` is not what was asked for.
    """
    header, head, parts = _split(text)
    algorithm, content = header.get("alg"), header.get("enc")
    if algorithm != ALGORITHM:
        raise AlgorithmRefused(algorithm)
    if not isinstance(content, str) or content not in allowed or content not in CONTENT_BITS:
        raise AlgorithmRefused(content)
    if header.keys() & {"zip", "crit"}:
        raise MalformedJwe("compression and critical extensions are not taken")
    if header.get("kid") != key_id:
        raise MalformedJwe("it names another key")
    encrypted_key, nonce, sealed, tag = parts
    if encrypted_key or len(nonce) != _NONCE or len(tag) != _TAG:
        raise MalformedJwe("a part has an impossible length")
    try:
        theirs = parse_public_jwk(header.get("epk")).key
    except (KeyRefused, AlgorithmRefused):
        raise MalformedJwe("its ephemeral key can't be read") from None
    if not isinstance(theirs, ec.EllipticCurvePublicKey) or theirs.curve.name != private.curve.name:
        raise MalformedJwe("its ephemeral key lies on another curve")
    key = _derive(private.exchange(ec.ECDH(), theirs), content, _party(header, "apu"), _party(header, "apv"))
    try:
        return AESGCM(key).decrypt(nonce, sealed + tag, head.encode("ascii"))
    except InvalidTag:
        raise MalformedJwe("it was made for another key, or changed") from None


def encrypt(
    plaintext: bytes,
    jwk: Mapping[str, Any],
    content: str,
    randomness: Randomness,
    *,
    apv: bytes = b"",
    apu: bytes = b"",
) -> str:
    """A compact JWE to a P-256 key as `encryption_jwk` publishes it; `content` is A128GCM or A256GCM.

    Raises:
        AlgorithmRefused, KeyRefused: the key or the content encryption is of another kind.
    """
    if jwk.get("alg", ALGORITHM) != ALGORITHM:
        raise AlgorithmRefused(jwk.get("alg"))
    if content not in CONTENT_BITS:
        raise AlgorithmRefused(content)
    theirs = parse_public_jwk({name: value for name, value in jwk.items() if name in ("kty", "crv", "x", "y")}).key
    if not isinstance(theirs, ec.EllipticCurvePublicKey) or not isinstance(theirs.curve, ec.SECP256R1):
        raise KeyRefused("responses are encrypted to P-256 keys")
    ours = ec.generate_private_key(ec.SECP256R1())
    header: dict[str, Any] = {"alg": ALGORITHM, "enc": content, "epk": dict(public_key_of(ours.public_key()).jwk)}
    if "kid" in jwk:
        header["kid"] = jwk["kid"]
    if apu:
        header["apu"] = encode_base64url(apu)
    if apv:
        header["apv"] = encode_base64url(apv)
    key = _derive(ours.exchange(ec.ECDH(), theirs), content, apu, apv)
    head = encode_base64url(encode_json(header))
    nonce = randomness(_NONCE)
    sealed = AESGCM(key).encrypt(nonce, plaintext, head.encode("ascii"))
    parts = (head, "", *(encode_base64url(part) for part in (nonce, sealed[:-_TAG], sealed[-_TAG:])))
    return ".".join(parts)


def derive_key(secret: bytes, content: str, apu: bytes, apv: bytes, bits: int) -> bytes:
    """The key agreed on: Concat KDF with SHA-256 over the shared secret (RFC 7518, 4.6.2, direct agreement)."""
    info = b"".join(len(part).to_bytes(4) + part for part in (content.encode("ascii"), apu, apv)) + bits.to_bytes(4)
    return ConcatKDFHash(hashes.SHA256(), bits // 8, info).derive(secret)


def _derive(secret: bytes, content: str, apu: bytes, apv: bytes) -> bytes:
    return derive_key(secret, content, apu, apv, CONTENT_BITS[content])


def _party(header: Mapping[str, Any], name: str) -> bytes:
    text = header.get(name, "")
    try:
        return decode_base64url(text)
    except (Malformed, TypeError):
        raise MalformedJwe(f"{name} is no base64url text") from None


def _split(text: str) -> tuple[Mapping[str, Any], str, tuple[bytes, bytes, bytes, bytes]]:
    if len(text) > MAX_SIZE:
        raise MalformedJwe(f"larger than {MAX_SIZE} characters")
    head, *rest = text.split(".")
    if len(rest) != 4:
        raise MalformedJwe("it has not five parts")
    try:
        header = parse_object(decode_base64url(head), _HEADER_BOUNDS)
        encrypted_key, nonce, sealed, tag = (decode_base64url(part) for part in rest)
    except Malformed as error:
        raise MalformedJwe(error.why) from None
    return header, head, (encrypted_key, nonce, sealed, tag)
