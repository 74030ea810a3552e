"""The project's structs as values that substrate-interface encodes, and the few SCALE forms read by hand."""

from __future__ import annotations

from typing import Any

from bridge.wire import WireStruct, wire_fields
from chains.errors import MalformedAnswer

CHAIN = "substrate"


def to_scale(value: object) -> Any:
    """Structs as dictionaries with snake_case names; bytes and text as 0x hex, the only form that is never misread."""
    if isinstance(value, WireStruct):
        # `class` is a Python keyword only: the pallets have it without the underscore.
        return {field.name.rstrip("_"): to_scale(getattr(value, field.name)) for field in wire_fields(type(value))}
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, str):
        return "0x" + value.encode().hex()
    if isinstance(value, tuple | list):
        return [to_scale(item) for item in value]
    return value


def encode_vec(data: bytes) -> bytes:
    """SCALE of a Vec<u8>: compact length, then the bytes."""
    length = len(data)
    if length < 1 << 6:
        prefix = (length << 2).to_bytes(1, "little")
    elif length < 1 << 14:
        prefix = (length << 2 | 1).to_bytes(2, "little")
    elif length < 1 << 30:
        prefix = (length << 2 | 2).to_bytes(4, "little")
    else:
        raise ValueError("longer than any call can be")
    return prefix + data


def decode_vec(data: bytes) -> bytes:
    """The bytes in the SCALE of a Vec<u8>, nothing before or after. MalformedAnswer."""
    mode = data[0] & 3 if data else 3
    width = (1, 2, 4, 0)[mode]
    if width == 0 or len(data) < width:
        raise MalformedAnswer(CHAIN, "a byte vector")
    length = int.from_bytes(data[:width], "little") >> 2
    if len(data) != width + length:
        raise MalformedAnswer(CHAIN, "a byte vector")
    return data[width:]


def decode_optional_vec(data: bytes) -> bytes | None:
    """The bytes in the SCALE of an Option<Vec<u8>>. MalformedAnswer."""
    if data == b"\x00":
        return None
    if data[:1] != b"\x01":
        raise MalformedAnswer(CHAIN, "an optional byte vector")
    return decode_vec(data[1:])
