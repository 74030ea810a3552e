"""Every refusal can be told to a person, with any values."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from bridge import refusals
from bridge.refusals import UNDER_REVIEW, MalformedAt, Refusal, Refused
from bridge.types import Reason
from tests.unit.bridge.strategies import reasons


@given(reasons)
def test_any_reason_gives_a_finished_sentence(reason: Reason) -> None:
    text = refusals.sentence(reason)
    assert text.endswith(".")
    assert "{" not in text


@given(reasons)
def test_every_reason_has_a_status_byte_a_name_and_values(reason: Reason) -> None:
    assert refusals.erc1066(reason.code) in {0x50, *range(0x52, 0x59)}
    assert refusals.name(reason.code)
    assert set(refusals.values(reason).values()) <= {reason.a, reason.b, reason.c}


@pytest.mark.parametrize("refusal", Refusal)
def test_every_value_is_told(refusal: Refusal) -> None:
    values = [1, 4, 8][: len(refusals.value_names(refusal))]
    told = refusals.sentence(Reason(refusal, *values))
    for place in range(len(values)):
        other = [value ^ 2 if index == place else value for index, value in enumerate(values)]
        assert refusals.sentence(Reason(refusal, *other)) != told


def test_amounts_are_base_units_and_times_are_utc() -> None:
    locked = Reason(Refusal.LotsLocked, 100, 1_767_225_600, 250)
    assert refusals.sentence(locked) == (
        "100 base units are free and 250 are needed; the next lot unlocks at 2026-01-01T00:00:00Z."
    )
    assert refusals.values(locked) == {"free": 100, "nextUnlock": 1_767_225_600, "amount": 250}


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason(Refusal.LotsLocked, 1, 0, 2), "1 base units are free and 2 are needed; no lot is waiting to unlock."),
        (Reason(Refusal.Paused, 5), "Paused here: transfer, deliver."),
        (Reason(Refusal.SenderBlocked, 0), "The sender may not send this asset; granted: none."),
        (Reason(Refusal.RateLimited, 2**64 - 1, 7), "The lane lets 7 base units pass now: no wait is long enough."),
        (Reason(Refusal.NotYet, 2**64 - 1), "Not before after 9999-12-31T23:59:59Z."),
        (Reason(Refusal.ClassTransferForbidden, 0, 513), "Tokens may not pass from class none to class 513."),
        (Reason(Refusal.OrderConsumed, 1), "The order has already ended: delivered."),
        (Reason(99, 1), "Refused by rule 99, which this version does not know."),
    ],
)
def test_special_values_read_well(reason: Reason, text: str) -> None:
    assert refusals.sentence(reason) == text


@pytest.mark.parametrize("refusal", [Refusal.SenderBlocked, Refusal.SenderFrozen, Refusal.ReceiverFrozen])
def test_what_may_stem_from_screening_offers_no_cure(refusal: Refusal) -> None:
    assert refusals.cure(Reason(refusal)) is None


def test_a_hold_by_screening_reads_under_review() -> None:
    assert UNDER_REVIEW == "under review"


def test_most_refusals_tell_what_would_cure_them() -> None:
    cured = [refusal for refusal in Refusal if refusals.cure(Reason(refusal))]
    assert len(cured) > 35
    assert all(re.search(r"\.$", refusals.cure(Reason(refusal)) or "") for refusal in cured)


def test_allowed_has_the_status_of_success() -> None:
    assert refusals.erc1066(0) == 0x51


def test_a_refusal_carries_all_reasons_lowest_first() -> None:
    refused = Refused([Reason(Refusal.LotsLocked, 1, 2, 3), Reason(Refusal.Paused, 1)])
    assert refused.lowest.code == Refusal.Paused
    assert refused.bitset == 1 << 1 | 1 << 14
    assert str(refused).startswith("Paused: Paused here: transfer.; LotsLocked: ")


def test_a_refusal_without_a_reason_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Refused([])


def test_the_parts_of_malformed_are_distinct() -> None:
    assert len(MalformedAt) == len({int(part) for part in MalformedAt})
