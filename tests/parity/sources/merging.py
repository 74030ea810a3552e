"""Taking without names and merging lots: expected answers written out by hand.

Lists are in canonical order, ascending by (unlocksAt, acquiredAt). NOW is the chain's time in every case. `code` 0 means
no refusal; a refused case has empty results.
"""

from __future__ import annotations

from tests.parity.sources.shapes import Case, LotT, lot_columns, with_counts

NOW = 1_000
BIG = 2**96 - 1


def make() -> Case:
    return with_counts(takeAny=_takes(), mergeNearest=_nearest(), mergeLots=_named())


def _row(count: int) -> list[LotT]:
    return [(10, 1, 2_000 + 2 * i) for i in range(count)]


def _takes() -> list[Case]:
    two: list[LotT] = [(30, 5, 1_500), (40, 6, 1_500)]
    # name, free, lots, amount, newFree, newLots, taken
    rows: list[tuple[str, int, list[LotT], int, int, list[LotT], list[LotT]]] = [
        ("nothing", 5, two, 0, 5, two, []),
        ("a part of what is free", 100, two, 60, 40, two, [(60, 0, 0)]),
        ("all that is free", 100, two, 100, 0, two, [(100, 0, 0)]),
        ("one more than is free splits the first lot", 100, two, 101, 0, [(29, 5, 1_500), (40, 6, 1_500)],
         [(100, 0, 0), (1, 5, 1_500)]),
        ("the first lot whole", 0, two, 30, 0, [(40, 6, 1_500)], [(30, 5, 1_500)]),
        ("the second lot is split", 0, two, 31, 0, [(39, 6, 1_500)], [(30, 5, 1_500), (1, 6, 1_500)]),
        ("everything", 1, two, 71, 0, [], [(1, 0, 0), (30, 5, 1_500), (40, 6, 1_500)]),
        ("the earliest unlock goes first", 0, [(5, 9, 1_400), (5, 1, 1_600)], 6, 0, [(4, 1, 1_600)],
         [(5, 9, 1_400), (1, 1, 1_600)]),
        ("due lots are free tokens", 1, [(2, 1, 999), (4, 5, 1_000), (8, 1, 1_001)], 7, 0, [(8, 1, 1_001)],
         [(7, 0, 0)]),
        ("due lots fold though less is taken", 1, [(4, 5, 1_000), (8, 1, 1_001)], 2, 3, [(8, 1, 1_001)],
         [(2, 0, 0)]),
        ("32 lots and a half", 5, _row(32), 320, 0, [(5, 1, 2_062)], [(5, 0, 0), *_row(31), (5, 1, 2_062)]),
        ("the largest amount", BIG, [], BIG, 0, [], [(BIG, 0, 0)]),
    ]  # fmt: skip
    return [
        {
            "name": title,
            "now": str(NOW),
            "free": str(free),
            **lot_columns("lot", lots),
            "amount": str(amount),
            "newFree": str(new_free),
            **lot_columns("newLot", new_lots),
            **lot_columns("taken", taken),
        }
        for title, free, lots, amount, new_free, new_lots, taken in rows
    ]


