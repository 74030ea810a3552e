"""How a frozen dataclass becomes a struct on the wire: one declaration serves EIP-712, ABI and range checks.

A field's wire type is its annotation: ``Uint64`` is ``Annotated[int, "uint64"]``, a tuple of structs is a dynamic
array. So the type string that is hashed, the ABI type and the validation cannot drift apart.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Self, TypeVar, cast, get_args, get_origin, get_type_hints

from bridge.errors import InvalidField

Bytes32 = Annotated[bytes, "bytes32"]
Address = Annotated[bytes, "address"]
Text = Annotated[str, "string"]
Uint8 = Annotated[int, "uint8"]
Uint16 = Annotated[int, "uint16"]
Uint32 = Annotated[int, "uint32"]
Uint64 = Annotated[int, "uint64"]
Uint128 = Annotated[int, "uint128"]
Uint256 = Annotated[int, "uint256"]
Int64 = Annotated[int, "int64"]
Int128 = Annotated[int, "int128"]


class WireStruct:
    """Base of every struct of the protocol. Subclasses are frozen dataclasses with slots.

    Raises:
        InvalidField: on construction, when a field does not fit its wire type.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        for field in wire_fields(type(self)):
            field.check(type(self).__name__, getattr(self, field.name))

    def to_values(self) -> tuple[Any, ...]:
        """The fields in order as nested tuples: the form that ABI encoders take."""
        return tuple(field.map(getattr(self, field.name), WireStruct.to_values) for field in wire_fields(type(self)))

    def to_message(self) -> dict[str, Any]:
        """The fields under their camelCase names, addresses as 0x text: the form that EIP-712 encoders take."""
        return {
            field.wire_name: field.map(getattr(self, field.name), WireStruct.to_message, address=_hex, array=list)
            for field in wire_fields(type(self))
        }

    @classmethod
    def from_values(cls, values: Sequence[Any]) -> Self:
        """The struct from nested tuples or lists, as ABI decoders give them.

        Raises:
            InvalidField: a value is missing, too many or out of range.
        """
        fields = wire_fields(cls)
        if len(values) != len(fields):
            raise InvalidField(cls.__name__, "*", f"{len(fields)} values", len(values))
        return cls(
            **{field.name: field.parse(cls.__name__, value) for field, value in zip(fields, values, strict=True)}
        )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """The struct from a mapping with camelCase or snake_case names; bytes may be 0x text, arrays may be lists.

        Raises:
            InvalidField: a name is missing or unknown, or a value is out of range.
        """
        fields = wire_fields(cls)
        known = {name for field in fields for name in (field.name, field.wire_name)}
        unknown = sorted(key for key in mapping if key not in known)
        if unknown:
            raise InvalidField(cls.__name__, unknown[0], "a known field", mapping[unknown[0]])
        return cls(**{field.name: field.parse(cls.__name__, field.find(cls.__name__, mapping)) for field in fields})


StructT = TypeVar("StructT", bound=WireStruct)


