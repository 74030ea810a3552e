"""Selective disclosure for JWTs (RFC 9901): conceal claims, reveal them, choose what to show, bind to a key.

Mechanics only: who issued, for how long and with which status is the business of `sd_jwt_vc`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from identity.errors import Malformed, MalformedCredential, NotAgreedTo, NotInForce, WrongAudience, WrongNonce
from identity.formats.base import CLOCK_SKEW, Challenge, ClaimPath
from identity.formats.jwk import ALGORITHMS, PublicKey
from identity.formats.jws import JWT_BOUNDS, SigningKey, build_jws, parse_jws, require_text, require_time
from identity.formats.strict import Bounds, decode_base64url, encode_base64url, encode_json, parse_json
from identity.ports import Randomness

KEY_BINDING_TYP = "kb+jwt"
TRANSACTION_HASH = "sha-256"
"""How what a holder agrees to is hashed (OpenID4VP 1.0, appendix B.3.3): asked for by name, so answered by name."""
SALT_BYTES = 16
MAX_SIZE = 131_072
MAX_DISCLOSURES = 256
DISCLOSURE_BOUNDS = Bounds(size=65_536, depth=12, values=1_024)
MAX_DEPTH = 16

_HASHES: Mapping[str, Callable[[bytes], Any]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
}


@dataclass(frozen=True, slots=True)
class SdJwt:
    """An SD-JWT taken apart and NOT verified: the issuer's JWT, the disclosures as text, the key binding JWT."""

    jwt: str
    disclosures: tuple[str, ...]
    binding: str | None

    @property
    def bound_part(self) -> str:
        """What a key binding JWT's `sd_hash` is over: everything before it, with the last tilde."""
        return "~".join((self.jwt, *self.disclosures)) + "~"


@dataclass(frozen=True, slots=True)
class _Disclosure:
    name: str | None
    value: Any


def parse_sd_jwt(text: object) -> SdJwt:
    """Takes the compact form apart: `<jwt>~<disclosure>~...~[<kb-jwt>]`. MalformedCredential when it is none."""
    if not isinstance(text, str) or len(text) > MAX_SIZE or not text.isascii():
        raise MalformedCredential(f"it must be ASCII text of at most {MAX_SIZE} characters")
    jwt, *rest = text.split("~")
    if not rest:
        raise MalformedCredential("it has no tilde, so it is a plain JWT")
    *disclosures, binding = rest
    if len(disclosures) > MAX_DISCLOSURES:
        raise MalformedCredential(f"more than {MAX_DISCLOSURES} disclosures")
    if not all(disclosures):
        raise MalformedCredential("an empty disclosure")
    if len(set(disclosures)) != len(disclosures):
        raise MalformedCredential("a disclosure is given twice")
    return SdJwt(jwt, tuple(disclosures), binding or None)


def conceal(
    claims: Mapping[str, Any], paths: Sequence[ClaimPath], randomness: Randomness
) -> tuple[dict[str, Any], list[str]]:
    """The payload with digests in place of the claims at `paths`, and the disclosures that open them.

    Digests are sorted, so that their order says nothing about the claims (RFC 9901, 4.2.4.1).
    """
    disclosures: list[str] = []
    payload = _conceal(dict(claims), [path for path in paths if path], randomness, disclosures)
    if disclosures:
        payload["_sd_alg"] = "sha-256"
    return payload, disclosures


def reveal(payload: Mapping[str, Any], disclosures: Sequence[str]) -> dict[str, Any]:
    """The claims of a VERIFIED payload with its disclosures put back (RFC 9901, 7.1, step 3).

    Raises:
        MalformedCredential: a digest twice, a disclosure that opens nothing, a name that stands there already,
            an unknown hash.
    """
    claims = dict(payload)
    opener = _Opener(claims.pop("_sd_alg", "sha-256"), disclosures)
    revealed = opener.open(claims, ())
    opener.require_all_used()
    assert isinstance(revealed, dict)  # noqa: S101 - an object opens to an object
    return revealed


