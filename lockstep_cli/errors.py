"""What a user did or met, said in one sentence with its cure."""

from __future__ import annotations

from bridge.errors import LockstepError


class UserError(LockstepError):
    """Shown as one clear sentence, with exit code 2; `cure` says what to do."""

    def __init__(self, sentence: str, cure: str = "") -> None:
        self.sentence, self.cure = sentence, cure
        super().__init__(sentence)
