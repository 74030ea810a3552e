"""How long the services keep a person after the relationship ended, unless their settings say otherwise.

Anti-money-laundering law asks for five years (Directive (EU) 2015/849, Article 40(1); Regulation (EU) 2024/1624, Article 77(3)).
"""

from __future__ import annotations

from bridge.errors import InvalidInput
from identity.errors import IdentityError

DAY = 86_400
FIVE_YEARS = 5 * 365 + 2
"""Days: five years hold one or two leap days."""
BY_RULE = "retention"
"""Who ends and erases, in the audit chains, when nobody asked: the rule."""


class RetentionRuns(IdentityError, InvalidInput):
    """The records must still be kept. UTC seconds; `until` is None while the relationship has not ended."""

    def __init__(self, until: int | None, now: int) -> None:
        self.until, self.now = until, now
        end = "the relationship has not ended" if until is None else f"they are kept until {until} (now {now})"
        super().__init__(f"the records can't be erased: {end}")
