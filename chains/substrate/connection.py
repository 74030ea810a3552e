"""One Substrate chain as the adapter's parts share it: reads, events of final blocks, and sending calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b

from bridge.domains import SUBSTRATE_BRIDGE, ChainName
from bridge.refusals import Refused
from bridge.types import Reason
from chains.accounts import Account
from chains.base import BlockRef, ChainEvent, Happened, OnSigned, OrderInitiated, Submitted, TxRef, WrongDomain
from chains.control import Fate
from chains.errors import ChainError, MalformedAnswer, NotFinal, TransactionFailed
from chains.substrate import values
from chains.substrate.events import Record, chain_event, dispatch_failure, token_event
from chains.substrate.holders import read_holders
from chains.substrate.node import SubstrateNode, as_hex
from chains.substrate.scale import CHAIN
from chains.substrate.transactions import Included, SubstrateSender, block_records
from chains.views import LimitView, Views

VIEW_API = "LockstepApi_view"

Explain = Callable[[Views], tuple[Reason, ...]]
"""Asks the state before a refused call for the values that a dispatch error has no room for."""


class _RuntimeTransport:
    """Carries views to the runtime API in the state of one block."""

    chain = CHAIN

    def __init__(self, node: SubstrateNode, at: BlockRef | None) -> None:
        self._node = node
        self._at = at

    def call(self, data: bytes) -> bytes:
        """See `chains.views.ViewTransport`. An unknown selector is an error, not an empty answer."""
        answer = self._node.state_call(VIEW_API, data, self._at)
        if answer is None:
            raise MalformedAnswer(CHAIN, VIEW_API)
        return answer


class SubstrateConnection:
    """What both sides of the adapter stand on."""

    def __init__(self, url: str, *, timeout: float = 20.0, limit: float = 120.0) -> None:
        """`url` ws or wss; seconds: `timeout` per request, `limit` until an extrinsic counts as lost."""
        self._node = SubstrateNode(url, timeout=timeout)
        self._sender = SubstrateSender(self._node, limit=limit)
        self._domain: bytes | None = None

    @property
    def domain(self) -> bytes:
        """The domain this chain's pallets check signatures under. WrongDomain when they contradict themselves."""
        if self._domain is None:
            stated = self.views().identity()
            derived = ChainName(stated.caip2, stated.bridge, stated.deployment).domain()
            if stated.domain != derived or stated.bridge != SUBSTRATE_BRIDGE:
                raise WrongDomain(CHAIN, stated.domain, derived)
            self._domain = stated.domain
        return self._domain

    def finalised(self) -> BlockRef:
        """The newest block GRANDPA finalised."""
        return self._node.finalised()

    def head(self) -> BlockRef:
        """The newest block."""
        return self._node.head()

    def block(self, number: int) -> BlockRef:
        """The block at a height."""
        return self._node.block(number)

    def views(self, at: BlockRef | None = None) -> Views:
        """The runtime API in the state after `at`."""
        return Views(_RuntimeTransport(self._node, at))

    def words(self, keys: Sequence[tuple[bytes, bytes]], at: BlockRef) -> list[int]:
        """See `chains.base.Chain`."""
        return [holder.word for holder in read_holders(self._node, keys, at)]

    def limits(self, keys: Sequence[tuple[bytes, bytes]], at: BlockRef) -> list[LimitView]:
        """See `chains.base.Chain`."""
        return [holder.limit for holder in read_holders(self._node, keys, at)]

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """The bridge's order events in final blocks, in order."""
        self._require_final(last)
        found: list[ChainEvent] = []
        for number in range(first, last + 1):
            found += self._events_of(self.block(number))
        return found

    def history(self, first: int, last: int, asset: bytes | None = None) -> list[Happened]:
        """See `chains.control.Control`. Each block is read: the node must still hold its state."""
        self._require_final(last)
        return [one for number in range(first, last + 1) for one in self._happened_in(self.block(number), asset)]

    def order_started(self, lane: bytes, nonce: int, upto: BlockRef) -> OrderInitiated | None:
        """See `chains.control.Control`."""
        for number in range(upto.number, 0, -1):
            for event in self._events_of(self.block(number)):
                if isinstance(event, OrderInitiated) and (event.order.destination, event.order.nonce) == (lane, nonce):
                    return event
        return None

    def fate(self, signer: Account, hashes: Sequence[str], since: int) -> Fate:
        """See `chains.control.Control`."""
        waiting = [bytes.fromhex(text[2:]) for text in self._node.read("author_pendingExtrinsics", [])]
        if {"0x" + blake2b(extrinsic, digest_size=32).hexdigest() for extrinsic in waiting} & set(hashes):
            return Fate.WAITING
        # The pool is read before the blocks: an extrinsic that leaves it for a block in between is found there.
        for number in range(max(1, since), self.head().number + 1):
            if set(self._extrinsic_hashes(self.block(number))) & set(hashes):
                return Fate.INCLUDED
        return Fate.GONE

    def wait_finalised(self, after: int, timeout: float) -> BlockRef:
        """Woken by each notice of finality."""
        return self._node.wait_finalised(after, timeout)

    def close(self) -> None:
        """Closes every connection of every thread."""
        self._node.close()

    def _call(
        self,
        signer: Account,
        pallet: str,
        call: str,
        args: dict[str, object],
        on_signed: OnSigned | None = None,
        explain: Explain | None = None,
    ) -> Submitted:
        included = self._sender.send(signer, pallet, call, args, on_signed)
        failure = dispatch_failure(included.records)
        if failure is None:
            events = (chain_event(record, included.tx) for record in included.records)
            happened = (token_event(record) for record in included.records)
            return Submitted(
                included.tx,
                tuple(event for event in events if event is not None),
                fee=_fee(included.records),
                happened=tuple(event for event in happened if event is not None),
            )
        if failure.code is None:
            raise TransactionFailed(CHAIN, included.tx.hash, failure.detail)
        found = values.caller(signer.id) + self._explained(included, explain)
        raise Refused((next((reason for reason in found if reason.code == failure.code), Reason(failure.code)),))

    def _explained(self, included: Included, explain: Explain | None) -> tuple[Reason, ...]:
        """What the state before the block says about the call; nothing when it can't be asked."""
        if explain is None:
            return ()
        try:
            return explain(self.views(self._node.parent(included.tx.block)))
        except ChainError:
            # The chain's number stands; only the values are missing from the message.
            return ()

    def _require_final(self, last: int) -> None:
        if last > (final := self.finalised().number):
            raise NotFinal(CHAIN, last, final)

    def _happened_in(self, block: BlockRef, asset: bytes | None) -> Iterable[Happened]:
        found = [(record, token_event(record)) for record in block_records(self._node, block)]
        wanted = [
            (record, event)
            for record, event in found
            if event is not None and (asset is None or getattr(event, "asset", None) == asset)
        ]
        hashes = self._extrinsic_hashes(block) if wanted else []
        for record, event in wanted:
            yield Happened(event, _place(record, block, hashes))

    def _events_of(self, block: BlockRef) -> list[ChainEvent]:
        own = [record for record in block_records(self._node, block) if record.pallet == "Bridge"]
        if not own:
            return []
        hashes = self._extrinsic_hashes(block)
        found = (chain_event(record, _place(record, block, hashes)) for record in own)
        return [event for event in found if event is not None]

    def _extrinsic_hashes(self, block: BlockRef) -> list[str]:
        content = self._node.read("chain_getBlock", ["0x" + block.hash.hex()])
        try:
            raw = [as_hex(extrinsic, "an extrinsic") for extrinsic in content["block"]["extrinsics"]]
        except (KeyError, TypeError) as error:
            raise MalformedAnswer(CHAIN, f"block {block.number}") from error
        return ["0x" + blake2b(extrinsic, digest_size=32).hexdigest() for extrinsic in raw]


def _place(record: Record, block: BlockRef, hashes: Sequence[str]) -> TxRef:
    if record.extrinsic is None or record.extrinsic >= len(hashes):
        raise MalformedAnswer(CHAIN, f"the place of an event in block {block.number}")
    return TxRef(CHAIN, hashes[record.extrinsic], block, record.extrinsic)


def _fee(own: Sequence[Record]) -> int:
    """What the extrinsic cost in base units of the native coin."""
    for record in own:
        if record.pallet == "TransactionPayment" and record.name == "TransactionFeePaid":
            return int(record.values["actual_fee"])
    return 0
