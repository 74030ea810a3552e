"""What a log says of differences between chains and oracle: enough for whoever runs it, and nothing of an investor."""

from __future__ import annotations

import json

from identity.oracle.publishing.reconcile import Difference, Kind, told

ASSET, OTHER = b"\1" * 32, b"\2" * 32
INVESTORS = [bytes(16) + bytes([number]) * 16 for number in (11, 12, 13)]


def test_investors_are_counted_by_chain_kind_and_asset_and_never_named() -> None:
    """Which of them is to get another word than stands may be a hold that nobody may hear of."""
    found = [Difference("evm", Kind.WORD, ASSET, one) for one in INVESTORS]
    found += [
        Difference("substrate", Kind.WORD, ASSET, INVESTORS[0]),
        Difference("evm", Kind.WORD, OTHER, INVESTORS[0]),
    ]
    found += [Difference("evm", kind, ASSET, INVESTORS[1]) for kind in (Kind.WORD_MISSING, Kind.WORD_UNWANTED)]
    found += [Difference("all", Kind.LIMIT_OVER, ASSET, INVESTORS[2])]
    lines = told(found)
    counts = {(one["chain"], one["action"], one["asset"]): one["investors"] for one in lines}
    assert counts == {
        ("evm", "reconcile.word", ASSET.hex()): 3,
        ("substrate", "reconcile.word", ASSET.hex()): 1,
        ("evm", "reconcile.word", OTHER.hex()): 1,
        ("evm", "reconcile.word_missing", ASSET.hex()): 1,
        ("evm", "reconcile.word_unwanted", ASSET.hex()): 1,
        ("all", "reconcile.limit_over", ASSET.hex()): 1,
    }
    whole = json.dumps(lines)
    assert not any(one.hex() in whole or one.hex()[32:] in whole for one in INVESTORS)


def test_classes_and_batches_are_named_because_a_person_must_look_at_them() -> None:
    lines = told(
        [
            Difference("all", Kind.SEATS_OVER, ASSET, (4_242).to_bytes(2, "big")),
            Difference("evm", Kind.BATCH_UNKNOWN, bytes(32), (7).to_bytes(8, "big")),
        ]
    )
    assert [(one["action"], one["subject"], one["repaired"]) for one in lines] == [
        ("reconcile.seats_over", "1092", True),
        ("reconcile.batch_unknown", "0000000000000007", False),
    ]