@dataclasses.dataclass(frozen=True, slots=True)
class WireField:
    """One field of a struct: its Python name, its name and type on the wire, and the struct it holds, if any."""

    name: str
    wire_name: str
    base: str
    struct: type[WireStruct] | None
    is_array: bool

    @property
    def wire_type(self) -> str:
        """The type as EIP-712 writes it, for example ``Lot[]``."""
        return self.base + ("[]" if self.is_array else "")

    def check(self, owner: str, value: object) -> None:
        """Raise InvalidField unless the value fits the wire type exactly."""
        if not self.is_array:
            self._check_item(owner, value)
        elif isinstance(value, tuple):
            for item in value:
                self._check_item(owner, item)
        else:
            raise InvalidField(owner, self.name, f"a tuple of {self.base}", value)

    def map(
        self,
        value: Any,
        nested: Callable[[Any], Any],
        address: Callable[[bytes], Any] = bytes,
        array: Callable[[Iterable[Any]], Any] = tuple,
    ) -> Any:
        """The value with ``nested`` applied to every struct, ``address`` to every address, ``array`` to an array."""
        convert = nested if self.struct is not None else address if self.base == "address" else _same
        return array(convert(item) for item in value) if self.is_array else convert(value)

    def find(self, owner: str, mapping: Mapping[str, Any]) -> Any:
        """The field's value in a mapping, under either of its names."""
        for key in (self.name, self.wire_name):
            if key in mapping:
                return mapping[key]
        raise InvalidField(owner, self.name, "present", None)

    def parse(self, owner: str, value: Any) -> Any:
        """The value as Python holds it: structs built, 0x text turned into bytes, lists into tuples."""
        if not self.is_array:
            return self._parse_item(owner, value)
        if not isinstance(value, list | tuple):
            raise InvalidField(owner, self.name, self.wire_type, value)
        return tuple(self._parse_item(owner, item) for item in value)

    def _parse_item(self, owner: str, value: Any) -> Any:
        if self.struct is not None:
            if isinstance(value, self.struct):
                return value
            if isinstance(value, Mapping):
                return self.struct.from_mapping(value)
            if isinstance(value, list | tuple):
                return self.struct.from_values(value)
            raise InvalidField(owner, self.name, self.base, value)
        if self.base in ("bytes32", "address"):
            return self._parse_bytes(owner, value)
        return value

    def _parse_bytes(self, owner: str, value: Any) -> Any:
        if not isinstance(value, str):
            return bytes(value) if isinstance(value, bytes) else value
        if not value.startswith("0x"):
            raise InvalidField(owner, self.name, self.base, value)
        try:
            return bytes.fromhex(value[2:])
        except ValueError as error:
            raise InvalidField(owner, self.name, self.base, value) from error

    def _check_item(self, owner: str, value: object) -> None:
        if self.struct is not None:
            fits = isinstance(value, self.struct)
        elif self.base == "string":
            fits = isinstance(value, str)
        elif self.base in ("bytes32", "address"):
            fits = isinstance(value, bytes) and len(value) == (32 if self.base == "bytes32" else 20)
        else:
            low, high = integer_range(self.base)
            # bool is an int in Python, but True is no amount.
            fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        if not fits:
            raise InvalidField(owner, self.name, self.base, value)


@functools.cache
def integer_range(wire_type: str) -> tuple[int, int]:
    """The least and the greatest value of an integer type such as ``uint64`` or ``int128``."""
    if wire_type.startswith("uint"):
        return 0, 2 ** int(wire_type[4:]) - 1
    bits = int(wire_type[3:])
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1


def wire_fields(cls: type[WireStruct]) -> tuple[WireField, ...]:
    """The fields of a struct in the order of the wire."""
    return _fields_of(cast("Hashable", cls))


@functools.cache
def _fields_of(cls: Any) -> tuple[WireField, ...]:
    hints = get_type_hints(cls, include_extras=True)
    return tuple(_describe(field.name, hints[field.name]) for field in dataclasses.fields(cls))


def wire_structs(cls: type[WireStruct]) -> tuple[type[WireStruct], ...]:
    """The struct and every struct inside it, each once, the outer one first."""
    found: dict[type[WireStruct], None] = {cls: None}
    for field in wire_fields(cls):
        if field.struct is not None:
            found.update(dict.fromkeys(wire_structs(field.struct)))
    return tuple(found)


def abi_type(cls: type[WireStruct]) -> str:
    """The struct as an ABI tuple type, for example ``(uint128,uint64,uint64)``."""
    parts = (
        field.wire_type if field.struct is None else abi_type(field.struct) + ("[]" if field.is_array else "")
        for field in wire_fields(cls)
    )
    return f"({','.join(parts)})"


def _describe(name: str, hint: Any) -> WireField:
    is_array = get_origin(hint) is tuple
    item = get_args(hint)[0] if is_array else hint
    if get_origin(item) is Annotated:
        return WireField(name, _camel(name), get_args(item)[1], None, is_array)
    return WireField(name, _camel(name), item.__name__, item, is_array)


def _camel(name: str) -> str:
    """``valid_until`` -> ``validUntil``; ``class_`` (``class`` is a Python keyword) -> ``class``."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(part.capitalize() for part in rest)


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _same(value: Any) -> Any:
    return value