def _nearest() -> list[Case]:
    rows: list[tuple[str, list[LotT], list[LotT]]] = [
        ("nothing", [], []),
        ("one lot stays", [(1, 2, 1_500)], [(1, 2, 1_500)]),
        ("two become the later of both", [(1, 2, 1_500), (2, 1, 1_700)], [(3, 2, 1_700)]),
        ("the later acquisition may be the second's", [(1, 2, 1_500), (2, 9, 1_700)], [(3, 9, 1_700)]),
        ("the nearest pair", [(1, 1, 1_100), (2, 1, 1_200), (4, 1, 1_250)], [(1, 1, 1_100), (6, 1, 1_250)]),
        ("the first of equally near pairs", [(1, 1, 1_100), (2, 1, 1_200), (4, 1, 1_300)],
         [(3, 1, 1_200), (4, 1, 1_300)]),
        ("one unlock time is nearest of all", [(1, 1, 1_100), (2, 1, 1_101), (4, 3, 1_101)],
         [(1, 1, 1_100), (6, 3, 1_101)]),
        ("three at one unlock time: the first two", [(1, 1, 1_100), (2, 2, 1_100), (4, 3, 1_100)],
         [(3, 2, 1_100), (4, 3, 1_100)]),
        ("given out of order", [(4, 1, 1_250), (1, 1, 1_100), (2, 1, 1_200)], [(1, 1, 1_100), (6, 1, 1_250)]),
        ("33 lots become 32", _row(33), [(20, 1, 2_002), *_row(33)[2:]]),
        ("ends of time", [(1, 1, 1_001), (2, 1, 2**64 - 1)], [(3, 1, 2**64 - 1)]),
    ]  # fmt: skip
    return [
        {"name": title, **lot_columns("lot", lots), **lot_columns("newLot", merged)} for title, lots, merged in rows
    ]


def _named() -> list[Case]:
    three: list[LotT] = [(30, 5, 1_500), (40, 6, 1_500), (50, 1, 1_600)]
    return [
        _merged("two of one unlock time", three, three[:2], [(70, 6, 1_500), (50, 1, 1_600)], (70, 6, 1_500)),
        _merged("the later dates of different lots", three, [three[0], three[2]], [(40, 6, 1_500), (80, 5, 1_600)],
                (80, 5, 1_600)),
        _merged("all three", three, three, [(120, 6, 1_600)], (120, 6, 1_600)),
        _merged("into the times of a lot that was not named", [(1, 9, 1_400), (2, 3, 1_500), (4, 9, 1_500)],
                [(1, 9, 1_400), (2, 3, 1_500)], [(7, 9, 1_500)], (3, 9, 1_500)),
        _merged("a due lot beside folds", [(8, 1, 1_000), *three], three[:2], [(70, 6, 1_500), (50, 1, 1_600)],
                (70, 6, 1_500), folded=8),
        _merged("32 at once", _row(32), _row(32), [(320, 1, 2_062)], (320, 1, 2_062)),
        _merged_not("a part of a lot", three, [(30, 5, 1_500), (39, 6, 1_500)], (6, 1_500, 40)),
        _merged_not("more than a lot", three, [(31, 5, 1_500), (40, 6, 1_500)], (5, 1_500, 30)),
        _merged_not("a lot that is not there", three, [(30, 5, 1_500), (50, 2, 1_600)], (2, 1_600, 0)),
        _merged_not("the first that is missing is told", three, [(1, 4, 1_500), (50, 2, 1_600)], (4, 1_500, 0)),
        _merged_not("a due lot is no lot any more", [(8, 1, 1_000), *three], [(8, 1, 1_000), (30, 5, 1_500)],
                    (1, 1_000, 0)),
    ]  # fmt: skip


def _merged(title: str, lots: list[LotT], named: list[LotT], new_lots: list[LotT], into: LotT, folded: int = 0) -> Case:
    return _merge(title, lots, named, (0, 0, 0, 0), folded, new_lots, [into])


def _merged_not(title: str, lots: list[LotT], named: list[LotT], values: tuple[int, int, int]) -> Case:
    return _merge(title, lots, named, (41, *values), 0, [], [])


def _merge(
    title: str,
    lots: list[LotT],
    named: list[LotT],
    refusal: tuple[int, int, int, int],
    folded: int,
    new_lots: list[LotT],
    into: list[LotT],
) -> Case:
    code, a, b, c = refusal
    return {
        "name": title,
        "now": str(NOW),
        **lot_columns("lot", lots),
        **lot_columns("named", named),
        "code": code,
        "a": str(a),
        "b": str(b),
        "c": str(c),
        "folded": str(folded),
        **lot_columns("newLot", new_lots),
        **lot_columns("into", into),
    }
