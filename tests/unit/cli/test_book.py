"""Whom a name leads to, once ids were retired."""

from __future__ import annotations

from typing import Any

from lockstep_cli.assets.book import AssetEntry, HolderEntry

OLD, TAKER, FRESH = (bytes(16) + bytes([number] * 16) for number in (1, 2, 3))


def entry(name: str, investor: bytes) -> HolderEntry:
    values: dict[str, Any] = {"class_name": "any", "class_number": 1, "valid_until": 0, "limit": 1, "accounts": {}}
    return HolderEntry(name=name, investor="0x" + investor.hex(), **values)


def asset() -> AssetEntry:
    people = {"jon": entry("jon", OLD), "gil": entry("gil", TAKER)}
    return AssetEntry(asset="0x" + "11" * 32, symbol="A", name="a", home="evm", investors=people)


def test_the_name_of_a_retired_id_leads_to_the_successor_who_keeps_his_own_name() -> None:
    one = asset()
    one.retire(OLD, TAKER)
    assert (one.investors["jon"].id, one.investors["jon"].retired) == (TAKER, ["0x" + OLD.hex()])
    assert one.names()[TAKER].name == "gil"
    one.retire(TAKER, FRESH)
    assert [one.investors[name].id for name in ("jon", "gil")] == [FRESH, FRESH]
    assert one.names()[FRESH].name == "gil"


def test_an_id_that_no_name_has_changes_nothing() -> None:
    one = asset()
    one.retire(FRESH, TAKER)
    assert one == asset()


def test_a_book_written_before_ids_could_be_retired_is_read() -> None:
    document = asset().model_dump()
    del document["investors"]["jon"]["retired"]
    assert AssetEntry.model_validate(document) == asset()
