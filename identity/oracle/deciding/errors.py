"""What deciding refuses."""

from __future__ import annotations

from bridge.errors import InvalidInput, RecoverableError
from identity.errors import IdentityError


class NoPolicy(IdentityError, InvalidInput):
    """No policy of the asset is in force: nobody is admitted to it."""

    def __init__(self, asset: bytes) -> None:
        self.asset = asset
        super().__init__(f"no policy of the asset 0x{asset.hex()} is in force")


class TwoPersonsNeeded(IdentityError, InvalidInput):
    """The second step of an act must be taken by another person than the first."""

    def __init__(self, name: str, act: str) -> None:
        self.name, self.act = name, act
        super().__init__(f"{name} took the first step: another person must {act}")


class OtherHash(IdentityError, InvalidInput):
    """Who approves names another document than the one that was proposed."""

    def __init__(self, named: bytes, proposed: bytes) -> None:
        self.named, self.proposed = named, proposed
        super().__init__(f"the proposal is {proposed.hex()}, not {named.hex()}")


class MessageReused(IdentityError, InvalidInput):
    """A source of screening hits gave one id to reports on two persons."""

    def __init__(self, source: str, message: str) -> None:
        self.source, self.message = source, message
        super().__init__("this message id was used for a report on somebody else: send it under an id of its own")


class LeaseLost(IdentityError, RecoverableError):
    """Another process holds this job's lease by now: nothing of the run may be written any more."""

    def __init__(self, job: str, token: int) -> None:
        self.job, self.token = job, token
        super().__init__(f"the lease {token} of the job {job} is lost")
