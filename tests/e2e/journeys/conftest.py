"""One running system for all journeys: a start costs more than most of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from lockstep_cli.session import Session, open_session
from tests.e2e.journeys.house import House
from tests.support.commands import running_system


@pytest.fixture(scope="package")
def running() -> Iterator[dict[str, Any]]:
    """In place of the one for each module."""
    with running_system() as said:
        yield said


@pytest.fixture(scope="package")
def session(running: dict[str, Any]) -> Iterator[Session]:
    with open_session() as opened:
        yield opened


@pytest.fixture(scope="package")
def house(running: dict[str, Any], session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    os.environ.setdefault("LOCKSTEP_ENV", "dev")
    found = House(running, session, tmp_path_factory.mktemp("wallets"))
    yield found
    found.http.close()
