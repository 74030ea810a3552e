"""What a proof of control is refused for."""

from __future__ import annotations

from bridge.errors import InvalidInput
from identity.errors import IdentityError


class AccountMalformed(IdentityError, InvalidInput):
    """A text is no account of its chain."""

    def __init__(self, chain: str, why: str) -> None:
        self.chain, self.why = chain, why
        super().__init__(f"no account of {chain}: {why}")


class ProofRefused(IdentityError, InvalidInput):
    """A signature doesn't show that its maker controls the account."""

    def __init__(self, scheme: str, why: str) -> None:
        self.scheme, self.why = scheme, why
        super().__init__(f"the {scheme} proof of control is refused: {why}")


class ConsentMalformed(IdentityError, InvalidInput):
    """A verifier's transaction data is no statement that is understood here."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"no statement to agree to: {why}")
