"""What can go wrong between this program and a chain.

Each error says whether the chain may have changed: a caller that moves value must know the difference between
"it was refused", "it never arrived" and "nobody knows".
"""

from __future__ import annotations

from bridge.errors import InvalidInput, LockstepError, RecoverableError, UnrecoverableError


class ChainError(LockstepError):
    """Root of everything an adapter raises besides `bridge.refusals.Refused`."""

    def __init__(self, chain: str, message: str) -> None:
        self.chain = chain
        super().__init__(f"{chain}: {message}")


class ChainUnavailable(ChainError, RecoverableError):
    """The node could not be reached or did not answer in time. Nothing was sent; a later try may succeed."""

    def __init__(self, chain: str, detail: str) -> None:
        self.detail = detail
        super().__init__(chain, f"the node is not available: {detail}")


class ConnectionBroken(ChainUnavailable):
    """The connection ended while it was used. A read may be tried at once again; a submission must be looked up."""


class BlockUnknown(ChainError):
    """The node does not know the block (pruned, replaced or not there yet)."""

    def __init__(self, chain: str, block: str) -> None:
        self.block = block
        super().__init__(chain, f"block {block} is not known to the node")


class NotFinal(ChainError, ValueError):
    """Facts were asked of a block that is not final on this node yet."""

    def __init__(self, chain: str, asked: int, final: int) -> None:
        self.asked, self.final = asked, final
        super().__init__(chain, f"block {asked} is not final; {final} is")


class MalformedAnswer(ChainError):
    """The node answered something that does not decode. Never read as "no" or "zero": an empty answer is an error."""

    def __init__(self, chain: str, what: str) -> None:
        self.what = what
        super().__init__(chain, f"the answer for {what} does not decode")


class RpcError(ChainError):
    """The node answered with a JSON-RPC error: code, message and data as they came."""

    def __init__(self, chain: str, method: str, code: int, message: str, data: object = None) -> None:
        self.method = method
        self.code = code
        self.message = message
        self.data = data
        super().__init__(chain, f"{method} failed with {code}: {message}" + (f" ({data})" if data else ""))


class TransactionInvalid(ChainError):
    """The node refused the transaction before inclusion (funds, nonce, signature): the chain did not change."""

    def __init__(self, chain: str, detail: str) -> None:
        self.detail = detail
        super().__init__(chain, f"the transaction was not accepted: {detail}")


class TransactionLost(ChainError, RecoverableError):
    """Sent, and not seen in a block in time. It may still land: read the chain's state before trying again."""

    def __init__(self, chain: str, hashes: tuple[str, ...], detail: str) -> None:
        self.hashes = hashes
        self.detail = detail
        super().__init__(chain, f"transaction {', '.join(hashes)} was not seen in a block: {detail}")


class TransactionFailed(ChainError):
    """Included, and failed for a reason that is no refusal of the protocol (gas, native balance, bad origin)."""

    def __init__(self, chain: str, tx_hash: str, detail: str) -> None:
        self.tx_hash = tx_hash
        self.detail = detail
        super().__init__(chain, f"transaction {tx_hash} failed: {detail}")


class SettingsRefused(InvalidInput):
    """A process was started with settings that it must not run with."""


class NodesDisagree(UnrecoverableError):
    """Two nodes of one chain gave different answers about the same final block: one of them lies or is broken."""

    def __init__(self, chain: str, what: str) -> None:
        self.chain, self.what = chain, what
        super().__init__(f"the nodes of {chain} disagree about {what}")


class TooFewNodes(RecoverableError):
    """Fewer nodes answered than must agree. A time-out is no vote, neither yes nor no."""

    def __init__(self, chain: str, answered: int, needed: int) -> None:
        self.chain, self.answered, self.needed = chain, answered, needed
        super().__init__(f"{answered} nodes of {chain} answered, {needed} must agree")
