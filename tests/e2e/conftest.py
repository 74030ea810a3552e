"""Shared by the tests that drive the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.commands import running_system


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, Any]]:
    """A system that `./lockstep up` runs for one module."""
    with running_system() as said:
        yield said
