"""Lot arithmetic: expected answers written out by hand, except where 32 lots repeat one pattern.

Lists are in canonical order, ascending by (unlocksAt, acquiredAt). `code` 0 means no refusal; a refused case has empty
results. NOW is the chain's time in every case.
"""

from __future__ import annotations

from tests.parity.sources.shapes import Case, LotT, lot_columns, with_counts

NOW = 1_000
BIG = 2**96 - 1


def make() -> Case:
    return with_counts(fold=_folds(), take=_takes(), credit=_credits(), places=_places())


def _lots(count: int) -> list[LotT]:
    return [(10, 1, 2_000 + i) for i in range(count)]


def _folds() -> list[Case]:
    rows: list[tuple[str, int, list[LotT], int, list[LotT], int]] = [
        ("nothing", 0, [], 0, [], 0),
        ("due one second ago", 5, [(7, 1, 999)], 12, [], 7),
        ("due now", 5, [(7, 1, 1_000)], 12, [], 7),
        ("due in one second", 5, [(7, 1, 1_001)], 5, [(7, 1, 1_001)], 0),
        (
            "due and locked side by side",
            1,
            [(2, 1, 999), (4, 5, 1_000), (8, 1, 1_001), (16, 2, 1_001)],
            7,
            [(8, 1, 1_001), (16, 2, 1_001)],
            6,
        ),
        ("the largest amount", 0, [(BIG, 1, 1_000)], BIG, [], BIG),
        ("the last second of time", 3, [(9, 2**64 - 1, 2**64 - 1)], 3, [(9, 2**64 - 1, 2**64 - 1)], 0),
        ("32 locked lots", 0, _lots(32), 0, _lots(32), 0),
    ]
    return [
        {
            "name": title,
            "now": str(NOW),
            "free": str(free),
            **lot_columns("lot", lots),
            "newFree": str(new_free),
            **lot_columns("newLot", new_lots),
            "folded": str(folded),
        }
        for title, free, lots, new_free, new_lots, folded in rows
    ]


def _takes() -> list[Case]:
    two: list[LotT] = [(30, 5, 1_500), (40, 6, 1_500)]
    return [
        _took("a part of what is free", 100, [], [(60, 0, 0)], 40, [], [(60, 0, 0)]),
        _took("all that is free", 100, two, [(100, 0, 0)], 0, two, [(100, 0, 0)]),
        _took("a whole lot", 0, two, [(30, 5, 1_500)], 0, [(40, 6, 1_500)], [(30, 5, 1_500)]),
        _took("a part splits a lot", 0, two, [(1, 6, 1_500)], 0, [(30, 5, 1_500), (39, 6, 1_500)], [(1, 6, 1_500)]),
        _took(
            "free first, then lots ascending",
            9,
            two,
            [(9, 0, 0), (30, 5, 1_500), (40, 6, 1_500)],
            0,
            [],
            [(9, 0, 0), (30, 5, 1_500), (40, 6, 1_500)],
        ),
        _took("a lot due now comes from free", 0, [(8, 1, 1_000)], [(8, 1, 1_000)], 0, [], [(8, 0, 0)]),
        _took("a lot folded long ago comes from free", 8, [], [(8, 1, 999)], 0, [], [(8, 0, 0)]),
        _took(
            "named free and due parts become one",
            5,
            [(8, 1, 1_000), (2, 1, 1_001)],
            [(3, 0, 0), (8, 1, 1_000), (2, 1, 1_001)],
            2,
            [],
            [(11, 0, 0), (2, 1, 1_001)],
        ),
        _took("a lot due in one second stays locked", 0, [(8, 1, 1_001)], [(8, 1, 1_001)], 0, [], [(8, 1, 1_001)]),
        _took("due lots fold though only locked ones are taken", 1, [(2, 1, 1_000), *two], [(30, 5, 1_500)], 3,
              [(40, 6, 1_500)], [(30, 5, 1_500)]),
        _took("32 lots at once", 0, _lots(32), _lots(32), 0, [], _lots(32)),
        _took("acquired at zero but locked", 0, [(5, 0, 1_500)], [(5, 0, 1_500)], 0, [], [(5, 0, 1_500)]),
        _took("the largest amount", BIG, [], [(BIG, 0, 0)], 0, [], [(BIG, 0, 0)]),
        _no("nothing named", 100, [], [], 12),
        _no("zero free", 100, [], [(0, 0, 0)], 12),
        _no("zero of a lot", 100, two, [(0, 5, 1_500)], 12),
        _no("free named second", 100, two, [(30, 5, 1_500), (1, 0, 0)], 48, 2),
        _no("free named twice", 100, two, [(1, 0, 0), (1, 0, 0)], 48, 2),
        _no("acquired but never locked", 100, two, [(1, 5, 0)], 48, 2),
        _no("acquired but never locked, second", 100, two, [(1, 0, 0), (1, 5, 0)], 48, 2),
        _no("equal times named twice", 100, two, [(1, 5, 1_500), (1, 5, 1_500)], 48, 2),
        _no("descending by unlock time", 100, two, [(1, 5, 1_501), (1, 5, 1_500)], 48, 2),
        _no("descending by acquisition in one unlock time", 100, two, [(1, 6, 1_500), (1, 5, 1_500)], 48, 2),
        _no("more than is free, a lot waits", 100, [(7, 1, 1_700), (7, 1, 1_600)], [(101, 0, 0)], 14, 100, 1_600, 101),
        _no("more than is free, nothing waits", 100, [], [(101, 0, 0)], 14, 100, 0, 101),
        _no("due names count towards the free demand", 5, [], [(3, 0, 0), (3, 1, 1_000)], 14, 5, 0, 6),
        _no("folded lots count as free", 100, [(7, 1, 1_000), (9, 1, 1_200)], [(108, 0, 0)], 14, 107, 1_200, 108),
        _no("no lot of that acquisition", 100, two, [(1, 7, 1_500)], 41, 7, 1_500, 0),
        _no("no lot of that unlock time", 100, two, [(1, 5, 1_499)], 41, 5, 1_499, 0),
        _no("the lot holds less", 100, two, [(31, 5, 1_500)], 41, 5, 1_500, 30),
        _no("the first of two missing lots is told", 0, two, [(1, 1, 1_400), (1, 1, 1_600)], 41, 1, 1_400, 0),
        _no("locked free part is told before a missing lot", 1, two, [(2, 0, 0), (1, 1, 1_400)], 14, 1, 1_500, 2),
        _no("the 33rd lot does not exist", 0, _lots(32), _lots(33), 41, 1, 2_032, 0),
    ]  # fmt: skip


