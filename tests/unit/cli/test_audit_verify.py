"""`lockstep audit verify`: chains that hold, chains that somebody changed, and databases that are not there."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from identity.issuer.development import DevelopmentIssuer, make_development_issuer
from lockstep_cli.commands import audit
from lockstep_cli.local.audit_chains import ChainUnreadable, settings_of_system, verify_chain
from lockstep_cli.local.state import NoLocalSystem


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DevelopmentIssuer:
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    return make_development_issuer(tmp_path / "issuer", 40_001, None)


def verified(made: DevelopmentIssuer, *further: str) -> tuple[int, Any]:
    result = CliRunner().invoke(audit.app, ["verify", "--issuer", str(made.settings), "--json", *further])
    return result.exit_code, json.loads(result.stdout) if result.stdout else result.exception


def tamper(made: DevelopmentIssuer, *statements: str) -> None:
    """What somebody does who owns the database: the triggers that keep mistakes away keep nobody away who drops them."""
    connection = sqlite3.connect(made.settings.parent / "issuer.sqlite")
    for statement in ("DROP TRIGGER audit_no_UPDATE", "DROP TRIGGER audit_no_DELETE", *statements):
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_chain_that_holds_says_its_head(made: DevelopmentIssuer) -> None:
    code, told = verified(made)
    assert (code, told["holds"]) == (0, True)
    (chain,) = told["chains"]
    # One entry for each of the development staff, who are all that happened so far.
    assert (chain["service"], chain["entries"]) == ("issuer", len(made.tokens))
    assert verified(made, "--issuer-head", chain["head"])[0] == 0


@pytest.mark.parametrize(
    ("statement", "entry"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE number = 2", 2),
        ("UPDATE audit SET at = at + 1 WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("UPDATE audit SET digest = zeroblob(32) WHERE number = 3", 3),
    ],
)
def test_an_entry_that_was_changed_or_dropped_is_named(made: DevelopmentIssuer, statement: str, entry: int) -> None:
    tamper(made, statement)
    code, told = verified(made)
    assert (code, told["holds"], told["chains"][0]["entry"]) == (1, False, entry)


def test_a_chain_cut_short_shows_against_a_noted_head(made: DevelopmentIssuer) -> None:
    head = verified(made)[1]["chains"][0]["head"]
    tamper(made, "DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)")
    assert verified(made)[0] == 0
    code, told = verified(made, "--issuer-head", head)
    assert (code, told["holds"]) == (1, False)


def test_a_database_that_vanished_is_no_empty_chain(made: DevelopmentIssuer) -> None:
    database = made.settings.parent / "issuer.sqlite"
    for path in database.parent.glob("issuer.sqlite*"):
        path.unlink()
    with pytest.raises(ChainUnreadable, match="no database"):
        verify_chain("issuer", made.settings)
    assert not database.exists()
    sqlite3.connect(database).close()
    database.touch()
    with pytest.raises(ChainUnreadable, match="OperationalError"):
        verify_chain("issuer", made.settings)


def test_without_a_local_system_there_is_nothing_to_verify(tmp_path: Path) -> None:
    with pytest.raises(NoLocalSystem):
        settings_of_system(tmp_path)
