"""A life in the middle of which an EVM chain puts another token in an asset's place: what happens before, and what after."""

from __future__ import annotations

from typing import Final

from tests.differential.scene import AWAY
from tests.differential.telling import Step, beginning, crossing, deliver, do, eligible, free

BEFORE: Final[list[Step]] = [
    *beginning(),
    do("issue", account="cho1", lots=[[50, None, None], [25, 3, 5_000]]),
    # Under way when the token is replaced: delivered and not settled, refused and not settled, not yet delivered.
    crossing([[30, None, None], [10, 1, 4_000]]),
    crossing([[5, None, None], [20, 2, 6_000]]),
    deliver(0),
    do("reject", role=AWAY, order=1, reason=9),
    do("initiate", role=AWAY, by="ana1", to_investor="ana", recipient="ana1", lots=free(12), deadline=3_000),
    do("recover", lost="cho1", found="new1", action=7),
    do("replace_investor", retired="dan", successor="ben", action=7),
    do("freeze_amount", investor="ana", amount=31, action=7),
    do("freeze_account", account="ana2", frozen=True, action=7),
    do("set_velocity", capacity=90, rate=1),
    do("transfer", by="ana1", to="ben1", amount=40),
    do("redeem", account="ana1", lots=free(7), action=7),
    do("set_document", name="prospectus", uri="https://example.org/prospectus"),
    do("propose_release", investor="ana", lots=[[15, 1, 4_000]], action=7),
    do("pause_asset", bits=7),
]

AFTER: Final[list[Step]] = [
    do("transfer", 1, by="ana1", to="ben1", amount=1),
    do("settle", order=0),
    do("resume_asset", bits=7),
    do("deliver", orders=[2]),
    do("settle", order=1),
    do("settle", role=AWAY, order=2),
    do("batch", items=eligible("ana", 2, 50)),
    do("transfer", 8, by="ana1", to="ana2", amount=1),
    do("transfer", by="ana1", to="ben1", amount=20),
    do("move_lots", giver="new1", getter="ana1", lots=[[25, 3, 5_000]], action=7),
    do("recover", lost="new1", found="new2", action=7),
    crossing(free(3), to="ben"),
    do("redeem", account="new2", lots=free(50), action=7),
]
