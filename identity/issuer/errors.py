"""What only the issuer refuses."""

from __future__ import annotations

from bridge.errors import InvalidInput
from identity.errors import IdentityError


class EvidenceMissing(IdentityError, InvalidInput):
    """A case without evidence can't be submitted."""

    def __init__(self) -> None:
        super().__init__("a case needs at least one record of evidence")


class RetentionRuns(IdentityError, InvalidInput):
    """A subject's records must still be kept. UTC seconds."""

    def __init__(self, until: int, now: int) -> None:
        self.until, self.now = until, now
        super().__init__(f"the records are kept until {until} (now {now})")
