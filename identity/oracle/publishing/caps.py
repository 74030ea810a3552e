"""How parts of the caps are given to chains: first grants, slices of seats, and moving parts from chain to chain. Pure.

What is free is the whole minus what the chains take at their final blocks and what batches under way may still grant. A
part is moved in two steps that need no memory between them: it is lowered here, and when the final state shows it free,
it is granted there. A crash in between leaves a part free, never granted twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from identity.oracle.parts import limit_parts, rounded

LOW_SHARE = 8
"""A chain is short when its room is below an eighth of its fair part of a limit."""


@dataclass(frozen=True, slots=True)
class Part:
    """One chain's part of a cap, what is used of it, and what batches under way may still add or take (both positive)."""

    part: int
    used: int
    pending: int = 0
    leaving: int = 0

    @property
    def taken(self) -> int:
        """What the whole can't give elsewhere."""
        return max(self.part, self.used) + self.pending

    @property
    def room(self) -> int:
        """What this chain can still take."""
        return self.part + self.pending - self.used


def first_limit(whole: int, chain: str, chains: Mapping[str, object]) -> int:
    """A chain's first part of a holding limit, in base units, two digits."""
    return limit_parts(whole, sorted(chains))[chain]


def move_limits(whole: int, parts: Mapping[str, Part]) -> dict[str, int]:
    """The deltas that bring one investor's parts nearer to where they are needed; empty: nothing to do.

    Lowered is only what is not used. A raise never exceeds what is free now: what this very plan lowers comes later.
    """
    free = whole - sum(part.taken for part in parts.values())
    if free < 0:
        return {} if any(part.leaving for part in parts.values()) else _lower(parts, -free)
    fair = whole // len(parts)
    short = {name: fair // 2 - part.room for name, part in parts.items() if part.room < fair // LOW_SHARE}
    if not short:
        return {}
    needy = max(short, key=lambda name: (short[name], name))
    if (raise_ := rounded(min(short[needy], free))) > 0:
        return {needy: raise_}
    if any(part.leaving for part in parts.values()):
        # Enough is on its way already: it is free once it is final.
        return {}
    donor = max(parts, key=lambda name: (parts[name].room, name))
    spare = rounded((parts[donor].room - fair // LOW_SHARE) // 2)
    return {donor: -min(spare, short[needy])} if donor != needy and spare > 0 and parts[donor].pending == 0 else {}


def _lower(parts: Mapping[str, Part], excess: int) -> dict[str, int]:
    """Takes back what the whole no longer holds, where there is most room first. A part may go below what is used.

    In two digits, up: what is cut to the unit would tell an observer how much somebody holds elsewhere.
    """
    deltas: dict[str, int] = {}
    scale = 10 ** max(0, len(str(excess)) - 2)
    excess = -(-excess // scale) * scale
    for name in sorted(parts, key=lambda one: -parts[one].room):
        cut = min(excess, max(0, parts[name].room))
        if cut:
            deltas[name] = -cut
            excess -= cut
    return deltas


@dataclass(frozen=True, slots=True)
class ClassPart(Part):
    """One class's seats on one chain; `waiting`: how many investors of the class may hold here and don't yet.

    Not those who may, less the holders: a holder who may not receive any more keeps a seat and waits for none.
    """

    waiting: int = 0


def slice_seats(
    seats: int, parts: Mapping[tuple[str, int], ClassPart], chain: str, size: int, turn: int
) -> dict[int, int]:
    """The raises of quotas on one chain, by class: a slice for those who may still become holders, never the whole cap.

    Args:
        seats: of the bucket, over all chains.
        parts: of the bucket's classes on all chains, by (chain, class).
        size: how many seats without a holder a class has at most.
        turn: counts up with time: whose turn it is when there are fewer empty seats than classes that wait for one.
    """
    free = seats - sum(part.taken for part in parts.values())
    raises: dict[int, int] = {}
    for (name, class_), share in shares(seats, parts, size, turn).items():
        given = min(share - parts[name, class_].room, free)
        if name == chain and given > 0:
            raises[class_] = given
            free -= given
    return raises


def take_seats_back(
    seats: int, parts: Mapping[tuple[str, int], ClassPart], chain: str, size: int, turn: int
) -> dict[int, int]:
    """The lowerings of quotas on one chain, by class: seats that stand empty here while another class or chain waits.

    Arguments as of `slice_seats`.
    """
    free = seats - sum(part.taken for part in parts.values())
    due = dict.fromkeys(sorted(parts), 0) if free < 0 else shares(seats, parts, size, turn)
    waiting = sum(max(0, due[key] - part.room) for key, part in parts.items())
    missing = waiting - free - sum(part.leaving for part in parts.values())
    lowered: dict[int, int] = {}
    for (name, class_), share in due.items():
        part = parts[name, class_]
        cut = min(missing, part.room - share)
        if name == chain and cut > 0 and part.pending == 0:
            lowered[class_] = -cut
            missing -= cut
    return lowered


def shares(seats: int, parts: Mapping[tuple[str, int], ClassPart], size: int, turn: int) -> dict[tuple[str, int], int]:
    """How many empty seats each class on each chain should have: as many as it has investors who may come, a slice at
    most. When there are too few, they are dealt out one by one, and the last ones go round from turn to turn: without
    that, whoever was there first would keep seats that nobody sits on, and the others would be refused for ever.
    """
    keys = sorted(parts)
    wanted = {key: max(0, min(size, parts[key].waiting)) for key in keys}
    empty = max(0, seats - sum(part.used for part in parts.values()))
    if sum(wanted.values()) <= empty:
        return wanted
    first = turn % len(keys)
    dealt = dict.fromkeys(keys, 0)
    while empty > 0:
        for key in keys[first:] + keys[:first]:
            if empty > 0 and dealt[key] < wanted[key]:
                dealt[key] += 1
                empty -= 1
    return dealt
