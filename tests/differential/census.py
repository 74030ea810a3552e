"""The keys of all records of an asset, from events alone: whoever replaces a token has nothing else to find them by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.ledger import Event


class Census:
    """The accounts, investors and classes of which a chain's events told for one asset."""

    def __init__(self, asset: bytes) -> None:
        self._asset = asset
        self.accounts: set[bytes] = set()
        self.investors: set[bytes] = set()
        self.classes: set[int] = set()

    def hear(self, events: Iterable[Event]) -> None:
        """Take in what one operation told."""
        for event in events:
            told: dict[str, Any] = dict(event.fields)
            if told.get("asset") != self._asset:
                continue
            match event.name:
                case "EligibilitySet" | "InvestorFrozen" | "AmountFrozen":
                    self.investors.add(told["investor"])
                case "InvestorReplaced":
                    self.investors |= {told["retired"], told["successor"]}
                case "AccountBound" | "AccountFrozen":
                    self.accounts.add(told["account"])
                case "QuotaSet":
                    self.classes.add(told["class"])
