"""Stories of signatures and of those who sign."""

from __future__ import annotations

from bridge.types import Role
from tests.differential.scene import AWAY
from tests.differential.signing import STRANGER
from tests.differential.telling import Step, beginning, crossing, deliver, do, free

ATTESTOR, ORACLE = int(Role.ATTESTOR), int(Role.ORACLE)
NO_ROLE = 3


def propose(role: int, *signers: int, code: int = 0, threshold: int = 2, **args: object) -> Step:
    """The admin's next set."""
    return do("propose_signers", code, of=role, signers=list(signers), threshold=threshold, **args)


def propose_signed(role: int, *signers: int, code: int = 0, threshold: int = 2, **args: object) -> Step:
    """The next set by those who sign now."""
    return do("propose_signers_signed", code, of=role, signers=list(signers), threshold=threshold, **args)


SIGNERS: dict[str, list[Step]] = {
    "signatures that are none": [
        *beginning(),
        crossing(free(5)),
        deliver(0, code=23, sign="none"),
        deliver(0, code=24, sign="stranger"),
        deliver(0, code=25, sign="twice"),
        deliver(0, code=26, sign="malformed"),
        deliver(0, code=46, sign="unknown"),
        deliver(0, code=48, sign="many"),
        do("reject", 23, role=AWAY, order=0, reason=9, sign="short"),
        deliver(0),
        do("settle", 24, order=0, sign="elsewhere"),
        do("settle", order=0),
        do("batch", 26, items=[], sign="malformed"),
        do("batch", 24, items=[], sign="elsewhere"),
        do("bind", 25, account="new1", investor="ben", by="new1", sign="backwards"),
        # What was decided already is answered without looking at signatures.
        deliver(0, sign="none"),
        do("batch", items=[], number=-1, sign="none"),
    ],
    "sets of signers follow each other, and signers are struck": [
        *beginning(),
        *[crossing(free(5)) for _ in range(3)],
        propose(ATTESTOR, 100, 101, 102, code=32, by="guardian"),
        propose(ATTESTOR, 100, 101, 102, code=46, number=1),
        propose(NO_ROLE, 100, 101, 102, code=48),
        propose(ATTESTOR, 100, 101, 102, code=48, threshold=1),
        propose(ATTESTOR, 100, 101, 102, code=48, jumbled=True),
        propose(ATTESTOR, 100, 101, 102, 103, threshold=4),
        propose(ORACLE, 103, 104, 105, code=48),
        propose_signed(ATTESTOR, 100, 101, 102, code=48),
        do("strike_signer", 31, of=ATTESTOR, signer=103, by="ana1"),
        # The contracts asked first who calls; the lowest number that fails is raised.
        do("strike_signer", 24, of=ATTESTOR, signer=STRANGER, by="ana1"),
        do("strike_signer", of=ATTESTOR, signer=103),
        # Three are left of a set that needs four: it could never sign, nor name the set after it.
        do("activate_signers", 23, of=ATTESTOR),
        propose(ATTESTOR, 100, 101, 103, code=48),
        propose(ORACLE, 103, 104, 105, code=48),
        propose(ATTESTOR, 100, 101, 102),
        do("activate_signers", 38, of=ATTESTOR),
        do("activate_signers", of=ATTESTOR),
        do("activate_signers", 48, of=ATTESTOR),
        deliver(0, code=24, sign=[100, 101, 103]),
        deliver(0),
        deliver(1, sign="previous"),
        deliver(2, code=46, sign="previous", after=60),
        do("retire_signers", 31, of=ATTESTOR, by="ana1"),
        do("retire_signers", of=ATTESTOR),
        do("retire_signers", 48, of=ATTESTOR),
        propose_signed(ATTESTOR, 106, 107, code=23, sign="short"),
        propose_signed(ATTESTOR, 106, 107, code=46, sign="previous"),
        propose_signed(ATTESTOR, 106, 107),
        do("cancel_signers", 31, of=ATTESTOR, by="ana1"),
        do("cancel_signers", of=ATTESTOR),
        do("cancel_signers", 48, of=ATTESTOR),
        propose_signed(ATTESTOR, 106, 107),
        do("strike_signer", of=ATTESTOR, signer=100),
        do("strike_signer", of=ATTESTOR, signer=101),
        deliver(2, code=23),
        do("activate_signers", of=ATTESTOR),
        deliver(2, code=23, sign="previous"),
        do("retire_signers", of=ATTESTOR),
        deliver(2, code=46, sign="previous"),
        deliver(2),
        propose_signed(ORACLE, 120, 121, 122),
        do("activate_signers", of=ORACLE, after=4),
        do("batch", items=[]),
        do("batch", items=[], sign="previous"),
        do("strike_signer", of=ORACLE, signer=120),
        do("batch", items=[]),
    ],
}
