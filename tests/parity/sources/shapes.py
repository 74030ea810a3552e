"""How values stand in the vector files: amounts and 64-bit numbers as decimal text, bytes as 0x text.

Decimal text because JSON readers lose integers above 2^53; parallel arrays because forge reads those without a struct.
"""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak

Case = dict[str, Any]
LotT = tuple[int, int, int]
"""(amount, acquiredAt, unlocksAt)"""


def hex0(value: bytes) -> str:
    return "0x" + value.hex()


def b32(text: str) -> bytes:
    """A 32-byte test value that depends on a text only."""
    return keccak(text=f"lockstep/vector/{text}")


def investor(text: str) -> bytes:
    return bytes(16) + b32(f"investor/{text}")[:16]


def evm_account(text: str) -> bytes:
    return bytes(12) + b32(f"account/{text}")[12:]


def lot_columns(prefix: str, lots: list[LotT]) -> Case:
    return {
        f"{prefix}Amounts": [str(lot[0]) for lot in lots],
        f"{prefix}AcquiredAt": [str(lot[1]) for lot in lots],
        f"{prefix}UnlocksAt": [str(lot[2]) for lot in lots],
    }


def with_counts(**sections: list[Case]) -> Case:
    """A vector file: sections of cases with equal keys, and how many cases each has."""
    for title, cases in sections.items():
        keys = {tuple(case) for case in cases}
        if len(keys) != 1:
            raise ValueError(f"the cases of {title} differ in their keys")
    return {"counts": {title: len(cases) for title, cases in sections.items()}, **sections}
