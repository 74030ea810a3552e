"""What the holder of a screening credential that was taken back is told when he shows it: that he is under review."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from identity.formats.base import Challenge
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.status_list import Status
from tests.unit.identity.issuer.house import House
from tests.unit.identity.issuer.samples import SAMPLES
from tests.unit.identity.oracle.presenting.verifier_house import ISSUER, VerifierHouse, policy

CLEAR = {"topic": "sanctions_screening", "where": {"result": {"equals": "clear"}}}


@pytest.fixture
def oracle(tmp_path: Path) -> Iterator[VerifierHouse]:
    with ExitStack() as stack:
        asked = policy(CLEAR, {"sanctions_screening": [ISSUER]})
        yield VerifierHouse(tmp_path, stack, House(tmp_path, stack), asked)


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.INVALID])
def test_nobody_is_told_what_became_of_his_screening(oracle: VerifierHouse, status: Status) -> None:
    """The refusal said that it was suspended, and its cure sent the holder to ask why."""
    held, subject = oracle.hold("sanctions_screening", SAMPLES["sanctions_screening"])
    issuer = oracle.issuer.issuer
    with issuer.database.read() as connection:
        (row,) = issuer.privacy.export(connection, subject)["credentials"]
    issuer.writer.run_blocking(lambda tx: issuer.statuses.change(tx, "ola", row["id"], status))
    started = oracle.start()
    presenter = oracle.presenter()
    asking = presenter.read(started["request"])
    challenge = Challenge(audience=asking.client_id, nonce=asking.nonce)
    wire = SdJwtVc().present(held.credential, [("sub",), ("result",)], challenge, oracle.issuer.wallet, oracle.clock())
    form = presenter.form(asking, {"vp_token": {"sanctions_screening": [wire]}, "state": asking.state})
    answer = oracle.http.post(asking.response_uri, data=form)
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "invalid_request",
        "error_description": "under review",
        "reason": "UnderReview",
    }
