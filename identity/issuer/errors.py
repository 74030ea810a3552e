"""What only the issuer refuses."""

from __future__ import annotations

from bridge.errors import InvalidInput
from identity.errors import IdentityError


class EvidenceMissing(IdentityError, InvalidInput):
    """A case without evidence can't be submitted."""

    def __init__(self) -> None:
        super().__init__("a case needs at least one record of evidence")
