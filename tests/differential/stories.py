"""Lists of operations with a point: what random ones come to too rarely, and every disagreement that was found.

Each operation stands with the number that the book refuses it with (0: done). A story begins with two assets, ana and ben and cho
admitted (classes 1, 2, 1), and 300 tokens of ana's: 200 free, 40 and 60 locked.
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


WHOLE: list[list[int | None]] = [[200, None, None], [40, 1, 4_000], [60, 2, 6_000]]
MANY: list[list[int | None]] = [[1, place, 10_000 + place * place] for place in range(1, 31)]

STORIES: dict[str, list[Step]] = {
    # The contracts asked the receiver's own rules only between two investors; the list of rules has no such condition.
    "lots given to oneself by a lapsed holder": [
        *beginning(),
        do("batch", items=eligible("ana", 1, until=20)),
        do("move_lots", 48, giver="ana1", getter="ana2", lots=free(5), action=7),
        do("move_lots", 10, after=60, giver="ana1", getter="ana2", lots=free(5), action=7),
    ],
    # The contracts subtracted what was redeemed from what was issued there, and panicked instead of refusing.
    "an issue abroad, where more was redeemed than issued": [
        *beginning(),
        crossing(free(30)),
        deliver(0),
        do("redeem", role=AWAY, account="ana1", lots=free(20), action=7),
        do("issue", 27, role=AWAY, account="ana1", lots=free(5)),
        do("issue", 16, role=AWAY, account="ana1", lots=free(5_001)),
    ],
    "everything crosses, the seat with it, and comes home": [
        *beginning(),
        do("batch", items=[["quota", role, 1, -10] for role in ROLES]),
        crossing(WHOLE),
        deliver(0),
        do("transfer", 17, role=AWAY, by="ana1", to="cho1", amount=5),
        do("settle", order=0),
        do("issue", 17, account="cho1", lots=free(1)),
        do("initiate", role=AWAY, by="ana1", to_investor="ana", recipient="ana1", lots=WHOLE, deadline=3_000),
        do("deliver", orders=[1]),
        do("settle", role=AWAY, order=1),
    ],
    "orders whose ends moved house while they were under way": [
        *beginning(),
        crossing([[30, None, None], [10, 1, 4_000]]),
        crossing(free(20)),
        crossing(free(10), to="ben"),
        do("recover", lost="ana1", found="new1", action=7),
        do("recover", lost="new1", found="new2", action=7),
        do("recover", role=AWAY, lost="ana1", found="new1", action=7),
        do("replace_investor", retired="ana", successor="dan", action=7),
        do("replace_investor", role=AWAY, retired="ben", successor="cho", action=7),
        deliver(0),
        do("reject", role=AWAY, order=1, reason=9),
        deliver(2),
        do("settle", order=0),
        do("settle", order=1),
        do("settle", order=2),
        do("bind", 45, account="ana1", investor="ana", by="ana1"),
        do("batch", items=[["binding", HOME, "ana1", "cho"], ["binding", HOME, "ana2", "ana"]]),
        do("recover", 45, lost="cho1", found="ana1", action=7),
        do("recover", lost="new2", found="ana1", action=7),
    ],
    "full positions merge what is given by order": [
        *beginning(),
        do("issue", account="ben1", lots=MANY[:29]),
        do("force_transfer", giver="ana1", getter="ben1", amount=250, action=7),
        do("move_lots", giver="ana1", getter="ben1", lots=[[20, 2, 6_000]], action=7),
        do("issue", account="ben1", lots=[[3, 5, 20_000]]),
        do("issue", 15, account="ben1", lots=[[3, 5, 20_002]]),
        do("initiate", by="ben1", to_investor="ben", recipient="ben1", lots=[[1, 1, 10_001]], deadline=3_000),
        do("issue", account="ana1", lots=[[9, 9, 9_000]]),
        do("force_transfer", giver="ana1", getter="ben1", amount=39, action=7),
        do("merge_lots", by="ben1", named=[[1, 10, 10_100], [1, 11, 10_121]]),
        do("merge_lots", 41, by="ben1", named=[[1, 10, 10_100], [1, 12, 10_144]]),
        do("issue", account="ben1", lots=[[3, 7, 21_000]]),
        do("reject", role=AWAY, order=0, reason=9),
        do("settle", order=0),
    ],
    "lots made by others stop at 24": [
        *beginning(default_rule=2),
        do("issue", account="ben1", lots=MANY[:23]),
        do("transfer", 42, by="ana1", to="ben1", amount=4),
        do("transfer", by="ana1", to="ben1", amount=5),
        do("transfer", 15, by="ana1", to="ben1", amount=5),
        do("issue", account="ben1", lots=[[3, 5, 20_000]]),
    ],
    "speed and rates to the second": [
        *beginning(),
        do("set_velocity", capacity=50, rate=2),
        do("set_rate", rates=[80, 4, 160, 4]),
        do("set_rate", role=AWAY, rates=[80, 4, 160, 4]),
        do("transfer", by="ana1", to="ben1", amount=50),
        do("transfer", 19, by="ana1", to="ben1", amount=9, after=4),
        do("transfer", 0, by="ana1", to="ben1", amount=8, after=2),
        crossing(free(21), code=20),
        crossing(free(20)),
        crossing(free(3), code=20),
        crossing(free(25), to="ben", code=19),
        deliver(0),
        do("explain_deliver", 22, role=AWAY, order=0),
        crossing(free(20), after=20),
        do("reject", role=AWAY, order=1, reason=9),
        do("settle", order=1),
        crossing(free(20)),
    ],
    "frozen amounts and what an order may take of them": [
        *beginning(),
        do("freeze_amount", investor="ana", amount=250, action=7),
        do("transfer", 47, by="ana1", to="ben1", amount=51),
        crossing([[1, None, None], [40, 1, 4_000], [10, 2, 6_000]], code=47),
        do("redeem", 47, account="ana1", lots=free(51), action=7),
        do("transfer", by="ana1", to="ana2", amount=300),
        do("force_transfer", giver="ana2", getter="ana1", amount=300, action=7),
        do("force_transfer", giver="ana1", getter="ben1", amount=80, action=7),
        do("replace_investor", retired="ana", successor="ben", action=7),
        do("transfer", 47, by="ana1", to="cho1", amount=81),
        do("redeem", account="ana1", lots=[[60, None, None], [20, 1, 4_000]], action=7),
    ],
    "fifteen orders in flight": [
        *beginning(),
        *[crossing(free(1)) for _ in range(15)],
        crossing(free(1), code=40),
        do("initiate", by="ben1", to_investor="ben", recipient="ben1", lots=free(1), deadline=3_000, code=13),
        do("transfer", by="ana1", to="ben1", amount=5),
        do("initiate", by="ben1", to_investor="ben", recipient="ben1", lots=free(1), deadline=3_000),
        do("replace_investor", 40, retired="ana", successor="ben", action=7),
    ],
    "terms, pairs and decimals": [
        *beginning(),
        do("set_terms", 48, **terms(terms=3)),
        do("set_terms", 29, **terms(terms=2, decimals=3)),
        do("set_terms", 48, **terms(terms=2, pairs=[[1, 2, 0], [1, 2, 1]])),
        do("set_terms", **terms(terms=2, default_rule=0, pairs=[[1, 2, 2], [2, 1, 1]])),
        do("transfer", by="ana1", to="ben1", amount=5),
        do("transfer", 18, by="ana1", to="cho1", amount=5),
        crossing(free(7), to="ben"),
        deliver(0),
        do("explain_deliver", 39, role=AWAY, order=0),
        do("set_terms", role=AWAY, **terms(terms=2, default_rule=0, pairs=[[1, 2, 2], [2, 1, 1]])),
        deliver(0),
        do("settle", order=0),
    ],
    "a release before its time, and one called off": [
        *beginning(),
        do("propose_release", 32, by="controller", investor="ana", lots=[[25, 1, 4_000]], action=7),
        do("propose_release", investor="ana", lots=[[25, 1, 4_000]], action=7),
        do("release_lots", 38, investor="ana", lots=[[25, 1, 4_000]], action=7),
        do("release_lots", investor="ana", lots=[[25, 1, 4_000]], action=7),
        do("release_lots", 48, investor="ana", lots=[[25, 1, 4_000]], action=7),
        do("propose_release", investor="ana", lots=[[60, 2, 6_000]], action=7),
        do("cancel_release", 31, by="ana1", investor="ana", lots=[[60, 2, 6_000]], action=7),
        do("cancel_release", investor="ana", lots=[[60, 2, 6_000]], action=7),
        do("redeem", 14, account="ana1", lots=free(226), action=7),
        do("redeem", account="ana1", lots=free(225), action=7),
    ],
}
