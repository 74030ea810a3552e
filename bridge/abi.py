"""Structs to and from canonical ABI bytes: `abi.encode(struct)` of Solidity, `abi_encode` of alloy.

Decoding is total: any bytes give the struct or MalformedBytes. Only the one canonical encoding is taken - a second
encoding of the same order (redirected offsets, dirty padding, bytes at the end) would pass one check and fail another.
"""

from __future__ import annotations

from typing import Final

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_abi.exceptions import DecodingError

from bridge.errors import InvalidField, MalformedBytes
from bridge.wire import StructT, WireStruct, abi_type

MAX_STRUCT_BYTES: Final = 65_536
"""Longer input is refused before it is looked at; the largest struct of the protocol stays below 20 KB."""


def encode_struct(struct: WireStruct) -> bytes:
    """The canonical ABI bytes of a struct, as one argument (with the leading offset when it is dynamic)."""
    return abi_encode([abi_type(type(struct))], [struct.to_values()])


def decode_struct(cls: type[StructT], data: bytes) -> StructT:
    """The struct whose canonical encoding these bytes are.

    Raises:
        MalformedBytes: truncated, longer than needed, padded or ordered otherwise than `encode_struct` does.
    """
    name = cls.__name__
    if len(data) > MAX_STRUCT_BYTES:
        raise MalformedBytes(name, len(data), f"more than {MAX_STRUCT_BYTES} bytes")
    try:
        (values,) = abi_decode([abi_type(cls)], data)
        struct = cls.from_values(values)
    except (DecodingError, InvalidField, OverflowError, UnicodeDecodeError) as error:
        raise MalformedBytes(name, len(data), str(error)) from error
    if encode_struct(struct) != data:
        raise MalformedBytes(name, len(data), "not the canonical encoding")
    return struct
