"""What stops a lane or a process here, and what only delays an order."""

from __future__ import annotations

from pathlib import Path

from bridge.errors import InvalidInput, LockstepError, RecoverableError, UnrecoverableError
from bridge.types import Reason


class RelayerError(LockstepError):
    """Root of the errors of relayer and attestor."""


class ChainReplaced(RelayerError, UnrecoverableError):
    """A block this process took facts from is no longer on the chain: finality broke, or it is another chain.

    The process stops. A person compares the chain with the journal before anything is signed or sent again.
    """

    def __init__(self, chain: str, number: int, stored: bytes, found: bytes | None) -> None:
        self.chain, self.number, self.stored, self.found = chain, number, stored, found
        now = "no block" if found is None else found.hex()
        super().__init__(f"{chain} block {number} was {stored.hex()} and is now {now}")


class JournalMissing(RelayerError, InvalidInput):
    """A journal that was to be read is not there: no relayer has run with this path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"there is no journal {path}")


class JournalIncomplete(RelayerError, UnrecoverableError):
    """The chain holds an order in flight that the journal never saw: it was started at too high a block.

    Start a new journal from the deployment's first block; it is rebuilt from the chains.
    """

    def __init__(self, chain: str, nonce: int) -> None:
        self.chain, self.nonce = chain, nonce
        super().__init__(f"{chain} holds order {nonce} in flight, and the journal does not know it")


class LaneHalted(RelayerError, UnrecoverableError):
    """Nothing is signed for this lane until a person resumes it."""

    def __init__(self, source: bytes, destination: bytes, why: str) -> None:
        self.source, self.destination, self.why = source, destination, why
        super().__init__(f"the lane {source.hex()} to {destination.hex()} is halted: {why}")


class ClockAhead(RelayerError, RecoverableError):
    """A chain's final clock is too far ahead of UTC: its deadlines and locks would pass early. Seconds."""

    def __init__(self, chain: str, chain_time: int, now: int) -> None:
        self.chain, self.chain_time, self.now = chain, chain_time, now
        super().__init__(f"the clock of {chain} is {chain_time - now} s ahead of UTC")


class OrderUnknown(RelayerError, InvalidInput):
    """No final block seen so far initiated an order at this place."""

    def __init__(self, source: bytes, nonce: int) -> None:
        self.source, self.nonce = source, nonce
        super().__init__(f"no order {nonce} of {source.hex()} is known")


class NotYetDecided(RelayerError, RecoverableError):
    """The destination has no final outcome for the order: there is nothing to give a receipt for."""

    def __init__(self, order_id: bytes) -> None:
        self.order_id = order_id
        super().__init__(f"order {order_id.hex()} has no final outcome")


class Held(RelayerError, RecoverableError):
    """Nothing is signed now. `reasons` name the rules.

    `under_review`: there is one nobody may name. `permanent`: a rejection would be signed for the only reason.
    """

    def __init__(self, reasons: tuple[Reason, ...], *, under_review: bool = False, permanent: bool = False) -> None:
        self.reasons, self.under_review, self.permanent = reasons, under_review, permanent
        codes = ", ".join(str(reason.code) for reason in reasons)
        super().__init__(f"held by {codes or 'review'}")


class ExpiryRefused(RelayerError, InvalidInput):
    """The asked expiry of an approval is not in (now, now + 3600], in seconds."""

    def __init__(self, expires_at: int, now: int) -> None:
        self.expires_at, self.now = expires_at, now
        super().__init__(f"an approval until {expires_at} is refused at {now}")


class NotASigner(RelayerError, UnrecoverableError):
    """This attestor's key is in no set that the chain takes now."""

    def __init__(self, chain: str, address: bytes, set_id: int) -> None:
        self.chain, self.address, self.set_id = chain, address, set_id
        super().__init__(f"0x{address.hex()} is not in attestor set {set_id} of {chain}")