def _took(
    title: str, free: int, lots: list[LotT], wanted: list[LotT], new_free: int, new_lots: list[LotT], taken: list[LotT]
) -> Case:
    return _take(title, free, lots, wanted, (0, 0, 0, 0), new_free, new_lots, taken)


def _no(
    title: str, free: int, lots: list[LotT], wanted: list[LotT], code: int, a: int = 0, b: int = 0, c: int = 0
) -> Case:
    return _take(title, free, lots, wanted, (code, a, b, c), 0, [], [])


def _take(
    title: str,
    free: int,
    lots: list[LotT],
    wanted: list[LotT],
    refusal: tuple[int, int, int, int],
    new_free: int,
    new_lots: list[LotT],
    taken: list[LotT],
) -> Case:
    code, a, b, c = refusal
    return {
        "name": title,
        "now": str(NOW),
        "free": str(free),
        **lot_columns("lot", sorted(lots, key=lambda lot: (lot[2], lot[1]))),
        **lot_columns("wanted", wanted),
        "code": code,
        "a": str(a),
        "b": str(b),
        "c": str(c),
        "newFree": str(new_free),
        **lot_columns("newLot", new_lots),
        **lot_columns("taken", taken),
    }


def _credits() -> list[Case]:
    two: list[LotT] = [(30, 5, 1_500), (40, 6, 1_500)]
    rows: list[tuple[str, int, list[LotT], list[LotT], int, list[LotT]]] = [
        ("free to nothing", 0, [], [(9, 0, 0)], 9, []),
        ("a lot to nothing", 0, [], [(9, 1, 1_001)], 0, [(9, 1, 1_001)]),
        ("a lot due one second ago becomes free", 1, [], [(9, 1, 999)], 10, []),
        ("a lot due now becomes free", 1, [], [(9, 1, 1_000)], 10, []),
        ("a lot due in one second stays", 1, [], [(9, 1, 1_001)], 1, [(9, 1, 1_001)]),
        ("equal times merge", 0, two, [(2, 6, 1_500)], 0, [(30, 5, 1_500), (42, 6, 1_500)]),
        ("equal unlock, other acquisition stands apart", 0, two, [(2, 7, 1_500)], 0, [*two, (2, 7, 1_500)]),
        (
            "free, due, merging and new at once",
            1,
            two,
            [(2, 0, 0), (4, 1, 1_000), (8, 9, 1_400), (16, 5, 1_500)],
            7,
            [(8, 9, 1_400), (46, 5, 1_500), (40, 6, 1_500)],
        ),
        ("the holder's own due lots are left as they are", 0, [(3, 1, 990)], [(9, 1, 1_001)], 0,
         [(3, 1, 990), (9, 1, 1_001)]),
        ("the largest amount", 0, [], [(BIG, 1, 2_000)], 0, [(BIG, 1, 2_000)]),
        ("a merge into the last of 32", 0, _lots(32), [(5, 1, 2_031)], 0, [*_lots(31), (15, 1, 2_031)]),
    ]  # fmt: skip
    return [
        {
            "name": title,
            "now": str(NOW),
            "free": str(free),
            **lot_columns("lot", lots),
            **lot_columns("arriving", arriving),
            "newFree": str(new_free),
            **lot_columns("newLot", new_lots),
        }
        for title, free, lots, arriving, new_free, new_lots in rows
    ]


def _places() -> list[Case]:
    """Places used once the holder's lots are folded and the arriving ones credited, plus the reserved ones."""
    rows: list[tuple[str, list[LotT], int, list[LotT], int, int, int]] = [
        ("the 32nd place may be used", _lots(31), 0, [(1, 9, 9_000)], 32, 0, 32),
        ("a 33rd lot has no place", _lots(32), 0, [(1, 9, 9_000)], 32, 15, 33),
        ("a 33rd lot that merges needs none", _lots(32), 0, [(1, 1, 2_000)], 32, 0, 32),
        ("a free part needs none", _lots(32), 0, [(1, 0, 0)], 32, 0, 32),
        ("a due lot of the holder gives its place", [(1, 1, 1_000), *_lots(31)], 0, [(1, 9, 9_000)], 32, 0, 32),
        ("reserved places count", _lots(30), 2, [(1, 9, 9_000)], 32, 15, 33),
        ("the 24th place may be used by others", _lots(23), 0, [(1, 9, 9_000)], 24, 0, 24),
        ("a 25th lot made by others has no place", _lots(24), 0, [(1, 9, 9_000)], 24, 15, 25),
    ]
    return [
        {
            "name": title,
            "now": str(NOW),
            **lot_columns("lot", lots),
            "reserved": reserved,
            **lot_columns("arriving", arriving),
            "max": limit,
            "code": code,
            "places": places,
        }
        for title, lots, reserved, arriving, limit, code, places in rows
    ]
