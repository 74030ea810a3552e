"""How long a transfer waits before it is looked at again, by what it waits for.

One reason, one ramp: signatures come within a block or two, nodes come back in seconds to minutes, a rule may take
until a batch of the oracle, a lost transaction needs its era to end. Pure; the random part is handed in.
"""

from __future__ import annotations

from enum import Enum


class Wait(Enum):
    """What a transfer waits for; the values appear in the journal and on screens."""

    SIGNATURES = "signatures of the attestors"
    CLOCK = "the destination's clock to pass the moment the order was made"
    RULE = "a rule that refuses it now"
    NODE = "a node that does not answer"
    FINALITY = "finality of what was submitted"
    RESUBMISSION = "another try after a failed submission"
    LANE = "a relayer that serves its lane"


RAMPS: dict[Wait, tuple[float, ...]] = {
    # Attestors see a block when this process does: the first tries are short, later ones wait for a person.
    Wait.SIGNATURES: (0.5, 0.5, 1, 1, 2, 2, 5, 10, 30, 60),
    # Two chains' final clocks differ by their slots and finality: seconds.
    Wait.CLOCK: (0.5, 0.5, 1, 1, 2),
    Wait.RULE: (2, 5, 10, 30, 60, 180, 300),
    Wait.NODE: (2, 5, 10, 30, 60),
    # Longer than blocks take to become final anywhere this runs; the fact itself wakes the transfer much earlier.
    Wait.FINALITY: (120,),
    Wait.RESUBMISSION: (1, 5, 15, 60, 180, 300),
    # Only a restart with other settings changes it.
    Wait.LANE: (3600,),
}
"""Seconds before the first, second, ... try; the last one repeats."""

JITTER = 0.2
"""Part of the wait that is random: several relayers must not submit in step."""


def delay(wait: Wait, tries: int, random: float = 0.0) -> float:
    """Seconds until the next look, after `tries` tries in vain; `random` in [0, 1)."""
    ramp = RAMPS[wait]
    return ramp[min(tries, len(ramp) - 1)] * (1 + JITTER * random)
