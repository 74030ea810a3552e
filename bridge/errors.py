"""The error tree of the project.

Every error derives from :class:`LockstepError` and says by its branch who may catch it:

* :class:`InvalidInput`: a value from outside has no meaning. Answer the caller; never retry.
* :class:`RecoverableError`: the world may be different soon (a node is down). Retry with a back-off.
* :class:`UnrecoverableError`: an invariant is broken. Stop the lane or the process and call a person.

A refusal by a rule of the chain is :class:`bridge.refusals.Refused`.
"""

from __future__ import annotations


class LockstepError(Exception):
    """Root of every error raised by this project. Catch it only at the edge of a process."""


class InvalidInput(LockstepError):
    """A value from outside has no meaning in the protocol. The caller is at fault."""


class RecoverableError(LockstepError):
    """Nothing is wrong with the request; the same request may succeed later."""


class UnrecoverableError(LockstepError):
    """An invariant of the protocol does not hold. Going on could lose or create tokens."""


class InvalidField(InvalidInput):
    """A field of a struct does not fit its type on the wire (range, length, kind)."""

    def __init__(self, struct: str, field: str, wire_type: str, value: object) -> None:
        self.struct, self.field, self.wire_type, self.value = struct, field, wire_type, value
        super().__init__(f"{struct}.{field} must be {wire_type}, not {value!r}")


class MalformedBytes(InvalidInput):
    """Bytes are not the canonical ABI encoding of the struct (truncated, too long, padded, redirected)."""

    def __init__(self, struct: str, length: int, detail: str) -> None:
        self.struct, self.length, self.detail = struct, length, detail
        super().__init__(f"{length} bytes are not one {struct}: {detail}")


class InvalidChainName(InvalidInput):
    """A CAIP-2 chain id is not well formed or not in lower case."""

    def __init__(self, caip2: str) -> None:
        self.caip2 = caip2
        super().__init__(f"{caip2!r} is not a CAIP-2 chain id in lower case")


class MalformedAccount(InvalidInput):
    """32 bytes are no account of the kind asked for (an EVM account is 12 zero bytes and 20 that are not all zero)."""

    def __init__(self, account: bytes) -> None:
        self.account = account
        super().__init__(f"0x{account.hex()} is no account of this kind of chain")


class InvalidSignerSet(InvalidInput):
    """A signer set breaks 1 <= n <= 25, n/2 < k <= n, or signers strictly ascending and not zero."""

    def __init__(self, size: int, threshold: int, detail: str) -> None:
        self.size, self.threshold, self.detail = size, threshold, detail
        super().__init__(f"signer set of {threshold} of {size}: {detail}")