def choose(payload: Mapping[str, Any], disclosures: Sequence[str], wanted: Sequence[ClaimPath]) -> tuple[str, ...]:
    """The disclosures needed to show the claims at `wanted`, with those that stand around them."""
    claims = dict(payload)
    opener = _Opener(claims.pop("_sd_alg", "sha-256"), disclosures)
    opener.open(claims, ())
    return tuple(text for text, path in opener.places() if any(_touches(path, want) for want in wanted))


def build_key_binding(bound_part: str, challenge: Challenge, key: SigningKey, now: int, hash_name: str) -> str:
    """The key binding JWT for a presentation (RFC 9901, 4.3), with hashes of what its holder agrees to by it."""
    payload = {
        "iat": now,
        "aud": challenge.audience,
        "nonce": challenge.nonce,
        "sd_hash": _digest(hash_name, bound_part),
        **_agreed(challenge),
    }
    return build_jws({"typ": KEY_BINDING_TYP}, payload, key)


def verify_key_binding(presented: SdJwt, holder: PublicKey, challenge: Challenge, now: int, hash_name: object) -> None:
    """Checks that the holder's key bound exactly this presentation to this challenge (RFC 9901, 7.3).

    Raises:
        MalformedCredential: no key binding, or one over other disclosures.
        WrongAudience, WrongNonce, NotInForce, SignatureInvalid: as they say.
        NotAgreedTo: it agrees to nothing, or to something else than was asked.
    """
    if presented.binding is None:
        raise MalformedCredential("the key binding is missing")
    jws = parse_jws(presented.binding, types=(KEY_BINDING_TYP,), allowed=ALGORITHMS, bounds=JWT_BOUNDS)
    jws.verify(holder, "key binding")
    if jws.payload.get("aud") != challenge.audience:
        raise WrongAudience("key binding")
    if require_text(jws.payload, "nonce") != challenge.nonce:
        raise WrongNonce("key binding")
    issued = require_time(jws.payload, "iat") or 0
    if issued > now + CLOCK_SKEW:
        raise NotInForce("key binding", "is from the future", issued, now)
    if issued < now - challenge.max_age:
        raise NotInForce("key binding", "is too old", issued, now)
    if jws.payload.get("sd_hash") != _digest(hash_name, presented.bound_part):
        raise MalformedCredential("the key binding is over other disclosures")
    for name, value in _agreed(challenge).items():
        if jws.payload.get(name) != value:
            raise NotAgreedTo


def _agreed(challenge: Challenge) -> dict[str, Any]:
    """The members of a key binding JWT that say what was agreed to: hashes of the texts as they were asked, undecoded."""
    if not challenge.transaction_data:
        return {}
    hashes = [_digest(TRANSACTION_HASH, text) for text in challenge.transaction_data]
    return {"transaction_data_hashes": hashes, "transaction_data_hashes_alg": TRANSACTION_HASH}


def _conceal(value: Any, paths: list[ClaimPath], randomness: Randomness, disclosures: list[str]) -> Any:
    if not paths:
        return value
    if isinstance(value, dict):
        kept: dict[str, Any] = {}
        digests: list[str] = []
        for name, item in value.items():
            below = [path[1:] for path in paths if path[0] == name]
            concealed = _conceal(item, [path for path in below if path], randomness, disclosures)
            if () in below:
                digests.append(_disclose([_salt(randomness), name, concealed], disclosures))
            else:
                kept[name] = concealed
        if digests:
            kept["_sd"] = sorted(digests)
        return kept
    if isinstance(value, list):
        items: list[Any] = []
        for place, item in enumerate(value):
            below = [path[1:] for path in paths if path[0] is None or path[0] == place]
            concealed = _conceal(item, [path for path in below if path], randomness, disclosures)
            if () in below:
                concealed = {"...": _disclose([_salt(randomness), concealed], disclosures)}
            items.append(concealed)
        return items
    return value


def _disclose(content: list[Any], disclosures: list[str]) -> str:
    text = encode_base64url(encode_json(content))
    disclosures.append(text)
    return _digest("sha-256", text)


def _salt(randomness: Randomness) -> str:
    return encode_base64url(randomness(SALT_BYTES))


