"""What stories are told with: operations that mostly take one line, each with the number that the book refuses it with (0: done).

A story begins with two assets, ana and ben and cho admitted (classes 1, 2, 1), and 300 tokens of ana's: 200 free, 40 and 60 locked.
"""

from __future__ import annotations

from typing import Any

from bridge.types import Permission
from tests.differential.scene import ACCOUNTS, AWAY, HOME, PEOPLE, ROLES, Op

ALL = int(Permission.RECEIVE | Permission.SEND | Permission.BRIDGE)
Step = tuple[Op, int]
FOREVER = 10**6


def terms(**changes: Any) -> dict[str, Any]:
    """Terms that allow much."""
    plain: dict[str, Any] = {"terms": 1, "default_rule": 1, "holding_period": 60, "max_oracle_age": 50_000}
    return {**plain, "min_lot": 5, "authorised_issue": 5_000, "pairs": [], **changes}


def do(kind: str, code: int = 0, role: str = HOME, after: int = 2, **args: Any) -> Step:
    """One operation, two seconds after the one before."""
    return (after, kind, role, args), code


def eligible(name: str, class_: int, delta: int = 0, until: int = FOREVER, permissions: int = ALL) -> list[list[Any]]:
    """An item for both assets."""
    return [["eligibility", role, name, until, class_, permissions, delta] for role in ROLES]


def beginning(**changes: Any) -> list[Step]:
    """What every story begins with."""
    items = [item for name, class_ in zip(PEOPLE, (1, 2, 1, 3), strict=True) for item in eligible(name, class_, 2_000)]
    items += [["binding", role, account, name] for role in ROLES for account, name in ACCOUNTS.items() if name]
    items += [["quota", role, class_, 10] for role in ROLES for class_ in (1, 2, 3)]
    lots = [[200, None, None], [40, 1, 4_000], [60, 2, 6_000]]
    made = [
        do(kind, role=role, **args)
        for kind, args in (("register_asset", terms(**changes)), ("open_asset", {}))
        for role in ROLES
    ]
    return [*made, do("batch", items=items), do("issue", account="ana1", lots=lots)]


def crossing(lots: list[list[int | None]], to: str = "ana", code: int = 0, **args: Any) -> Step:
    """An order from ana1 at home to the asset's other chain."""
    request = {"by": "ana1", "to_investor": to, "recipient": f"{to}1", "lots": lots, "deadline": 3_000, **args}
    return do("initiate", code, **request)


def deliver(place: int, **args: Any) -> Step:
    """An order that comes from where the asset is at home."""
    return do("deliver", role=AWAY, orders=[place], **args)


def free(amount: int) -> list[list[int | None]]:
    return [[amount, None, None]]
