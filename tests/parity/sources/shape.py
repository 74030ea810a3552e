"""What an order's seat and a list of pair rules may be, and which rule a pair of classes falls under.

`malformed` is the value of Malformed(at), 0 when the form is right. Rules: 0 Forbid, 1 Keep, 2 Restart.
"""

from __future__ import annotations

from tests.parity.sources.shapes import Case, hex0, investor, with_counts

AT_PAIRS = 14
AT_SEAT = 15
FORBID, KEEP, RESTART = 0, 1, 2
PairT = tuple[int, int, int]


def make() -> Case:
    return with_counts(seat=_seats(), pairs=_pairs(), rule=_rules())


def _seats() -> list[Case]:
    ana, ben = hex0(investor("ana")), hex0(investor("ben"))
    rows = [
        ("to oneself without a seat", ana, ana, 0, 0),
        ("to oneself with a seat", ana, ana, 1, 0),
        ("to oneself with the last class", ana, ana, 65_535, 0),
        ("to another without a seat", ana, ben, 0, 0),
        ("to another with a seat", ana, ben, 1, AT_SEAT),
        ("to another with the last class", ana, ben, 65_535, AT_SEAT),
    ]
    return [
        {"name": title, "fromInvestor": giver, "toInvestor": getter, "seat": seat, "malformed": at}
        for title, giver, getter, seat, at in rows
    ]


def _columns(pairs: list[PairT]) -> Case:
    return {
        "fromClasses": [pair[0] for pair in pairs],
        "toClasses": [pair[1] for pair in pairs],
        "rules": [pair[2] for pair in pairs],
    }


def _pairs() -> list[Case]:
    many: list[PairT] = [(1, to, KEEP) for to in range(33)]
    rows: list[tuple[str, list[PairT], int, int]] = [
        ("none", [], 0, 0),
        ("one", [(1, 2, KEEP)], 0, 0),
        ("ascending by sender, then receiver", [(0, 9, KEEP), (1, 2, FORBID), (1, 3, KEEP), (2, 1, KEEP)], 0, 0),
        ("the last classes", [(65_535, 65_535, FORBID)], 0, 0),
        ("32", many[:32], 0, 0),
        ("33", many, 0, AT_PAIRS),
        ("descending by sender", [(2, 1, KEEP), (1, 2, KEEP)], 0, AT_PAIRS),
        ("descending by receiver", [(1, 3, KEEP), (1, 2, KEEP)], 0, AT_PAIRS),
        ("a pair twice", [(1, 2, KEEP), (1, 2, FORBID)], 0, AT_PAIRS),
        ("an unknown rule", [(1, 2, 3)], 100, AT_PAIRS),
        ("Restart with a holding period", [(1, 2, RESTART)], 1, 0),
        ("Restart without one", [(1, 2, RESTART)], 0, AT_PAIRS),
        ("Restart without one, second", [(1, 2, KEEP), (1, 3, RESTART)], 0, AT_PAIRS),
    ]
    return [
        {"name": title, **_columns(pairs), "holdingPeriod": str(period), "malformed": at}
        for title, pairs, period, at in rows
    ]


def _rules() -> list[Case]:
    pairs: list[PairT] = [(1, 2, FORBID), (2, 1, KEEP), (2, 3, RESTART), (3, 3, KEEP)]
    rows = [
        ("the exception forbids", KEEP, 1, 2, FORBID),
        ("it holds in one direction only", FORBID, 2, 1, KEEP),
        ("the exception restarts", FORBID, 2, 3, RESTART),
        ("no exception for the other direction", KEEP, 3, 2, KEEP),
        ("one class to itself", FORBID, 3, 3, KEEP),
        ("the default forbids", FORBID, 1, 1, FORBID),
        ("the default restarts", RESTART, 9, 9, RESTART),
        ("class 0 falls under the default", KEEP, 0, 2, KEEP),
    ]
    return [
        {
            "name": title,
            **_columns(pairs),
            "defaultRule": default,
            "fromClass": giver,
            "toClass": getter,
            "rule": rule,
        }
        for title, default, giver, getter, rule in rows
    ]
