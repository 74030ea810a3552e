"""A small memory of answers that can't change."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Keeps the `size` most recently used answers; safe to use from several threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._answers: OrderedDict[K, V] = OrderedDict()

    def get(self, question: K) -> V | None:
        """The answer, if it is still remembered."""
        with self._lock:
            if question in self._answers:
                self._answers.move_to_end(question)
            return self._answers.get(question)

    def put(self, question: K, answer: V) -> None:
        """Remembers an answer, and forgets the one unused for longest when there are too many."""
        with self._lock:
            self._answers[question] = answer
            self._answers.move_to_end(question)
            if len(self._answers) > self._size:
                self._answers.popitem(last=False)
