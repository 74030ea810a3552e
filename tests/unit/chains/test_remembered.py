"""A small memory."""

from __future__ import annotations

from chains.remembered import Remembered


def test_it_forgets_what_was_unused_for_longest() -> None:
    memory: Remembered[str, int] = Remembered(2)
    memory.put("a", 1)
    memory.put("b", 2)
    assert memory.get("a") == 1
    memory.put("c", 3)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (1, None, 3)
