"""SD-JWT VC (`dc+sd-jwt`): the SD-JWT based Verifiable Credential draft on RFC 9901, behind the format interface.

Status is carried as a Token Status List reference. Never selectively disclosable: iss, nbf, exp, cnf, vct,
vct#integrity, status (draft, section 2.2.2.2). `verify` takes `vc+sd-jwt`, the older name of the type, as well.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from identity.errors import KeyRefused, MalformedCredential, MalformedJwt, NotInForce
from identity.formats.base import (
    CLOCK_SKEW,
    Challenge,
    ClaimPath,
    CredentialContent,
    IssuerKeys,
    StatusReference,
    VerifiedCredential,
)
from identity.formats.jwk import parse_public_jwk
from identity.formats.jws import Jws, SigningKey, build_jws, encode_chain, parse_jws, require_text, require_time
from identity.formats.sd_jwt import (
    SdJwt,
    build_key_binding,
    choose,
    conceal,
    parse_sd_jwt,
    reveal,
    verify_key_binding,
)
from identity.formats.strict import encode_json
from identity.ports import Randomness

FORMAT = "dc+sd-jwt"
TYPES = ("dc+sd-jwt", "vc+sd-jwt")
ALWAYS_SHOWN = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status"})
MAX_INDEX = 2**32 - 1


class SdJwtVc:
    """The format as issuer, wallet and verifier use it. Holds no state."""

    name = FORMAT

    def describe(self, type_: str) -> Mapping[str, Any]:
        """What names a type in issuer metadata."""
        return {"vct": type_}

    def build(self, content: CredentialContent, key: SigningKey, randomness: Randomness) -> str:
        """The signed credential with all its disclosures, ending in a tilde.

        Raises:
            MalformedCredential: a claim takes the place of one that the format itself writes.
        """
        own = _own_claims(content)
        if own.keys() & content.claims.keys():
            raise MalformedCredential("a claim has a name that the format keeps for itself")
        if any(path and path[0] in ALWAYS_SHOWN for path in content.disclosable):
            raise MalformedCredential("a claim that must always be shown can't be disclosable")
        payload, disclosures = conceal(content.claims, content.disclosable, randomness)
        header: dict[str, Any] = {"typ": FORMAT, "kid": key.key_id}
        if key.chain:
            header["x5c"] = encode_chain(key.chain)
        return "~".join((build_jws(header, {**own, **payload}, key), *disclosures, ""))

    def verify(self, wire: object, keys: IssuerKeys, now: int) -> VerifiedCredential:
        """Checks signature, form and times of a credential without key binding, as its holder received it."""
        parts = parse_sd_jwt(wire)
        if parts.binding is not None:
            raise MalformedCredential("a presentation stands where a credential was asked for")
        return _verify(parts, keys, now)[0]

    def present(
        self,
        wire: object,
        disclose: Sequence[ClaimPath],
        challenge: Challenge,
        holder: SigningKey,
        now: int,
    ) -> str:
        """The credential with only the disclosures that the claims at `disclose` need, and a key binding JWT."""
        parts = parse_sd_jwt(wire)
        payload = parse_jws(parts.jwt, types=TYPES).payload
        shown = SdJwt(parts.jwt, choose(payload, parts.disclosures, disclose), None).bound_part
        return shown + build_key_binding(shown, challenge, holder, now, payload.get("_sd_alg", "sha-256"))

    def verify_presentation(self, wire: object, keys: IssuerKeys, challenge: Challenge, now: int) -> VerifiedCredential:
        """Checks a presentation whole. Without a holder's key in the credential it is refused: anyone could show it."""
        parts = parse_sd_jwt(wire)
        credential, payload = _verify(parts, keys, now)
        if credential.holder is None:
            raise MalformedCredential("it is bound to no holder")
        verify_key_binding(parts, credential.holder, challenge, now, payload.get("_sd_alg", "sha-256"))
        return credential


def _own_claims(content: CredentialContent) -> dict[str, Any]:
    own: dict[str, Any] = {
        "iss": content.issuer,
        "vct": content.type,
        "iat": content.issued_at,
        "nbf": content.valid_from,
        "exp": content.valid_until,
    }
    if content.type_integrity is not None:
        own["vct#integrity"] = content.type_integrity
    if content.holder is not None:
        own["cnf"] = {"jwk": dict(content.holder.jwk)}
    if content.status is not None:
        own["status"] = {"status_list": {"idx": content.status.index, "uri": content.status.uri}}
    return own


def _verify(parts: SdJwt, keys: IssuerKeys, now: int) -> tuple[VerifiedCredential, Mapping[str, Any]]:
    jws = parse_jws(parts.jwt, types=TYPES)
    try:
        issuer = require_text(jws.payload, "iss") if "iss" in jws.payload else None
        type_ = require_text(jws.payload, "vct")
        times = _times(jws, now)
        holder = _holder(jws.payload)
        status = _status(jws.payload)
    except (MalformedJwt, KeyRefused) as error:
        raise MalformedCredential(error.why) from None
    found = keys.find(issuer, jws.header)
    jws.verify(found.key, "credential")
    claims = reveal(jws.payload, parts.disclosures)
    if ALWAYS_SHOWN & (claims.keys() - jws.payload.keys()):
        raise MalformedCredential("a claim that must always be shown was disclosed")
    # Without the signature: of an elliptic curve one (r, s) anybody makes a second (r, -s), and so a credential's twin.
    digest = hashlib.sha256(jws.signed).digest()
    issued, valid_from, valid_until = times
    verified = VerifiedCredential(found.issuer, type_, claims, holder, issued, valid_from, valid_until, status, digest)
    return verified, jws.payload


def _times(jws: Jws, now: int) -> tuple[int | None, int | None, int | None]:
    issued = require_time(jws.payload, "iat", optional=True)
    valid_from = require_time(jws.payload, "nbf", optional=True)
    valid_until = require_time(jws.payload, "exp", optional=True)
    if issued is not None and issued > now + CLOCK_SKEW:
        raise NotInForce("credential", "is from the future", issued, now)
    if valid_from is not None and valid_from > now + CLOCK_SKEW:
        raise NotInForce("credential", "is not valid yet", valid_from, now)
    if valid_until is not None and now >= valid_until:
        raise NotInForce("credential", "has expired", valid_until, now)
    return issued, valid_from, valid_until


def _holder(payload: Mapping[str, Any]) -> Any:
    if "cnf" not in payload:
        return None
    confirmation = payload["cnf"]
    if not isinstance(confirmation, dict) or confirmation.keys() != {"jwk"}:
        raise KeyRefused("cnf must hold one key as a JWK")
    return parse_public_jwk(confirmation["jwk"])


def _status(payload: Mapping[str, Any]) -> StatusReference | None:
    if "status" not in payload:
        return None
    status = payload["status"]
    entry = status.get("status_list") if isinstance(status, dict) else None
    if not isinstance(entry, dict):
        # A status that can't be read must not pass for no status.
        raise MalformedJwt("its status is of a kind that is not understood here")
    index, uri = entry.get("idx"), entry.get("uri")
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index <= MAX_INDEX:
        raise MalformedJwt("its status index must be a whole number")
    if not isinstance(uri, str) or not uri or len(uri) > 2_048:
        raise MalformedJwt("its status list has no address")
    return StatusReference(uri, index)


def type_integrity(document: Mapping[str, Any]) -> str:
    """The `vct#integrity` value of a type metadata document as `encode_json` writes it (W3C Subresource Integrity)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(encode_json(document)).digest()).decode("ascii")
