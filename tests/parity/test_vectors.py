"""The committed vectors are those that their independent sources give today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.parity.make_vectors import MAKERS, VECTORS, render


@pytest.mark.parametrize("title", MAKERS)
def test_committed_vectors_are_current(title: str) -> None:
    assert (VECTORS / f"{title}.json").read_text(encoding="utf-8") == render(title)


def test_every_vector_file_has_a_source() -> None:
    assert {path.stem for path in VECTORS.glob("*.json")} == set(MAKERS)


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.json")), ids=lambda path: path.stem)
def test_no_number_is_larger_than_a_json_reader_keeps(path: Path) -> None:
    def check(text: str) -> int:
        assert abs(int(text)) < 2**53
        return int(text)

    json.loads(path.read_text(encoding="utf-8"), parse_int=check)
