from __future__ import annotations

from tests.unit.identity.oracle.deciding.conftest import room

__all__ = ["room"]
