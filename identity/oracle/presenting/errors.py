"""What the verifier refuses. No message holds a claim, a code or a token."""

from __future__ import annotations

from bridge.errors import InvalidInput, RecoverableError
from bridge.refusals import UNDER_REVIEW
from identity.errors import IdentityError


class RequestGone(IdentityError, InvalidInput):
    """A request for a presentation is unknown, over, answered or declined."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this request can't be answered: {why}")


class AnswerMalformed(IdentityError, InvalidInput):
    """An answer doesn't have the form that was asked for."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"the answer is malformed: {why}")


class EvidenceNotValid(IdentityError, InvalidInput):
    """A credential was suspended or revoked by its issuer."""

    def __init__(self, topic: str, standing: str) -> None:
        self.topic, self.standing = topic, standing
        super().__init__(f"the {topic} credential is {standing}")


class UnderReview(IdentityError, InvalidInput):
    """A credential of screening doesn't stand: its holder is told no more, and no cure."""

    def __init__(self) -> None:
        super().__init__(UNDER_REVIEW)


class StatusUnknown(IdentityError, RecoverableError):
    """A credential's status can't be had now. The same presentation may succeed later."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        super().__init__(f"the status of the {topic} credential can't be had now")


class AssetUnknown(IdentityError, InvalidInput):
    """The oracle has no policy in force for this asset."""

    def __init__(self) -> None:
        super().__init__("no policy is in force for this asset")


class ReturnRefused(IdentityError, InvalidInput):
    """An address to return to that is not on the list: a redirect there would carry the code away."""

    def __init__(self) -> None:
        super().__init__("this address is not one that investors are returned to")


class ContinueRefused(IdentityError, InvalidInput):
    """The transaction and the response code don't belong together, or were used."""

    def __init__(self) -> None:
        super().__init__("the transaction and the response code don't continue anything")


class SessionRefused(IdentityError, InvalidInput):
    """No session of an investor goes with this token, or its time is over."""

    def __init__(self) -> None:
        super().__init__("an investor's session is needed")
