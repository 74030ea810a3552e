"""Reads of one chain that two or more nodes must agree on.

A lying or broken node must not make anyone sign. Every question goes to all nodes, pinned to one final block;
equal answers of at least `quorum` nodes count, a different answer stops everything, no answer is no vote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from chains.base import BlockRef
from chains.control import ManagedChain
from chains.errors import BlockUnknown, ChainUnavailable, NodesDisagree, NotFinal, TooFewNodes

T = TypeVar("T")

LATE_SECONDS = 2.0
"""How long a node may be behind those that suffice and still contradict them."""


class Witness:
    """One chain through several nodes."""

    def __init__(self, nodes: Sequence[ManagedChain], *, quorum: int = 2) -> None:
        """`quorum`: how many nodes must give the same answer; 1 only where all addresses are one development node."""
        if not 1 <= quorum <= len(nodes):
            raise ValueError(f"{quorum} of {len(nodes)} nodes can't agree")
        self.name = nodes[0].name
        self._nodes = tuple(nodes)
        self._quorum = quorum
        # Its own threads: adapters keep a connection per thread, and a web server's threads are many. Each node has
        # its own of them, so that one that never answers takes none from the others.
        prefix = f"witness-{self.name}"
        self._pools = [ThreadPoolExecutor(max_workers=2, thread_name_prefix=prefix) for _ in nodes]

    @property
    def domain(self) -> bytes:
        """The chain's domain, as all nodes state it. NodesDisagree, TooFewNodes."""
        return self.ask("the domain", lambda node: node.domain)

    def ask(self, what: str, question: Callable[[ManagedChain], T]) -> T:
        """The answer that the nodes agree on. NodesDisagree, TooFewNodes; `what` names the question in them."""
        answers = self._all(question)
        if any(answer != answers[0] for answer in answers[1:]):
            raise NodesDisagree(self.name, what)
        if len(answers) < self._quorum:
            raise TooFewNodes(self.name, len(answers), self._quorum)
        return answers[0]

    def finalised(self) -> BlockRef:
        """The newest block that is final for enough nodes: one that lags by some blocks is no liar."""
        heights = sorted((block.number for block in self._all(lambda node: node.finalised())), reverse=True)
        if len(heights) < self._quorum:
            raise TooFewNodes(self.name, len(heights), self._quorum)
        return self.block(heights[self._quorum - 1])

    def newest(self) -> BlockRef:
        """The newest block that enough nodes have, final or not. TooFewNodes while they stand on different forks.

        It may be replaced: good for what a replacement only delays, such as the number of the oracle's next batch.
        """
        heights = sorted((block.number for block in self._all(lambda node: node.head())), reverse=True)
        if len(heights) < self._quorum:
            raise TooFewNodes(self.name, len(heights), self._quorum)
        try:
            return self.block(heights[self._quorum - 1])
        except NodesDisagree:
            # No lie: nobody has promised yet that this block stays.
            raise TooFewNodes(self.name, 1, self._quorum) from None

    def block(self, number: int) -> BlockRef:
        """The block at a final height. A node that does not have it yet has no vote."""
        return self.ask(f"block {number}", lambda node: node.block(number))

    def wait_finalised(self, after: int, timeout: float) -> BlockRef:
        """The agreed final block once it is above `after`, woken by the first node that answers. TimeoutError."""
        self._wake(after, timeout)
        if (final := self.finalised()).number <= after:
            raise TimeoutError
        return final

    def close(self) -> None:
        """Closes threads and connections."""
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)
        for node in self._nodes:
            node.close()

    def _wake(self, after: int, timeout: float) -> None:
        for node in self._nodes:
            try:
                node.wait_finalised(after, timeout)
            except ChainUnavailable:
                continue
            return
        raise TooFewNodes(self.name, 0, self._quorum)

    def _all(self, question: Callable[[ManagedChain], T]) -> list[T]:
        """What the nodes answer. Once enough have, the others are waited for a little longer only."""
        futures = [pool.submit(question, node) for pool, node in zip(self._pools, self._nodes, strict=True)]
        pending = set(futures)
        while pending and _answered(futures) < self._quorum:
            _, pending = wait(pending, return_when=FIRST_COMPLETED)
        # A node that hangs is no vote: nobody who asks a signer waits as long as a request to a node may take.
        for late in wait(pending, LATE_SECONDS).not_done:
            late.cancel()
        answers: list[T] = []
        for future in futures:
            if future.done() and not future.cancelled():
                try:
                    answers.append(future.result())
                except (ChainUnavailable, BlockUnknown, NotFinal):
                    continue
        return answers


def _answered(futures: Sequence[Future[T]]) -> int:
    return sum(1 for future in futures if future.done() and future.exception() is None)
