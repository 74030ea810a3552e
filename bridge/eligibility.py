"""The eligibility word: 256 bits per (asset, investor) on a chain (protocol section 3).

High to low: validUntil u64 | class u16 | permissions u8 | sequence u40 | limit i128 (two's complement).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from bridge.errors import InvalidField
from bridge.types import EligibilityItem, Permission
from bridge.wire import integer_range

_LIMIT_MASK: Final = 2**128 - 1
_RANGES: Final = {
    "valid_until": "uint64",
    "class_": "uint16",
    "permissions": "uint8",
    "sequence": "uint40",
    "limit": "int128",
}


@dataclass(frozen=True, slots=True)
class EligibilityWord:
    """A decoded word. `valid_until` governs receiving only; `sequence` is the batch that wrote it last.

    Raises:
        InvalidField: a part does not fit its bits.
    """

    valid_until: int
    class_: int
    permissions: int
    sequence: int
    limit: int

    def __post_init__(self) -> None:
        for field in fields(self):
            value, wire_type = getattr(self, field.name), _RANGES[field.name]
            low, high = integer_range(wire_type)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise InvalidField("EligibilityWord", field.name, wire_type, value)

    @classmethod
    def unpack(cls, word: int) -> EligibilityWord:
        """The parts of any 256-bit word. All zero means: no record.

        Raises:
            InvalidField: not an unsigned 256-bit integer.
        """
        if not 0 <= word < 2**256:
            raise InvalidField("EligibilityWord", "word", "uint256", word)
        low = word & _LIMIT_MASK
        return cls(
            valid_until=word >> 192,
            class_=(word >> 176) & 0xFFFF,
            permissions=(word >> 168) & 0xFF,
            sequence=(word >> 128) & 0xFF_FFFF_FFFF,
            limit=low - 2**128 if low >> 127 else low,
        )

    def pack(self) -> int:
        """The 256-bit word as stored on a chain."""
        return (
            self.valid_until << 192
            | self.class_ << 176
            | self.permissions << 168
            | self.sequence << 128
            | self.limit & _LIMIT_MASK
        )

    @property
    def is_record(self) -> bool:
        """Whether the oracle ever wrote about this investor here; a limit alone, moved by a crossing, is no record."""
        return self.pack() >> 128 != 0

    def allows(self, permission: Permission) -> bool:
        """Whether the word carries a permission; says nothing about `valid_until`."""
        return bool(self.permissions & permission)

    def may_receive(self, now: int) -> bool:
        """Whether the investor may receive at a chain time: the permission, and now < validUntil."""
        return self.allows(Permission.RECEIVE) and now < self.valid_until

    def apply(self, item: EligibilityItem, number: int) -> EligibilityWord:
        """The word after a batch item: the limit moves by the delta, everything else is set.

        Raises:
            InvalidField: the limit leaves int128 (a chain skips such an item with AmountTooLarge).
        """
        return EligibilityWord(item.valid_until, item.class_, item.permissions, number, self.limit + item.limit_delta)
