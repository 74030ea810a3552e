"""The weekly grid of an asset: `validUntil` lies on it, so that an expiry tells no one's dates (protocol section 10).

The grid of an asset is `offset + n * WEEK`; all its investors share it, so all their words are renewed together.
"""

from __future__ import annotations

from typing import Final

WEEK: Final = 604_800
"""Seconds between two points of a grid."""
HORIZON: Final = 35 * 86_400
"""How far ahead a word may reach, in seconds."""


def grid_point(offset: int, earliest_expiry: int, now: int) -> int:
    """The last point of the grid that is at most 35 days ahead and not after the earliest expiry; UTC seconds.

    It may lie in the past: then the word is expired although the evidence is not, for less than a week at the end of
    its life. Before the first point of all it is 0.
    """
    end = min(now + HORIZON, earliest_expiry)
    return max(0, offset + (end - offset) // WEEK * WEEK)
