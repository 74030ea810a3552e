"""What a service's migrations make is what its code expects, table by table, and can be taken back."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, text
from sqlalchemy.exc import IntegrityError

import identity.issuer.database
import identity.oracle.database
from identity.issuer.tables import METADATA as ISSUER
from identity.oracle.tables import METADATA as ORACLE
from identity.storage.database import Database

ROOT = Path(__file__).resolve().parents[3] / "identity"

Open = Callable[[str], Database]
SERVICES = [
    pytest.param("issuer", identity.issuer.database.open_database, ISSUER, id="issuer"),
    pytest.param("oracle", identity.oracle.database.open_database, ORACLE, id="oracle"),
]


@pytest.fixture(scope="module", autouse=True)
def _every_room_is_loaded() -> None:
    """Each room of the oracle keeps its tables in a module of its own: one that nobody imported would not be compared."""
    for path in sorted((ROOT / "oracle").glob("*/tables.py")):
        importlib.import_module(f"identity.oracle.{path.parent.name}.tables")


@pytest.mark.parametrize(("name", "open_database", "metadata"), SERVICES)
def test_the_newest_shape_is_what_the_code_expects(
    name: str, open_database: Open, metadata: MetaData, tmp_path: Path
) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'service.sqlite'}")
    try:
        with database.writer.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
    finally:
        database.close()


@pytest.mark.parametrize(("name", "open_database", "metadata"), SERVICES)
def test_the_first_shape_can_be_taken_back_whole(
    name: str, open_database: Open, metadata: MetaData, tmp_path: Path
) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'service.sqlite'}")
    config = Config()
    config.set_main_option("script_location", str(ROOT / name / "migrations"))
    try:
        with database.writer.begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "base")
        assert inspect(database.writer).get_table_names() == ["alembic_version"]
    finally:
        database.close()


def test_an_account_linked_without_consent_stays_only_where_a_chain_has_bound_it(tmp_path: Path) -> None:
    """No signer would bind the others any more: their investors link them again."""
    url = f"sqlite:///{tmp_path / 'oracle.sqlite'}"
    database, config = Database(url), Config()
    config.set_main_option("script_location", str(ROOT / "oracle" / "migrations"))
    rows = (
        "INSERT INTO accounts (id, asset, chain, domain, account, state, scheme, holder, nonce, expires_at, signature, at)"
        " VALUES (:state, :state, 'eip155:1', '1', '1', :state, 'eip712', 'h', 'n', 1, '1', 1)"
    )
    with database.writer.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text(rows), [{"state": state} for state in ("proven", "bound", "unbinding")])
    database.close()
    migrated = identity.oracle.database.open_database(url)
    with migrated.read() as connection:
        left = connection.execute(text("SELECT state, consent FROM accounts ORDER BY state")).all()
    migrated.close()
    assert left == [("bound", None), ("unbinding", None)]


@pytest.mark.parametrize(("name", "open_database", "metadata"), SERVICES)
@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_the_audit_chain_only_grows(
    name: str, open_database: Open, metadata: MetaData, change: str, tmp_path: Path
) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'service.sqlite'}")
    try:
        with database.writer.begin() as connection:
            connection.execute(
                text("INSERT INTO audit VALUES (1, 1, 'a', 'b', 'c', :digest, :digest)"), {"digest": bytes(32)}
            )
        with pytest.raises(IntegrityError, match="only grows"), database.writer.begin() as connection:
            connection.execute(text(change))
    finally:
        database.close()