def _digest(hash_name: object, text: str) -> str:
    if not isinstance(hash_name, str) or hash_name not in _HASHES:
        raise MalformedCredential("its hash is not taken")
    return encode_base64url(_HASHES[hash_name](text.encode("ascii")).digest())


def _parse_disclosure(text: str) -> _Disclosure:
    try:
        content = parse_json(decode_base64url(text), DISCLOSURE_BOUNDS)
    except Malformed as error:
        raise MalformedCredential(f"a disclosure: {error.why}") from None
    if not isinstance(content, list) or len(content) not in (2, 3) or not isinstance(content[0], str):
        raise MalformedCredential("a disclosure is a list of salt, name and value, or of salt and value")
    if len(content) == 2:
        return _Disclosure(None, content[1])
    if not isinstance(content[1], str) or content[1] in ("_sd", "..."):
        raise MalformedCredential("a disclosure's name must be text, and not `_sd` or `...`")
    return _Disclosure(content[1], content[2])


class _Opener:
    """One pass through a payload that puts disclosures where their digests stand."""

    def __init__(self, hash_name: object, disclosures: Sequence[str]) -> None:
        self._texts = {_digest(hash_name, text): text for text in disclosures}
        self._parsed = {digest: _parse_disclosure(text) for digest, text in self._texts.items()}
        self._seen: set[str] = set()
        self._places: dict[str, ClaimPath] = {}

    def open(self, value: Any, path: ClaimPath) -> Any:
        """The value with everything under it revealed."""
        if len(path) > MAX_DEPTH:
            raise MalformedCredential(f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, dict):
            return self._open_object(value, path)
        if isinstance(value, list):
            return [item for item in self._open_list(value, path) if item is not _NOTHING]
        return value

    def places(self) -> Iterator[tuple[str, ClaimPath]]:
        """Each used disclosure's text and where its claim stands."""
        for digest, path in self._places.items():
            yield self._texts[digest], path

    def require_all_used(self) -> None:
        """A disclosure that opens nothing was smuggled in: refused (RFC 9901, 7.1, step 5)."""
        if len(self._places) != len(self._texts):
            raise MalformedCredential("a disclosure opens nothing")

    def _open_object(self, value: dict[str, Any], path: ClaimPath) -> dict[str, Any]:
        if "..." in value:
            raise MalformedCredential("`...` stands where it means nothing")
        digests = value.get("_sd", [])
        if not isinstance(digests, list) or not all(isinstance(digest, str) for digest in digests):
            raise MalformedCredential("`_sd` must be a list of digests")
        opened = {name: self.open(item, (*path, name)) for name, item in value.items() if name != "_sd"}
        for digest in digests:
            disclosure = self._take(digest)
            if disclosure is None:
                continue
            if disclosure.name is None:
                raise MalformedCredential("a disclosure of a list element stands in an object")
            if disclosure.name in opened:
                raise MalformedCredential("a disclosed claim stands there already")
            here = (*path, disclosure.name)
            self._places[digest] = here
            opened[disclosure.name] = self.open(disclosure.value, here)
        return opened

    def _open_list(self, value: list[Any], path: ClaimPath) -> Iterator[Any]:
        for place, item in enumerate(value):
            here = (*path, place)
            if not isinstance(item, dict) or "..." not in item:
                yield self.open(item, here)
                continue
            if len(item) != 1 or not isinstance(item["..."], str):
                raise MalformedCredential("`...` must be the only member and hold a digest")
            disclosure = self._take(item["..."])
            if disclosure is None:
                yield _NOTHING
                continue
            if disclosure.name is not None:
                raise MalformedCredential("a disclosure of a claim stands in a list")
            self._places[item["..."]] = here
            yield self.open(disclosure.value, here)

    def _take(self, digest: str) -> _Disclosure | None:
        if digest in self._seen:
            raise MalformedCredential("a digest stands twice")
        self._seen.add(digest)
        return self._parsed.get(digest)


_NOTHING = object()


def _touches(path: ClaimPath, wanted: ClaimPath) -> bool:
    """Whether one of the two places lies on the way to the other."""
    return all(want is None or want == step for step, want in zip(path, wanted, strict=False))
