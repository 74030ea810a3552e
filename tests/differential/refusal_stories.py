"""Stories that end in every refusal: each operation fails for one rule, which then is put in order.

Together with the others they reach every number on each chain; `test_rule_book` asserts that from what the chains said.
"""

from __future__ import annotations

from bridge.types import MAX_AMOUNT, Permission
from tests.differential.scene import AWAY, NOBODY
from tests.differential.telling import Step, beginning, crossing, deliver, do, eligible, free

RECEIVE, SEND, BRIDGE = (int(bit) for bit in (Permission.RECEIVE, Permission.SEND, Permission.BRIDGE))

REFUSALS: dict[str, list[Step]] = {
    "one rule after the other is broken and mended": [
        *beginning(),
        # Each end of a transfer.
        do("transfer", 12, by="ana1", to="ben1", amount=0),
        do("transfer", 43, by="ana1", to="ben1", amount=MAX_AMOUNT + 1),
        do("transfer", 4, by="new1", to="ben1", amount=5),
        do("transfer", 5, by="ana1", to="new1", amount=5),
        do("batch", items=eligible("ana", 1, permissions=RECEIVE)),
        do("transfer", 6, by="ana1", to="ben1", amount=5),
        do("batch", items=eligible("ana", 1, permissions=RECEIVE | SEND)),
        crossing(free(5), code=34),
        do("batch", items=[*eligible("ana", 1), *eligible("ben", 2, permissions=SEND | BRIDGE)]),
        do("transfer", 9, by="ana1", to="ben1", amount=5),
        do("batch", items=eligible("ben", 2)),
        do("freeze_account", 30, by="ana1", account="ana1", frozen=True, action=7),
        do("freeze_account", account="ana1", frozen=True, action=7),
        do("transfer", 7, by="ana1", to="ben1", amount=5),
        do("freeze_account", account="ana1", frozen=False, action=7),
        do("freeze_investor", investor="ben", frozen=True, action=7),
        do("transfer", 8, by="ana1", to="ben1", amount=5),
        do("freeze_investor", investor="ben", frozen=False, action=7),
        # What is known, and who may.
        do("pause_lane", 2, bits=2, unknown=True),
        crossing(free(5), code=2, unknown=True),
        do("pause_asset", 3, role="unknown", bits=1),
        do("pause", 31, by="ana1", bits=1),
        do("pause", bits=1),
        do("transfer", 1, by="ana1", to="ben1", amount=5),
        do("resume", 32, by="guardian", bits=1),
        do("resume", bits=1),
        # The oracle's word and its clock.
        do("batch", items=[]),
        do("transfer", by="ana1", to="ben1", amount=5, after=50_000),
        do("transfer", 11, by="ana1", to="ben1", amount=5),
        do("batch", 35, items=[], number=1),
        do("batch", 38, items=[], issued=62),
        do("batch", 48, items=[], issued=-60_000),
        do("batch", items=eligible("ana", 1, 10_000)),
        do("bind", 44, account="ana1", investor="ben", by="ana1"),
        do("bind", 45, account="new1", investor="ben", by="new2"),
        do("bind", 36, account="new1", investor="ben", by="new1", expires=0),
        do("bind", account="new1", investor="ben", by="new1"),
        do("issue", 49, account="ana1", lots=free(4_701)),
        do("issue", account="ana1", lots=free(4_700)),
        # Orders that may not leave, and ends that come too late.
        crossing(free(5), code=28, recipient=NOBODY),
        crossing(free(5), code=37, deadline=8),
        crossing(free(5), code=37, deadline=4_002),
        crossing(free(5), deadline=20),
        crossing(free(5)),
        do("reject", 38, role=AWAY, order=0, reason=21),
        deliver(1, code=36, expires=0),
        deliver(1, unnamed=True),
        deliver(1),
        deliver(0, after=20),
        do("explain_deliver", 21, role=AWAY, order=0),
        do("reject", role=AWAY, order=0, reason=21),
        do("reject", 22, role=AWAY, order=0, reason=21),
        do("settle", order=0),
        do("settle", 33, order=0),
    ],
}
