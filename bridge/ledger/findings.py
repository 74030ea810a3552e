"""What an evaluation finds: every rule that fails, each once, with the values that made it fail first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from bridge.refusals import MalformedAt, Refusal, Refused
from bridge.types import Reason

_WORD: Final = 2**256 - 1
T = TypeVar("T")


class Findings:
    """Collects failing rules. A rule whose inputs are missing is not asked and sets nothing."""

    def __init__(self) -> None:
        self._reasons: dict[int, Reason] = {}

    def refuse(self, refusal: Refusal, *values: int | bytes) -> None:
        """Note a failing rule; of one that failed before, the first values stay."""
        self._reasons.setdefault(int(refusal), Reason(refusal, *(_word(value) for value in values)))

    def refuse_if(self, failed: bool, refusal: Refusal, *values: int | bytes) -> None:
        """Note a rule if it failed."""
        if failed:
            self.refuse(refusal, *values)

    def malformed_if(self, failed: bool, at: MalformedAt) -> None:
        """Note Malformed(at) if the form is wrong there."""
        self.refuse_if(failed, Refusal.Malformed, at)

    def ask(self, rule: Callable[[], T]) -> T | None:
        """What a function of lots gives; None, and its reason noted, when it refuses."""
        try:
            return rule()
        except Refused as refused:
            for reason in refused.reasons:
                self._reasons.setdefault(reason.code, reason)
            return None

    def failed(self, *refusals: Refusal) -> bool:
        """Whether one of these rules failed; without any, whether anything did."""
        return bool(self._reasons) if not refusals else any(int(refusal) in self._reasons for refusal in refusals)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All failing rules, lowest number first."""
        return tuple(reason for _, reason in sorted(self._reasons.items()))

    def refusal(self) -> Refused:
        """The error that carries them, for a place where something must have failed."""
        return Refused(self.reasons)

    def enforce(self) -> None:
        """Raise Refused with all of them; nothing happens when nothing failed."""
        if self._reasons:
            raise Refused(self.reasons)


def _word(value: int | bytes) -> int:
    """A value as the uint256 of the errors: bytes as a number, negative numbers in two's complement."""
    return int.from_bytes(value, "big") if isinstance(value, bytes) else value & _WORD
