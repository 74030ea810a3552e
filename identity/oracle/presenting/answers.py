"""Answers to requests, read strictly: `direct_post.jwt` (one encrypted response) and `direct_post` (form fields).

An answer in the clear to a request that asked for an encrypted one is refused: whoever makes wallets send that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from identity.errors import Malformed
from identity.formats.jwe import decrypt
from identity.formats.strict import Bounds, parse_form, parse_object
from identity.oracle.presenting.errors import AnswerMalformed
from identity.oracle.presenting.requests import CONTENT_ENCRYPTION, Asked

MAX_BODY = 524_288
"""Bytes: eight credentials with certificates, encrypted and written as a form."""
_FIELDS = 16
_BOUNDS = Bounds(size=400_000, depth=6, values=128)
MAX_CREDENTIALS = 16
_QUERY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ERROR = re.compile(r"[a-z_]{1,64}")


@dataclass(frozen=True, slots=True)
class Declined:
    """The wallet, or its holder, said no; `error` in the protocol's words."""

    error: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The presentations by the ids of the credential queries; not verified."""

    presentations: Mapping[str, tuple[str, ...]]


def read_answer(body: bytes, asked: Asked) -> Answer | Declined:
    """What a wallet posted in answer to a request.

    Raises:
        AnswerMalformed: another response mode, another state, no `vp_token` of lists of presentations.
        Malformed, AlgorithmRefused: the form, its JSON or its encryption breaks.
    """
    form = parse_form(body, MAX_BODY, _FIELDS)
    if "error" in form:
        return _declined(form, asked)
    members = _plain(form) if asked.encryption_key is None else _encrypted(form, asked)
    if members.get("state") != asked.state:
        raise AnswerMalformed("it belongs to another request")
    if "error" in members:
        return _declined(members, asked)
    return Answer(_presentations(members.get("vp_token")))


def _encrypted(form: Mapping[str, str], asked: Asked) -> Mapping[str, Any]:
    if "vp_token" in form or "response" not in form:
        raise AnswerMalformed("an encrypted response was asked for")
    assert asked.encryption_key is not None  # noqa: S101 - the caller looked
    return parse_object(decrypt(form["response"], asked.encryption_key, asked.id, CONTENT_ENCRYPTION), _BOUNDS)


def _plain(form: Mapping[str, str]) -> Mapping[str, Any]:
    if "response" in form:
        raise AnswerMalformed("a response that is not encrypted was asked for")
    try:
        return {**form, "vp_token": parse_object(form.get("vp_token", ""), _BOUNDS)}
    except Malformed as error:
        raise AnswerMalformed(f"vp_token: {error.why}") from None


def _presentations(token: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(token, dict) or not token:
        raise AnswerMalformed("vp_token must be an object with the ids of the query")
    found: dict[str, tuple[str, ...]] = {}
    for name, entry in token.items():
        if not _QUERY_ID.fullmatch(name):
            raise AnswerMalformed("an id that no query has")
        if not isinstance(entry, list) or not entry or not all(isinstance(one, str) for one in entry):
            raise AnswerMalformed("each entry of vp_token must be a list of presentations")
        found[name] = tuple(entry)
    if sum(len(entry) for entry in found.values()) > MAX_CREDENTIALS:
        raise AnswerMalformed(f"more than {MAX_CREDENTIALS} presentations")
    return found


def _declined(members: Mapping[str, Any], asked: Asked) -> Declined:
    error = members["error"]
    if members.get("state") != asked.state:
        raise AnswerMalformed("it belongs to another request")
    if not isinstance(error, str) or not _ERROR.fullmatch(error):
        raise AnswerMalformed("its error is no error code")
    return Declined(error)
