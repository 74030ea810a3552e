"""Draws operations: mostly sensible ones, with numbers at the edges of what the book says at that moment.

The source of chance is a `random.Random`: a seed gives the same list on every machine, and hypothesis can stand behind it.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from eth_utils.crypto import keccak

from bridge.ledger import Asset, release_id
from bridge.types import MAX_AMOUNT, Action
from tests.differential.beginnings import AGE, ALL, THEMES, Args, Beginnings
from tests.differential.model import World
from tests.differential.rotation import SignerDraws
from tests.differential.scene import ACCOUNTS, CLASSES, EVM, NOBODY, ODD, PEOPLE, ROLES, SUBSTRATE, Op, Scene

WEIGHTS = {
    "transfer": 16,
    "initiate": 16,
    "deliver": 14,
    "settle": 8,
    "reject": 3,
    "explain_deliver": 4,
    "batch": 12,
    "bind": 2,
    "issue": 4,
    "redeem": 4,
    "force_transfer": 4,
    "move_lots": 4,
    "merge_lots": 3,
    "freeze_account": 2,
    "freeze_investor": 2,
    "freeze_amount": 4,
    "recover": 4,
    "replace_investor": 2,
    "propose_release": 3,
    "release_lots": 3,
    "cancel_release": 1,
    "set_velocity": 2,
    "set_rate": 3,
    "set_terms": 2,
    "set_document": 2,
    "remove_document": 1,
    "pause": 1,
    "resume": 2,
    "pause_asset": 1,
    "resume_asset": 2,
    "pause_lane": 1,
    "resume_lane": 2,
    "propose_signers": 1,
    "propose_signers_signed": 1,
    "activate_signers": 1,
    "cancel_signers": 1,
    "retire_signers": 1,
    "strike_signer": 1,
}


class Generator(SignerDraws, Beginnings):
    """Draws operations that fit the present state of a world."""

    def __init__(self, random: Random, world: World) -> None:
        super().__init__(random, world)
        self._proposed: list[Args] = []
        self._weights = [weight * (4 if kind in THEMES[self.theme] else 1) for kind, weight in WEIGHTS.items()]

    def next(self) -> Op:
        """One operation."""
        away = self._asset(ROLES[1]).supply > 0
        role = ROLES[1] if self._random.random() < (0.35 if away else 0.1) else ROLES[0]
        if (repair := self._repair(role)) is not None:
            return repair
        kind = self._kind(role)
        args = getattr(self, f"_{kind}")(role)
        if self._rarely() and kind not in (
            "batch",
            "settle",
            "deliver",
            "reject",
            "explain_deliver",
            "bind",
            "initiate",
        ):
            args["by"] = self._random.choice((*ACCOUNTS, "relayer", "guardian", "admin"))
        return self._pause_before(role), kind, role, args

    def _kind(self, role: str) -> str:
        """What to do, by weight; what would mean nothing now becomes something else."""
        kind = self._random.choices(list(WEIGHTS), self._weights)[0]
        orders = self._world.scene.orders[SUBSTRATE]
        locked = any(holder.lots for holder in self._asset(role).holders.values())
        if kind in ("deliver", "settle", "reject", "explain_deliver") and not orders:
            return "initiate"
        if kind in ("merge_lots", "propose_release", "move_lots") and not locked:
            return "issue"
        if kind in ("release_lots", "cancel_release") and not self._asset(role).releases:
            return "propose_release"
        return self._fitting(kind)

    def _repair(self, role: str) -> Op | None:
        """Things break more often than they heal: every now and then something is put in order."""
        ledger, asset = self._world.ledgers[SUBSTRATE], self._asset(role)
        if self._world.now - ledger.issued_at > asset.terms.max_oracle_age and self._random.random() < 0.7:
            return 2, "batch", role, {"items": []}
        if (succession := self._succession(role)) is not None:
            return succession
        lane = next(iter(ledger.lanes.values()))
        for kind, bits in (("resume", ledger.pause), ("resume_asset", asset.pause), ("resume_lane", lane.pause)):
            if bits and self._random.random() < 0.3:
                return 2, kind, role, {"bits": 15}
        scene = self._world.scene
        for name in PEOPLE:
            investor = scene.investor(SUBSTRATE, role, name)
            holder = asset.holder(investor)
            if holder.is_frozen and self._random.random() < 0.3:
                return 2, "freeze_investor", role, {"investor": name, "frozen": False, "action": 7}
            if holder.word.permissions != ALL and not holder.is_retired and self._random.random() < 0.15:
                item = [
                    "eligibility",
                    role,
                    name,
                    self._world.now - scene.start + 100_000,
                    self._random.choice((1, 2)),
                    ALL,
                    300,
                ]
                return 2, "batch", role, {"items": [item]}
        for name in ACCOUNTS:
            if asset.account(scene.account(SUBSTRATE, name)).is_frozen and self._random.random() < 0.3:
                return 2, "freeze_account", role, {"account": name, "frozen": False, "action": 7}
        return None

    def _transfer(self, role: str) -> Args:
        giver, getter = self._account(role, rich=True), self._account(role)
        amount = self._affordable(role, giver, self._amount(*self._edge_amounts(role, giver, getter)))
        return {"by": giver, "to": getter, "amount": min(amount, 2**128 - 1)}

    def _issue(self, role: str) -> Args:
        lots, asset = self._new_lots(), self._asset(role)
        if self._random.random() < 0.1:
            left = asset.terms.authorised_issue - asset.issued + asset.redeemed
            lots = [[max(1, left + self._random.choice((0, 1))), None, None]]
        return {"account": self._account(role), "lots": lots, "by": "controller"}

    def _redeem(self, role: str) -> Args:
        account = self._account(role, rich=True)
        return {"account": account, "lots": self._wanted(role, account), "action": self._action()}

    def _freeze_account(self, role: str) -> Args:
        account = NOBODY if self._rarely() else self._account(role)
        return {"account": account, "frozen": self._random.random() < 0.5, "action": self._action()}

    def _freeze_investor(self, role: str) -> Args:
        return {"investor": self._person(), "frozen": self._random.random() < 0.5, "action": self._action()}

    def _freeze_amount(self, role: str) -> Args:
        person = self._person()
        scene = self._world.scene
        total = self._asset(role).holder(scene.investor(SUBSTRATE, role, person)).total
        return {
            "investor": person,
            "amount": self._random.choice((0, self._amount(total, total // 2))),
            "action": self._action(),
        }

    def _force_transfer(self, role: str) -> Args:
        giver, getter = self._account(role, rich=True), self._account(role)
        amount = self._affordable(role, giver, self._amount(*self._edge_amounts(role, giver, getter)))
        return {"giver": giver, "getter": getter, "amount": amount, "action": self._action()}

    def _recover(self, role: str) -> Args:
        found = NOBODY if self._rarely() else self._account(role)
        return {"lost": self._account(role), "found": found, "action": self._action()}

    def _replace_investor(self, role: str) -> Args:
        return {"retired": self._person(), "successor": self._person(), "action": self._action()}

    def _move_lots(self, role: str) -> Args:
        giver = self._locked_account(role)
        lots = self._wanted(role, giver)
        return {"giver": giver, "getter": self._account(role), "lots": lots, "action": self._action()}

    def _merge_lots(self, role: str) -> Args:
        account = self._locked_account(role)
        held = self._holder(role, account).lots
        named = [lot for lot in held if self._random.random() < 0.7]
        if self._rarely() and named:
            named[0] = replace(named[0], amount=named[0].amount + 1)
        return {"by": account, "named": self._world.scene.rows(named)}

    def _propose_release(self, role: str) -> Args:
        person = self._person()
        holdings = {
            name: self._asset(role).holder(self._world.scene.investor(SUBSTRATE, role, name)).lots for name in PEOPLE
        }
        if person in PEOPLE and not holdings[person]:
            person = max(PEOPLE, key=lambda name: len(holdings[name]))
        held = holdings.get(person, ())
        named = [replace(lot, amount=self._part(lot.amount)) for lot in held if self._random.random() < 0.6]
        args = {"investor": person, "lots": self._world.scene.rows(named), "action": self._action()}
        self._proposed.append({**args, "role": role})
        return args

    def _proposal(self, role: str) -> Args:
        scene, asset = self._world.scene, self._asset(role)
        known = [args for args in self._proposed if args["role"] == role and self._is_open(args, scene, asset)]
        if not known:
            return {"investor": self._person(), "lots": [[1, 1, 60]], "action": 7}
        return {name: value for name, value in self._random.choice(known).items() if name != "role"}

    def _is_open(self, args: Args, scene: Scene, asset: Asset) -> bool:
        investor = scene.investor(SUBSTRATE, args["role"], args["investor"])
        action = Action(args["action"], keccak(text="document"))
        return release_id(asset.id, investor, scene.lots(args["lots"]), action) in asset.releases

    def _release_lots(self, role: str) -> Args:
        return self._proposal(role)

    def _cancel_release(self, role: str) -> Args:
        return self._proposal(role)

    def _set_velocity(self, role: str) -> Args:
        capacity, rate = self._random.choice(((0, 0), (50, 1), (200, 10), (0, 1), (10, 0), (MAX_AMOUNT, MAX_AMOUNT)))
        return {"capacity": capacity, "rate": rate}

    def _set_rate(self, role: str) -> Args:
        choices = ((0, 0, 0, 0), (100, 1, 200, 2), (400, 10, 800, 20), (100, 1, 199, 1), (40, 3, 80, 3), (1, 0, 2, 1))
        return {"rates": list(self._random.choice(choices))}

    def _set_terms(self, role: str) -> Args:
        terms = self._asset(role).terms
        return {
            "terms": terms.terms + self._random.choice((1, 1, 1, 0, 2)),
            "decimals": self._random.choice((2, 2, 2, 2, 3)),
            "default_rule": self._random.choice((0, 1, 1, 2, 2, 3) if self._rarely() else (1, 1, 2)),
            "holding_period": self._random.choice((20, 60, 300, 0)),
            "max_oracle_age": AGE,
            "min_lot": self._random.choice((1, 5)),
            "authorised_issue": self._random.choice((terms.authorised_issue, 5_000)),
            "pairs": self._pairs(),
        }

    def _set_document(self, role: str) -> Args:
        uri = self._random.choice(("https://example.org/terms", "ipfs://a", "", "x" * 257))
        return {"name": self._random.choice(("prospectus", "terms", "")), "uri": uri}

    def _remove_document(self, role: str) -> Args:
        return {"name": self._random.choice(("prospectus", "terms"))}

    def _pause(self, role: str) -> Args:
        return {"bits": self._random.choice((1, 2, 4, 8, 15, 0, 16))}

    def _resume(self, role: str) -> Args:
        return {"bits": 15}

    _pause_asset, _resume_asset = _pause, _resume
    _pause_lane, _resume_lane = _pause, _resume

    def _bind(self, role: str) -> Args:
        account = self._account(role)
        args: Args = {"account": account, "investor": self._person(), "by": account}
        if self._rarely():
            args["by"] = self._account(role)
        if self._rarely():
            args["expires"] = self._random.choice((0, 2, 3_600, 3_602))
        return self._signed(args)

    def _batch(self, role: str) -> Args:
        args: Args = {"items": [self._item(self._random.choice(ROLES)) for _ in range(self._random.randint(0, 3))]}
        if self._rarely():
            args["number"] = self._random.choice((-1, 1))
        if self._rarely():
            args["issued"] = self._random.choice((-600, 60, 62))
        return self._signed(args)

    def _item(self, role: str) -> list[Any]:
        form = self._random.choice(("eligibility", "eligibility", "eligibility", "binding", "quota"))
        asset_role = "unknown" if self._rarely() else role
        now = self._world.now - self._world.scene.start
        if form == "quota":
            return [form, asset_role, self._random.choice(CLASSES), self._random.choice((-1, 1, 1, 2, -3, 0))]
        if form == "binding":
            account = self._random.choice((NOBODY, ODD)) if self._rarely() else self._account(role)
            return [form, asset_role, account, self._random.choice((*PEOPLE, None))]
        until = now + self._random.choice((-2, 2, 30, 2_000, 100_000, 100_000, 100_000, 100_000))
        class_, permissions = self._random.choice(CLASSES), self._random.choice((ALL, ALL, ALL, ALL, ALL, 6, 0, 3))
        delta = self._random.choice((0, 0, 50, 100, -50, -1_000, 2**120 + 1 if self._rarely() else 400))
        return [form, asset_role, self._person(), until, class_, permissions, delta]

    def _initiate(self, role: str) -> Args:
        giver = self._account(role, rich=True)
        own = self._random.random() < 0.65
        owner = ACCOUNTS[giver] or "ana"
        person = owner if own else self._person()
        mine = [name for name, bound in ACCOUNTS.items() if bound == person] or ["new1"]
        lots = self._whole(role, giver) if self._random.random() < 0.15 else self._wanted(role, giver)
        args: Args = {
            "by": giver,
            "to_investor": person,
            "recipient": self._random.choice(mine) if not self._rarely() else self._account(role),
            "lots": lots,
            "deadline": self._random.choice((100, 600, 3_000, 10, 4_000)),
        }
        if self._rarely():
            args["deadline"] = self._random.choice((8, 9, 4_001, 4_002))
        if self._rarely():
            args["recipient"] = self._random.choice((NOBODY, ODD))
        if self._rarely() and self._rarely():
            args["unknown"] = True
        return args

    def _place(self, *, ended: bool = False) -> int:
        """An order: mostly one that waits (`ended`: whose end nobody told its source yet), else one of the newest."""
        ledgers, orders = self._world.ledgers, self._world.scene.orders[SUBSTRATE]
        waiting = [
            place
            for place, order in enumerate(orders)
            if ((order.source, order.nonce) in ledgers[EVM].outcomes) == ended
            and (order.destination, order.nonce) in ledgers[SUBSTRATE].flights
        ]
        if waiting and self._random.random() < 0.85:
            return self._random.choice(waiting[-3:])
        count = max(len(orders) for orders in self._world.scene.orders.values())
        return max(0, count - 1 - self._random.choice((0, 0, 0, 1, 1, 2, 3, 7)))

    def _deliver(self, role: str) -> Args:
        args: Args = {"orders": [self._place() for _ in range(self._random.choice((1, 1, 1, 2, 3)))]}
        if self._rarely():
            args["unnamed"] = True
        if self._rarely():
            args["expires"] = self._random.choice((0, 2, 3_600, 3_602))
        return self._signed(args)

    def _explain_deliver(self, role: str) -> Args:
        ways = ("seat", "terms", "amount", "none", "later", "nonce", "stranger", "giver", "odd", "zero", "elsewhere",
                "nowhere", "getter", None)  # fmt: skip
        return {"order": self._place(), "tamper": self._random.choice(ways)}

    def _reject(self, role: str) -> Args:
        reason = self._random.choice((9, 18, 21, 21, 0, 50) if self._rarely() else (9, 21))
        return self._signed({"order": self._place(), "reason": reason})

    def _settle(self, role: str) -> Args:
        args: Args = {"order": self._place(ended=True)}
        if self._rarely():
            args["outcome"] = self._random.choice((0, 4))
        if self._rarely():
            args["other"] = True
        return self._signed(args)
