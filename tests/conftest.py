"""Shared by every level: one running system, and
hypothesis without a time limit per example (cores are shared) and without files on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from lockstep_cli.local.system import LocalSystem

settings.register_profile("default", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """Both chains, the contracts, three attestors and an issued asset, for the whole run.

    No relayer runs, so that tests carry orders themselves.
    """
    with LocalSystem(tmp_path_factory.mktemp("system"), lambda line: None) as running:
        yield running
