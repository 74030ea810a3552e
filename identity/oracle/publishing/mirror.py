"""What stands on one chain, as far as the publisher looked: eligibility words at the newest block.

Reading a thousand words takes seconds; so they are read once, and moved on by every batch that this publisher applied.
Any other batch, or a block that was replaced, throws everything away. Decides nothing that signers don't check again.
"""

from __future__ import annotations

from collections.abc import Iterable

from bridge.eligibility import EligibilityWord
from bridge.types import OracleBatch
from chains.base import Chain
from chains.token_events import ItemSkipped
from chains.views import ClockView


class Mirror:
    """One chain's words. Not for several threads at once."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._number = -1
        self._words: dict[tuple[bytes, bytes], EligibilityWord] = {}

    def clock(self) -> ClockView:
        """The oracle's clock on the chain now; forgets the words if they are not of its number."""
        # By its block: whoever asks the same of the same block may share the answer.
        clock = self._chain.views(self._chain.head()).clock()
        if clock.number != self._number:
            self._number = clock.number
            self._words.clear()
        return clock

    def words(self, keys: Iterable[tuple[bytes, bytes]]) -> dict[tuple[bytes, bytes], EligibilityWord]:
        """By (asset, investor); what is not known yet is read."""
        wanted = tuple(dict.fromkeys(keys))
        missing = [key for key in wanted if key not in self._words]
        if missing:
            read = self._chain.words(missing, self._chain.head())
            self._words |= {key: EligibilityWord.unpack(word) for key, word in zip(missing, read, strict=True)}
        return {key: self._words[key] for key in wanted}

    def apply(self, batch: OracleBatch, skipped: Iterable[ItemSkipped]) -> None:
        """Moves on by a batch that a block applied."""
        if batch.number != self._number + 1:
            self.forget()
            return
        left_out = {one.index for one in skipped if one.kind == 1}
        for index, item in enumerate(batch.eligibilities):
            key = (item.asset, item.investor)
            if key in self._words and index not in left_out:
                self._words[key] = self._words[key].apply(item, batch.number)
        self._number = batch.number

    def forget_words(self, keys: Iterable[tuple[bytes, bytes]]) -> None:
        """Reads these anew next time: crossings move limits without a batch."""
        for key in keys:
            self._words.pop(key, None)

    def forget(self) -> None:
        """Reads everything anew."""
        self._number = -1
        self._words.clear()
