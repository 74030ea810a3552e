"""Reads the published examples in tests/vectors/identity."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "vectors" / "identity"


def text(name: str) -> str:
    """A vector that is text."""
    return (FOLDER / name).read_text("utf-8")


def document(name: str) -> Any:
    """A vector that is JSON."""
    return json.loads(text(name))
