"""Decentralised identifiers this project meets: did:web for issuers, did:key and did:jwk for holders' keys.

Resolution of did:web needs the network and is done elsewhere; here are its address and its document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from identity.errors import KeyRefused, Malformed
from identity.formats.jwk import ALGORITHMS, PublicKey, parse_multicodec, parse_public_jwk
from identity.formats.strict import decode_base64url, parse_object

CONTEXTS = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"]

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DID_WEB = re.compile(r"did:web:[A-Za-z0-9.\-]+(%3A[0-9]{1,5})?(:[A-Za-z0-9._\-]+)*")


def did_web(url: str) -> str:
    """The did:web of an https base address: `https://localhost:8443/tenant` is `did:web:localhost%3A8443:tenant`."""
    parts = urlsplit(url)
    path = [quote(part, safe="") for part in parts.path.split("/") if part]
    return ":".join(["did:web", quote(parts.netloc, safe=""), *path])


def did_web_address(did: str) -> str:
    """Where the document of a did:web stands (did:web method specification, 3.2). Malformed for any other text."""
    if len(did) > 512 or not _DID_WEB.fullmatch(did):
        raise Malformed("did:web", "its grammar is broken")
    host, *path = did.removeprefix("did:web:").split(":")
    if {".", ".."} & {*path}:
        # A server would climb with them, out of the place that the identifier names.
        raise Malformed("did:web", "a step that leads upwards")
    place = "/".join(path) if path else ".well-known"
    return f"https://{unquote(host)}/{place}/did.json"


def did_document(did: str, keys: Sequence[tuple[str, PublicKey]]) -> dict[str, Any]:
    """The document of an issuer: each key by its fragment, all of them good for assertions.

    Keys that no longer sign stay in it, so that what they signed still verifies.
    """
    methods = [
        {"id": f"{did}#{name}", "type": "JsonWebKey2020", "controller": did, "publicKeyJwk": dict(key.jwk)}
        for name, key in keys
    ]
    return {
        "@context": CONTEXTS,
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def key_in_document(document: Mapping[str, Any], did: str, key_id: str) -> PublicKey:
    """The assertion key named `key_id` (absolute, or a fragment). KeyRefused when the document doesn't stand for it."""
    if document.get("id") != did:
        raise KeyRefused("the document is of another identifier")
    wanted = key_id if key_id.startswith("did:") else f"{did}#{key_id.lstrip('#')}"
    if wanted.partition("#")[0] != did:
        raise KeyRefused("the key belongs to another identifier")
    methods = document.get("verificationMethod")
    allowed = document.get("assertionMethod")
    if not isinstance(methods, list) or not isinstance(allowed, list):
        raise KeyRefused("the document lists no assertion keys")
    if not any(_absolute(entry, did) == wanted for entry in allowed):
        raise KeyRefused("the key may not make assertions")
    for method in methods:
        if isinstance(method, dict) and _absolute(method, did) == wanted and method.get("controller") == did:
            return parse_public_jwk(method.get("publicKeyJwk"))
    raise KeyRefused("the document doesn't hold this key")


def parse_did_key(did_url: str, allowed: tuple[str, ...] = ALGORITHMS) -> PublicKey:
    """The key of `did:key:z...` or `did:jwk:...`, with or without the fragment that names it. KeyRefused otherwise."""
    did, mark, fragment = did_url.partition("#")
    method, _, body = did.removeprefix("did:").partition(":")
    if not did.startswith("did:") or len(did_url) > 2_048:
        raise KeyRefused("it is no DID")
    if method == "key":
        if mark and fragment != body:
            raise KeyRefused("the fragment names another key")
        if not body.startswith("z"):
            raise KeyRefused("a did:key is written in base58btc")
        return parse_multicodec(decode_base58(body[1:]), allowed)
    if method == "jwk":
        if mark and fragment != "0":
            raise KeyRefused("the fragment of a did:jwk is 0")
        try:
            return parse_public_jwk(parse_object(decode_base64url(body)), allowed)
        except Malformed as error:
            raise KeyRefused(error.why) from None
    raise KeyRefused("this DID method is not taken for holders")


def decode_base58(text: str) -> bytes:
    """Bytes of base58btc text. Bounded: its cost grows with the square of the length."""
    if len(text) > 256:
        raise KeyRefused("too long for a key")
    number = 0
    for character in text:
        digit = _ALPHABET.find(character)
        if digit < 0:
            raise KeyRefused("a character outside base58")
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def _absolute(entry: object, did: str) -> str | None:
    name = entry.get("id") if isinstance(entry, dict) else entry
    if not isinstance(name, str):
        return None
    return did + name if name.startswith("#") else name
