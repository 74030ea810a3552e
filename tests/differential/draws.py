"""What the arguments of a drawn operation are drawn from: people, amounts, lots and times near the edges of the rules."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from bridge.ledger import Asset, Holder
from bridge.ledger.forwarding import investor_of
from bridge.types import MAX_AMOUNT, Lot
from tests.differential.model import World
from tests.differential.scene import ACCOUNTS, CLASSES, ODD, PEOPLE, SUBSTRATE


class Draws:
    """Numbers and names that fit the present state of a world."""

    def __init__(self, random: Random, world: World) -> None:
        self._random = random
        self._world = world

    def _pause_before(self, role: str) -> int:
        """Seconds since the operation before: mostly a block, sometimes to the edge of something."""
        if self._random.random() < 0.88:
            return self._random.choice((2, 2, 2, 4, 10))
        far = 4_000 if self._rarely() else 500
        edges = [edge - self._world.now for edge in self._edges(role)]
        near = [edge + shift for edge in edges for shift in (-2, -1, 0, 1, 2) if 0 < edge + shift < far]
        after = self._random.choice(near) if near else self._random.choice((20, 60, 300))
        return max(2, after + after % 2)

    def _edges(self, role: str) -> list[int]:
        ledger = self._world.ledgers[SUBSTRATE]
        asset = self._asset(role)
        edges = [ledger.issued_at + asset.terms.max_oracle_age, *asset.releases.values()]
        for holder in asset.holders.values():
            edges += [lot.unlocks_at for lot in holder.lots] + [holder.word.valid_until]
        edges += [order.deadline for orders in self._world.scene.orders.values() for order in orders[-4:]]
        return edges

    def _rarely(self) -> bool:
        return self._random.random() < 0.06

    def _asset(self, role: str) -> Asset:
        return self._world.ledgers[SUBSTRATE].assets[self._world.scene.asset(SUBSTRATE, role)]

    def _holder(self, role: str, account: str) -> Holder:
        asset = self._asset(role)
        return asset.holder(investor_of(asset, self._world.scene.account(SUBSTRATE, account)))

    def _balance(self, role: str, account: str) -> int:
        return self._asset(role).account(self._world.scene.account(SUBSTRATE, account)).balance

    def _account(self, role: str, *, rich: bool = False) -> str:
        names = list(ACCOUNTS)
        if self._random.random() < 0.8:
            scene, asset = self._world.scene, self._asset(role)
            names = [name for name in names if asset.account(scene.account(SUBSTRATE, name)).is_bound] or names
        if rich:
            names = [name for name in names if self._balance(role, name)] or names
        return self._random.choice(names)

    def _locked_account(self, role: str) -> str:
        """An account whose investor has locked lots, if there is one."""
        locked = [name for name in ACCOUNTS if len(self._holder(role, name).lots) > 1]
        return self._random.choice(locked) if locked else self._account(role, rich=True)

    def _person(self) -> str:
        return ODD if self._rarely() and self._rarely() else self._random.choice(PEOPLE)

    def _amount(self, *around: int) -> int:
        """Near one of these numbers, or small; rarely one that is none."""
        if self._rarely():
            return self._random.choice((0, MAX_AMOUNT, MAX_AMOUNT + 1))
        if self._random.random() < 0.5:
            return self._random.choice((1, 2, 5, 10, 25))
        known = [number for number in around if number > 0] or [10]
        return max(1, self._random.choice(known) + self._random.choice((-1, 0, 0, 0, 0, 0, 1)))

    def _affordable(self, role: str, account: str, amount: int) -> int:
        """Mostly no more than the account has."""
        balance = self._balance(role, account)
        return min(amount, balance) if balance and self._random.random() < 0.85 else amount

    def _edge_amounts(self, role: str, giver: str, getter: str) -> tuple[int, ...]:
        """Numbers that a rule about this pair turns on."""
        asset, sender, receiver = self._asset(role), self._holder(role, giver), self._holder(role, getter)
        held = sender.folded(self._world.now)
        numbers = [self._balance(role, giver), held.free, held.total, held.total - held.frozen, receiver.room]
        numbers += [asset.terms.min_lot]
        if asset.velocity.is_set:
            numbers.append(sender.spent.available(asset.velocity, self._world.now))
        return tuple(number for number in numbers if number > 0)

    def _wanted(self, role: str, account: str) -> list[list[int | None]]:
        """Lots to name: some of those there are, whole or in part, with a free part or without."""
        holder = self._holder(role, account)
        # Named as read a moment ago: a lot that came due since is served from the free part.
        held = [lot for lot in holder.lots if self._random.random() < 0.5]
        lots = [replace(lot, amount=self._part(lot.amount)) for lot in held]
        free = self._amount(
            holder.free,
            holder.folded(self._world.now).free,
            self._balance(role, account) - sum(lot.amount for lot in lots),
        )
        if free and (not lots or self._random.random() < 0.7):
            lots.insert(0, Lot(free, 0, 0))
        if self._rarely():
            self._random.shuffle(lots)
        return self._world.scene.rows(lots)

    def _part(self, amount: int) -> int:
        """All of a lot or a part; rarely more."""
        if self._rarely():
            return self._amount(amount)
        return self._random.choice((amount, amount, max(1, amount // 2), 1))

    def _whole(self, role: str, account: str) -> list[list[int | None]]:
        """Everything that an account's investor has, when the account holds all of it."""
        holder = self._holder(role, account)
        free = [Lot(holder.free, 0, 0)] if holder.free else []
        return self._world.scene.rows([*free, *holder.lots])

    def _new_lots(self) -> list[list[int | None]]:
        now = self._world.now - self._world.scene.start
        rows: list[list[int | None]] = []
        if self._random.random() < 0.6:
            rows.append([self._amount(100), None, None])
        if not rows and not self._rarely():
            rows.append([self._amount(20), None, None])
        unlocks = sorted(
            {
                now + self._random.choice((0 if self._rarely() else 2, 4, 30, 60, 200, 900, 5_000))
                for _ in range(self._random.randint(0, 3))
            }
        )
        rows += [[self._amount(20, 40), now - self._random.choice((0, 50)), unlock] for unlock in unlocks]
        return rows

    def _pairs(self) -> list[list[int]]:
        pairs = {
            (self._random.choice(CLASSES), self._random.choice(CLASSES)) for _ in range(self._random.randint(0, 4))
        }
        return [[giver, getter, self._random.choice((0, 1, 1, 2))] for giver, getter in sorted(pairs)]

    def _action(self) -> int:
        return self._random.choice((0, 9)) if self._rarely() else 7
