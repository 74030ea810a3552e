"""What a service answers when it refuses: protocols' own error codes, and refusals of its records' interfaces."""

from __future__ import annotations

from bridge.errors import InvalidInput, RecoverableError
from identity.errors import IdentityError


class ProtocolRefusal(IdentityError, InvalidInput):
    """A refusal in the protocol's words (RFC 6749, RFC 6750, RFC 9449, OpenID4VCI 1.0 section 8.3.1.2).

    `description` is ASCII without quotes or backslashes, as those texts demand, and never holds what was sent.
    """

    def __init__(self, code: str, description: str, *, status: int = 400, scheme: str | None = None) -> None:
        self.code, self.description, self.status, self.scheme = code, description, status, scheme
        super().__init__(f"{code}: {description}")


class TokenRefused(ProtocolRefusal):
    """An access token is missing, unknown, expired, or bound to another key: 401 with a challenge (RFC 6750, 3)."""

    def __init__(self, description: str, *, scheme: str = "Bearer", code: str = "invalid_token") -> None:
        super().__init__(code, description, status=401, scheme=scheme)


class StaffRefused(IdentityError, InvalidInput):
    """Who asks is nobody of the staff (`known` false), or may not do this."""

    def __init__(self, why: str, *, known: bool = True) -> None:
        self.why, self.known = why, known
        super().__init__(why)


class NotFound(IdentityError, InvalidInput):
    """There is no record of this kind with this id."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"there is no such {kind}")


class WrongState(IdentityError, InvalidInput):
    """A record is not in a state in which this may be done to it."""

    def __init__(self, kind: str, state: str, needed: str) -> None:
        self.kind, self.state, self.needed = kind, state, needed
        super().__init__(f"the {kind} is {state}, and must be {needed}")


class SameHands(IdentityError, InvalidInput):
    """Whoever made something can't be the one who confirms it."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} made this case and can't check it")


class SubjectErased(IdentityError, InvalidInput):
    """The subject's data key was destroyed: what was sealed under it can't be read by anyone."""

    def __init__(self) -> None:
        super().__init__("the subject was erased")


class TooManyRequests(IdentityError, RecoverableError):
    """Too much was started lately, by whoever asks or by all together. `retry_after`: seconds until there is room."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = max(1, retry_after)
        super().__init__(f"too many requests; try again in {self.retry_after} seconds")


class WebhookRefused(IdentityError, InvalidInput):
    """A provider's message is not signed by it, or too old."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"the message is refused: {why}")
