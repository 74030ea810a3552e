"""An issuer and an oracle, new for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.unit.identity.issuer.house import House
from tests.unit.identity.oracle.presenting.verifier_house import VerifierHouse


@pytest.fixture
def oracle(tmp_path: Path) -> Iterator[VerifierHouse]:
    with ExitStack() as stack:
        yield VerifierHouse(tmp_path, stack, House(tmp_path, stack))
