"""Token Status List (IETF draft 21): many statuses in one compressed, signed token.

Entries are packed from the least significant bit on (a W3C Bitstring list packs from the most significant one), `ttl`
is in SECONDS (there: milliseconds). Decompression is bounded: a few kilobytes can unfold to gigabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from identity.errors import Malformed, MalformedJwt, MalformedStatusList, NotInForce
from identity.formats.base import CLOCK_SKEW, IssuerKeys
from identity.formats.jws import SigningKey, build_jws, encode_chain, parse_jws, require_text, require_time
from identity.formats.strict import Bounds, decode_base64url, encode_base64url

STATUS_LIST_TYP = "statuslist+jwt"
MEDIA_TYPE = "application/statuslist+jwt"
MAX_LIST_BYTES = 1_048_576
MAX_TOKEN_BYTES = 1_500_000
_BOUNDS = Bounds(size=MAX_TOKEN_BYTES, depth=4, values=64)


class Status(IntEnum):
    """What a place in the list says (draft, section 7.1)."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2


@dataclass(frozen=True, slots=True)
class StatusList:
    """Unpacked statuses; `bits` per entry is 1, 2, 4 or 8."""

    bits: int
    data: bytes

    def __len__(self) -> int:
        """How many entries it has."""
        return len(self.data) * 8 // self.bits

    def at(self, index: int) -> int:
        """The status at a place. A place outside the list is MalformedStatusList: it must be refused, never be 0."""
        if not 0 <= index < len(self):
            raise MalformedStatusList("the place lies outside the list")
        place = index * self.bits
        return (self.data[place // 8] >> (place % 8)) & ((1 << self.bits) - 1)


@dataclass(frozen=True, slots=True)
class VerifiedStatusList:
    """A list whose signature and times hold. Seconds; `expires_at` and `ttl` are None when the token says nothing."""

    uri: str
    issuer: str
    statuses: StatusList
    issued_at: int
    expires_at: int | None
    ttl: int | None


def encode_statuses(size: int, statuses: Mapping[int, int], bits: int = 2) -> StatusList:
    """A list of `size` entries, all 0 but those given."""
    if bits not in (1, 2, 4, 8) or size % (8 // bits) or size < 1:
        raise MalformedStatusList("an entry has 1, 2, 4 or 8 bits, and the list fills whole bytes")
    data = bytearray(size * bits // 8)
    for index, status in statuses.items():
        if not 0 <= index < size or not 0 <= status < 1 << bits:
            raise MalformedStatusList("a status or its place is out of range")
        data[index * bits // 8] |= status << (index * bits % 8)
    return StatusList(bits, bytes(data))


def compress(statuses: StatusList) -> str:
    """The `lst` member: ZLIB at the highest level, base64url."""
    return encode_base64url(zlib.compress(statuses.data, 9))


def decompress(text: str, bits: object, limit: int = MAX_LIST_BYTES) -> StatusList:
    """The list behind `lst`. MalformedStatusList when it is broken or unfolds to more than `limit` bytes."""
    if isinstance(bits, bool) or bits not in (1, 2, 4, 8):
        raise MalformedStatusList("an entry has 1, 2, 4 or 8 bits")
    try:
        packed = decode_base64url(text)
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(packed, limit + 1)
    except (Malformed, zlib.error):
        raise MalformedStatusList("its compressed bytes can't be read") from None
    if len(data) > limit:
        raise MalformedStatusList(f"larger than {limit} bytes")
    if not unpacker.eof or unpacker.unused_data or not data:
        raise MalformedStatusList("its compressed bytes end too early or too late")
    return StatusList(int(str(bits)), data)


def build_status_list_token(
    uri: str, issuer: str, statuses: StatusList, key: SigningKey, *, now: int, ttl: int, lifetime: int
) -> str:
    """A signed list. `ttl`: how long it may be used before it is fetched again; `lifetime`: when it ends. Seconds."""
    header: dict[str, object] = {"typ": STATUS_LIST_TYP, "kid": key.key_id}
    if key.chain:
        header["x5c"] = encode_chain(key.chain)
    payload = {
        "iss": issuer,
        "sub": uri,
        "iat": now,
        "exp": now + lifetime,
        "ttl": ttl,
        "status_list": {"bits": statuses.bits, "lst": compress(statuses)},
    }
    return build_jws(header, payload, key)


def verify_status_list_token(text: str, uri: str, keys: IssuerKeys, now: int) -> VerifiedStatusList:
    """Checks a status list token that was fetched from `uri` (draft, section 8.3).

    Raises:
        MalformedStatusList: another form, another `sub` than the address it was fetched from.
        NotInForce: expired or from the future.
        IssuerUnknown, SignatureInvalid, AlgorithmRefused: as they say.
    """
    try:
        jws = parse_jws(text, types=(STATUS_LIST_TYP,), bounds=_BOUNDS)
        subject = require_text(jws.payload, "sub")
        issuer = require_text(jws.payload, "iss") if "iss" in jws.payload else None
        issued = require_time(jws.payload, "iat") or 0
        expires = require_time(jws.payload, "exp", optional=True)
        ttl = require_time(jws.payload, "ttl", optional=True)
    except MalformedJwt as error:
        raise MalformedStatusList(error.why) from None
    if subject != uri:
        raise MalformedStatusList("it is the list of another address")
    if issued > now + CLOCK_SKEW:
        raise NotInForce("status list", "is from the future", issued, now)
    if expires is not None and now >= expires:
        raise NotInForce("status list", "has expired", expires, now)
    found = keys.find(issuer, jws.header)
    jws.verify(found.key, "status list")
    entry = jws.payload.get("status_list")
    if not isinstance(entry, dict) or not isinstance(entry.get("lst"), str):
        raise MalformedStatusList("it holds no list")
    statuses = decompress(entry["lst"], entry.get("bits"))
    return VerifiedStatusList(uri, found.issuer, statuses, issued, expires, ttl)
