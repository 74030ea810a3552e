"""What a sequence of drawn operations begins with, and what it is about."""

from __future__ import annotations

from random import Random
from typing import Any

from bridge.types import Permission
from tests.differential.draws import Draws
from tests.differential.model import World
from tests.differential.scene import ACCOUNTS, CLASSES, PEOPLE, ROLES, Op

ALL = int(Permission.RECEIVE | Permission.SEND | Permission.BRIDGE)
AGE = 900
Args = dict[str, Any]

THEMES: dict[str, tuple[str, ...]] = {
    "plain": (),
    "crossings": ("initiate", "deliver", "settle", "reject"),
    "lots": ("issue", "merge_lots", "move_lots", "redeem"),
    "orders": ("initiate", "settle"),
    "following": ("initiate", "deliver", "settle", "reject", "recover", "replace_investor"),
    "control": ("freeze_account", "freeze_amount", "force_transfer", "recover", "replace_investor"),
    "speed": ("transfer", "initiate", "set_velocity", "set_rate"),
    "releases": ("propose_release", "release_lots", "cancel_release"),
    "signers": (
        "propose_signers",
        "propose_signers_signed",
        "activate_signers",
        "cancel_signers",
        "retire_signers",
        "strike_signer",
        "deliver",
        "batch",
    ),
    "caps": ("transfer", "issue", "batch", "move_lots"),
}
"""What a sequence is about: these kinds come four times as often, and its beginning makes them matter."""


class Beginnings(Draws):
    """Draws the first operations."""

    def __init__(self, random: Random, world: World) -> None:
        super().__init__(random, world)
        self.theme = random.choice(list(THEMES))

    def prelude(self, *, first: bool) -> list[Op]:
        """What a sequence begins with: two assets, some people who may hold them, some tokens."""
        pick = self._random.choice
        tight = self.theme == "caps"
        terms = {
            "terms": 1,
            "default_rule": pick((0, 1, 1, 2, 2)),
            "holding_period": pick((20, 60, 300)),
            "max_oracle_age": AGE,
            "min_lot": pick((1, 5)),
            "authorised_issue": pick((1_000, 5_000)),
            "pairs": self._pairs(),
        }
        items: list[list[Any]] = []
        for role in ROLES:
            for name, class_ in zip(PEOPLE, (1, 2, pick((1, 3)), pick(CLASSES)), strict=True):
                items.append(
                    ["eligibility", role, name, pick((900, 100_000, 100_000)), class_, ALL, pick((300, 1_000, 4_000))]
                )
            items += [["binding", role, account, name] for account, name in ACCOUNTS.items() if name]
            items += [["quota", role, class_, pick((0, 1, 2) if tight else (2, 50, 50))] for class_ in CLASSES]
        ops: list[Op] = [(2, "open_lane", ROLES[0], {})] if first else []
        ops += [(2, "register_asset", role, terms) for role in ROLES]
        ops += [(2, "open_asset", role, {}) for role in ROLES]
        ops += [(2, "batch", ROLES[0], {"items": items})]
        lots: list[list[int | None]] = [[200, None, None], [40, 1, 60], [60, 2, 400], [30, 3, 30_000]]
        ops += [(2, "issue", ROLES[0], {"account": "ana1", "lots": lots})]
        ops += [(2, "issue", ROLES[0], {"account": "ben1", "lots": [[100, None, None]]})]
        return ops + self._theme_prelude()

    def _theme_prelude(self) -> list[Op]:
        """What brings the theme near its edges."""
        pick, home = self._random.choice, ROLES[0]
        match self.theme:
            case "lots":
                # With ana's three locked lots these are 22 to 33: 24 and 32 are the edges.
                count = pick((19, 20, 21, 22, 28, 29))
                many = [[pick((5, 7)), place, 1_000 + 7 * place * place] for place in range(1, count + 1)]
                return [(2, "issue", home, {"account": "ana1", "lots": many})]
            case "orders":
                request = {
                    "by": "ana1",
                    "to_investor": "ana",
                    "recipient": "ana2",
                    "lots": [[1, None, None]],
                    "deadline": 3_000,
                }
                return [(2, "initiate", home, request)] * pick((12, 14))
            case "speed":
                ops: list[Op] = [(2, "set_velocity", home, {"capacity": 50, "rate": 1})]
                rates = pick(([40, 1, 80, 3], [100, 1, 200, 2]))
                return ops + [(2, "set_rate", role, {"rates": rates}) for role in ROLES]
            case "following":
                # Orders in flight while their accounts are recovered from and their investors replaced.
                request = {"by": "ana1", "deadline": 3_000}
                own = {**request, "to_investor": "ana", "recipient": "ana1", "lots": [[30, None, None], [20, 2, 400]]}
                sale = {**request, "to_investor": "ben", "recipient": "ben1", "lots": [[10, None, None]]}
                recovery = {"lost": "ana1", "found": "new1", "action": 7}
                merger = {"retired": "ana", "successor": "dan", "action": 7}
                acts: list[Op] = [(2, "recover", role, recovery) for role in ROLES]
                acts += [(2, "replace_investor", role, merger) for role in ROLES]
                acts += [(2, "replace_investor", role, {**merger, "retired": "ben"}) for role in ROLES]
                return [(2, "initiate", home, own), (2, "initiate", home, sale), *self._random.sample(acts, k=2)]
            case "crossings":
                request = {"by": "ana1", "to_investor": "ana", "recipient": "ana1", "deadline": 3_000}
                rows: list[list[int | None]] = [[80, None, None], [20, 2, 400]]
                return [
                    (2, "initiate", home, {**request, "lots": rows}),
                    (2, "deliver", ROLES[1], {"orders": [0]}),
                    (2, "settle", home, {"order": 0}),
                ]
            case _:
                return []
