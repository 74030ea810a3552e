"""Lot arithmetic equals the vectors."""

from __future__ import annotations

import pytest

from bridge import lots
from bridge.refusals import Refusal, Refused
from bridge.types import Reason
from tests.parity.vectors import Case, cases, lots_of, named


@pytest.mark.parametrize("case", cases("lots", "fold"), ids=named)
def test_folding_equals_the_vectors(case: Case) -> None:
    folded = lots.fold(int(case["free"]), lots_of(case, "lot"), int(case["now"]))
    assert folded == (int(case["newFree"]), lots_of(case, "newLot"), int(case["folded"]))


@pytest.mark.parametrize("case", cases("lots", "take"), ids=named)
def test_taking_equals_the_vectors(case: Case) -> None:
    arguments = (int(case["free"]), lots_of(case, "lot"), lots_of(case, "wanted"), int(case["now"]))
    if case["code"] == 0:
        expected = (int(case["newFree"]), lots_of(case, "newLot"), lots_of(case, "taken"))
        assert lots.take(*arguments) == expected
        return
    with pytest.raises(Refused) as refused:
        lots.take(*arguments)
    assert refused.value.reasons == (Reason(case["code"], int(case["a"]), int(case["b"]), int(case["c"])),)


@pytest.mark.parametrize("case", cases("lots", "credit"), ids=named)
def test_crediting_equals_the_vectors(case: Case) -> None:
    credited = lots.credit(int(case["free"]), lots_of(case, "lot"), lots_of(case, "arriving"), int(case["now"]))
    assert credited == (int(case["newFree"]), lots_of(case, "newLot"))


@pytest.mark.parametrize("case", cases("lots", "places"), ids=named)
def test_places_equal_the_vectors(case: Case) -> None:
    used = lots.places(lots_of(case, "lot"), case["reserved"], lots_of(case, "arriving"), int(case["now"]))
    assert used == case["places"]
    assert (used > case["max"]) == (case["code"] == Refusal.TooManyLots)
