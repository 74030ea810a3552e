"""How a cap over all chains is cut into parts, one per chain. Pure.

The parts never exceed the whole, so the cap holds over all chains at every moment without one asking another (protocol
section 7). Limits are rounded down to two digits, because an exact limit would tell an observer whose it is (section 10).
"""

from __future__ import annotations

from collections.abc import Sequence


def split(whole: int, chains: Sequence[str]) -> dict[str, int]:
    """Equal parts by chain; what does not divide goes to the first ones.

    Raises:
        ValueError: the whole is negative, or there is no chain.
    """
    if whole < 0 or not chains:
        raise ValueError(f"{whole} can't be split over {len(chains)} chains")
    each, left = divmod(whole, len(chains))
    return {chain: each + (place < left) for place, chain in enumerate(chains)}


def rounded(limit: int) -> int:
    """The limit cut to two significant digits: 12,345 becomes 12,000."""
    scale: int = 10 ** max(0, len(str(limit)) - 2)
    return limit // scale * scale


def limit_parts(whole: int, chains: Sequence[str]) -> dict[str, int]:
    """A holding cap as parts of two digits each; together at most the whole."""
    return {chain: rounded(part) for chain, part in split(whole, chains).items()}
