"""Eligibility words: two written out digit by digit, the others by place value."""

from __future__ import annotations

from tests.parity.sources.shapes import Case, with_counts

_WRITTEN_OUT = {
    "every part one": "0x" + "0000000000000001" + "0001" + "01" + "0000000001" + "00000000000000000000000000000001",
    "limit minus one": "0x" + "0000000069000000" + "0201" + "07" + "0000000010" + "f" * 32,
}


def _word(valid_until: int, class_: int, permissions: int, sequence: int, limit: int) -> int:
    low = limit if limit >= 0 else 2**128 + limit
    return valid_until * 2**192 + class_ * 2**176 + permissions * 2**168 + sequence * 2**128 + low


def make() -> Case:
    parts = [
        ("no record", 0, 0, 0, 0, 0),
        ("every part one", 1, 1, 1, 1, 1),
        ("limit minus one", 0x69000000, 0x0201, 7, 0x10, -1),
        ("blocked, record kept", 1_762_000_000, 513, 0, 12, 0),
        ("receive only", 1_762_000_000, 513, 1, 12, 10**24),
        ("largest values", 2**64 - 1, 2**16 - 1, 255, 2**40 - 1, 2**127 - 1),
        ("least limit", 0, 0, 0, 0, -(2**127)),
        ("all bits", 2**64 - 1, 2**16 - 1, 255, 2**40 - 1, -1),
    ]
    cases = []
    for title, *values in parts:
        word = f"0x{_word(*values):064x}"
        if _WRITTEN_OUT.get(title, word) != word:
            raise ValueError(f"{title} differs from the word written out")
        cases.append(
            {
                "name": title,
                "validUntil": str(values[0]),
                "class": values[1],
                "permissions": values[2],
                "sequence": str(values[3]),
                "limit": str(values[4]),
                "word": word,
            }
        )
    return with_counts(word=cases)
