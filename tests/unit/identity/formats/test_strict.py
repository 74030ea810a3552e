"""The strict reader: what it takes is what everybody reads, and everything else is a typed error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.errors import Malformed, MalformedJson
from identity.formats.strict import (
    Bounds,
    decode_base64url,
    encode_base64url,
    encode_json,
    parse_form,
    parse_json,
    parse_object,
)

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_every_json_value_comes_back_as_it_went(value: Any) -> None:
    assert parse_json(encode_json(value)) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_typed_error(data: bytes) -> None:
    try:
        parse_json(data)
    except Malformed:
        return
    json.loads(data)


@given(st.binary(max_size=200))
def test_any_form_is_read_or_refused_with_a_typed_error(data: bytes) -> None:
    try:
        assert isinstance(parse_form(data), dict)
    except Malformed:
        return


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        '{"x":{"a":1,"a":1}}',
        "NaN",
        '{"a":Infinity}',
        '{"a":-Infinity}',
        '{"a":1e999}',
        '{"a":9007199254740993}',
        '{"a":' + "9" * 5_000 + "}",
        '"\\ud800"',
        '{"\\udfff":1}',
        '"\\u0000"',
        "[" * 17 + "]" * 17,
        "[" * 30_000,
        "[" + "1," * 5_000 + "1]",
        '{"a":1}x',
        "",
        "\ufeff{}",
        "'a'",
        '{"a":1,}',
        '"\t"',
    ],
)
def test_what_two_readers_could_read_differently_is_refused(text: str) -> None:
    with pytest.raises(MalformedJson):
        parse_json(text.encode("utf-8"))


def test_a_document_may_be_as_deep_as_the_bound_and_no_deeper() -> None:
    assert parse_json("[" * 16 + "1" + "]" * 16)
    with pytest.raises(MalformedJson):
        parse_json("[" * 17 + "1" + "]" * 17)


def test_a_document_over_the_size_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(MalformedJson, match="larger"):
        parse_json(b" " * 11, Bounds(size=10))


def test_only_an_object_is_an_object() -> None:
    with pytest.raises(MalformedJson):
        parse_object("[1]")


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(MalformedJson):
        parse_json(b'"\xff"')


@given(st.binary(max_size=100))
def test_base64url_has_one_spelling(data: bytes) -> None:
    text = encode_base64url(data)
    assert decode_base64url(text) == data
    assert "=" not in text


@pytest.mark.parametrize("text", ["A", "AB=", "A+", "A/", "AB==", "a b", "AB\n", "Af", "AAB"])
def test_other_spellings_of_base64url_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        decode_base64url(text)


@pytest.mark.parametrize("data", [b"a=1&a=2", b"a=1&b=%ff", b"a=%00", b"a", b"&".join(b"x%d=1" % n for n in range(40))])
def test_a_form_with_a_field_twice_or_broken_text_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_form(data)
