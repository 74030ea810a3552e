"""Many investors' words in one request, read from the token pallet's storage.

A runtime call per investor would start the runtime each time; a thousand of them take minutes on a small node. The layout
is that of `security-token`'s `Holders`: the eligibility word stands first, so it is read by its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from substrateinterface.utils.hasher import xxh128

from chains.base import BlockRef
from chains.errors import MalformedAnswer
from chains.substrate.node import SubstrateNode, as_hex
from chains.substrate.scale import CHAIN
from chains.views import LimitView

PREFIX = bytes(xxh128(b"SecurityToken")) + bytes(xxh128(b"Holders"))
"""Storage prefix; the key goes on with asset and investor as they are (Identity hashers)."""

WORD, FREE, IN_FLIGHT, LOCKED = slice(0, 32), slice(32, 48), slice(48, 64), slice(76, 92)
SIZE = 132
"""Bytes of a `Holder` in its SCALE form: all its fields have fixed sizes."""

MAX_KEYS = 500


@dataclass(frozen=True, slots=True)
class Holder:
    """What stands for one investor: the eligibility word, and what is held or in flight, in base units."""

    word: int
    used: int

    @property
    def limit(self) -> LimitView:
        """As the view gives it."""
        low = self.word & (2**128 - 1)
        limit = low - 2**128 if low >> 127 else low
        return LimitView(limit, self.used, limit - self.used)


def read_holders(node: SubstrateNode, keys: Sequence[tuple[bytes, bytes]], at: BlockRef) -> list[Holder]:
    """By (asset, investor), in their order; all zero for somebody unknown. MalformedAnswer."""
    found: dict[str, object] = {}
    names = ["0x" + (PREFIX + asset + investor).hex() for asset, investor in keys]
    for start in range(0, len(names), MAX_KEYS):
        answer = node.read("state_queryStorageAt", [names[start : start + MAX_KEYS], "0x" + at.hash.hex()])
        if not isinstance(answer, list) or len(answer) != 1 or not isinstance(answer[0], dict):
            raise MalformedAnswer(CHAIN, "state_queryStorageAt")
        found |= {str(key): value for key, value in answer[0].get("changes", [])}
    if found.keys() != set(names):
        raise MalformedAnswer(CHAIN, "state_queryStorageAt")
    return [_holder(found[name]) for name in names]


def _holder(value: object) -> Holder:
    if value is None:
        return Holder(0, 0)
    data = as_hex(value, "a holder")
    if len(data) != SIZE:
        raise MalformedAnswer(CHAIN, "a holder")
    number = [int.from_bytes(data[part], "little") for part in (WORD, FREE, IN_FLIGHT, LOCKED)]
    return Holder(number[0], sum(number[1:]))
