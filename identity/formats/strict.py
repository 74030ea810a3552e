"""The one strict reader for what comes from outside: JSON documents, forms and base64url (RFC 8259, 4648).

A lenient reader is how two parties come to see two different documents in the same bytes: of duplicate names one
reader takes the first and another the last; NaN breaks whoever writes the value on; a lone surrogate or a NUL passes
here and fails in the database. So all of that is refused here, with a bound on size, depth and number of values.
"""

from __future__ import annotations

import binascii
import json
import math
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from identity.errors import Malformed, MalformedJson


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a document is read at all: bytes, levels of nesting, values in total."""

    size: int = 65_536
    depth: int = 16
    values: int = 4_096


DEFAULT_BOUNDS = Bounds()
MAX_INTEGER = 2**53 - 1
"""Integers beyond it differ between readers (RFC 8259, section 6)."""

_TO_URL, _FROM_URL = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def parse_json(data: bytes | str, bounds: Bounds = DEFAULT_BOUNDS) -> Any:
    """The value of one strict JSON document. MalformedJson says what is wrong, never what it held."""
    if len(data) > bounds.size:
        raise MalformedJson(f"larger than {bounds.size} bytes")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        value = _DECODER.decode(text)
    except MalformedJson:
        raise
    except UnicodeDecodeError:
        raise MalformedJson("not UTF-8") from None
    except RecursionError:
        raise MalformedJson(f"deeper than {bounds.depth} levels") from None
    except ValueError:
        raise MalformedJson("its grammar is broken") from None
    check_value(value, bounds)
    return value


def parse_object(data: bytes | str, bounds: Bounds = DEFAULT_BOUNDS) -> dict[str, Any]:
    """As `parse_json`, for a document that must be an object."""
    value = parse_json(data, bounds)
    if not isinstance(value, dict):
        raise MalformedJson("it must be an object")
    return value


def check_value(value: Any, bounds: Bounds = DEFAULT_BOUNDS) -> None:
    """Refuses a value that is nested too deep, has too many members, or text that is no Unicode text."""
    level, seen, depth = [value], 0, 0
    while level:
        seen += len(level)
        if seen > bounds.values:
            raise MalformedJson(f"more than {bounds.values} values")
        deeper: list[Any] = []
        nested = False
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict):
                nested = True
                for key in item:
                    _check_text(key)
                deeper += item.values()
            elif isinstance(item, list):
                nested = True
                deeper += item
        depth += nested
        if depth > bounds.depth:
            raise MalformedJson(f"deeper than {bounds.depth} levels")
        level = deeper


def parse_form(data: bytes, size: int = 16_384, fields: int = 32) -> dict[str, str]:
    """The fields of an `application/x-www-form-urlencoded` body. A name given twice is refused (RFC 6749, 3.2)."""
    if len(data) > size:
        raise Malformed("form", f"larger than {size} bytes")
    try:
        pairs = parse_qsl(
            data.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(data),
            max_num_fields=fields,
            errors="strict",
        )
    except ValueError:
        raise Malformed("form", "its grammar is broken") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Malformed("form", "a field is given twice")
    if any("\0" in text for pair in pairs for text in pair):
        raise Malformed("form", "a NUL character")
    return form


def encode_base64url(data: bytes) -> str:
    """base64url without padding (RFC 7515, section 2)."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL).decode("ascii")


def decode_base64url(text: str) -> bytes:
    """The bytes of unpadded base64url; only the one canonical spelling is taken, so bytes have one name."""
    if not _BASE64URL.fullmatch(text):
        raise Malformed("base64url text", "a character outside its alphabet")
    try:
        data = binascii.a2b_base64(text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise Malformed("base64url text", "its length is impossible") from None
    if len(text) % 4 and encode_base64url(data)[-1] != text[-1]:
        raise Malformed("base64url text", "its last character carries stray bits")
    return data


def encode_json(value: object) -> bytes:
    """Compact UTF-8 JSON, members in the order given. Not canonical: use RFC 8785 where a digest must be shared."""
    return _ENCODER.encode(value).encode("utf-8")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedJson("a name is given twice")
    return value


def _no_constant(_text: str) -> Any:
    raise MalformedJson("NaN and Infinity are no JSON numbers")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedJson("a number beyond every range")
    return number


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise MalformedJson("an integer beyond 2^53 - 1")
    return int(text)


def _check_text(text: str) -> None:
    if text.isascii():
        if "\0" in text:
            raise MalformedJson("a NUL character")
        return
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise MalformedJson("text that is no Unicode text")


# Made once: `json.loads` and `json.dumps` would make them anew at every call.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_integer
)
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)
