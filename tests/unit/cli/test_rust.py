"""The folder that cargo builds in is shared by every checkout of a user.

Once a checkout was tested with the crates of another one: its sources were older than the other's last build, so cargo
took that build for its own.
"""

from __future__ import annotations

import os
from pathlib import Path

from lockstep_cli.rust import claim_target

LONG_AGO = 1_000_000_000


def checkout(folder: Path) -> Path:
    source = folder / "pallets" / "bridge" / "src" / "lib.rs"
    source.parent.mkdir(parents=True)
    source.write_text("")
    os.utime(source, (LONG_AGO, LONG_AGO))
    return source


def test_sources_are_made_new_when_the_folder_changes_hands_and_only_then(tmp_path: Path) -> None:
    ours, theirs = checkout(tmp_path / "ours"), checkout(tmp_path / "theirs")
    target = tmp_path / "target"

    assert claim_target(target, tmp_path / "ours")
    assert ours.stat().st_mtime > LONG_AGO
    os.utime(ours, (LONG_AGO, LONG_AGO))
    assert not claim_target(target, tmp_path / "ours")
    assert ours.stat().st_mtime == LONG_AGO

    assert claim_target(target, tmp_path / "theirs")
    assert theirs.stat().st_mtime > LONG_AGO
    assert claim_target(target, tmp_path / "ours")
    assert ours.stat().st_mtime > LONG_AGO
