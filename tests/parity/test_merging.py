"""Taking without names and merging lots equal the vectors."""

from __future__ import annotations

import pytest

from bridge import lots
from bridge.refusals import Refused
from bridge.types import Reason
from tests.parity.vectors import Case, cases, lots_of, named


@pytest.mark.parametrize("case", cases("merging", "takeAny"), ids=named)
def test_taking_without_names_equals_the_vectors(case: Case) -> None:
    taken = lots.take_any(int(case["free"]), lots_of(case, "lot"), int(case["amount"]), int(case["now"]))
    assert taken == (int(case["newFree"]), lots_of(case, "newLot"), lots_of(case, "taken"))


@pytest.mark.parametrize("case", cases("merging", "mergeNearest"), ids=named)
def test_merging_the_nearest_equals_the_vectors(case: Case) -> None:
    assert lots.merge_nearest(lots_of(case, "lot")) == lots_of(case, "newLot")


@pytest.mark.parametrize("case", cases("merging", "mergeLots"), ids=named)
def test_merging_named_lots_equals_the_vectors(case: Case) -> None:
    arguments = (lots_of(case, "lot"), lots_of(case, "named"), int(case["now"]))
    if case["code"] == 0:
        assert lots.merge_lots(*arguments) == (lots_of(case, "newLot"), *lots_of(case, "into"))
        assert lots.fold(0, arguments[0], arguments[2])[2] == int(case["folded"])
        return
    with pytest.raises(Refused) as refused:
        lots.merge_lots(*arguments)
    assert refused.value.reasons == (Reason(case["code"], int(case["a"]), int(case["b"]), int(case["c"])),)
