"""What people's records refuse. No message names a person, a claim or a credential's content."""

from __future__ import annotations

from bridge.errors import InvalidInput, RecoverableError
from identity.errors import IdentityError


class NotOnePerson(IdentityError, InvalidInput):
    """Credentials that were shown together don't agree on whose they are."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"the credentials are not shown to be of one person: {why}")


class CredentialTaken(IdentityError, InvalidInput):
    """A credential already serves another person."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        super().__init__(f"this {topic} credential serves another person already")


class TwoRecords(IdentityError, InvalidInput):
    """The credentials belong to two persons on record. Staff must find out which of the records is wrong."""

    def __init__(self) -> None:
        super().__init__("these credentials belong to two investors on record")


class NotEnrolled(IdentityError, InvalidInput):
    """The investor has no pseudonym for this asset: not enrolled for it, or still under review."""

    def __init__(self) -> None:
        super().__init__("not enrolled for this asset")


class ChallengeUnknown(IdentityError, InvalidInput):
    """The nonce was not given to this investor, was used, or its time is over."""

    def __init__(self) -> None:
        super().__init__("this challenge does not exist or is used up")


class ConsentMissing(IdentityError, InvalidInput):
    """The holder has not agreed to the statement with the key of the credentials."""

    def __init__(self) -> None:
        super().__init__("the wallet that holds the credentials has not agreed to this statement yet")


class ConsentRefused(IdentityError, InvalidInput):
    """What was shown is no consent of this holder."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this is no consent: {why}")


class AccountTaken(IdentityError, InvalidInput):
    """The account is another investor's, or is bound already."""

    def __init__(self, own: bool) -> None:
        self.own = own
        super().__init__("the account is linked already" if own else "the account is another investor's in this asset")


class CoolingDown(IdentityError, RecoverableError):
    """An account was unlinked a short while ago; UTC seconds until another may be linked."""

    def __init__(self, until: int, now: int) -> None:
        self.until, self.now = until, now
        super().__init__(f"another account can be linked in {max(0, until - now)} s")


class ChainUnknown(IdentityError, InvalidInput):
    """The oracle serves no chain of this name."""

    def __init__(self, chain: str) -> None:
        self.chain = chain
        super().__init__(f"no chain {chain[:64]!r} is served")
