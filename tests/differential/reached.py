"""Which refusals each chain really gave, and by what."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.ledger import Event
from bridge.refusals import Refusal


class Reached:
    """What was heard from chains. Only what they said themselves enters here, never what the book says of it."""

    def __init__(self) -> None:
        self._by: dict[tuple[str, int], str] = {}

    def hear(self, chain: str, call: str, code: int, events: Iterable[Event]) -> None:
        """A transaction failed with this number (0: it did not), or told these events: `deliver` answers for each order."""
        if code:
            self._by.setdefault((chain, code), f"{call} failed")
        for event in events:
            if event.name == "OrderRefused":
                self._by.setdefault((chain, int(str(dict(event.fields)["code"]))), "deliver answered for an order")

    def missing(self, chain: str) -> list[str]:
        """The refusals that this chain never gave."""
        return [refusal.name for refusal in Refusal if (chain, int(refusal)) not in self._by]

    def unknown(self, chain: str) -> list[int]:
        """Numbers that it gave and that are no refusal."""
        return sorted(code for by, code in self._by if by == chain and code not in set(Refusal))

    def listed(self, chain: str) -> str:
        """What gave each number first, for people."""
        found = sorted((code, by) for (given, code), by in self._by.items() if given == chain)
        return "\n".join(f"{code:>2} {Refusal(code).name}: {by}" for code, by in found)
