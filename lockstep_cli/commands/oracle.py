"""`lockstep oracle`: what an operator of an oracle does from a terminal. Its staff works over HTTP."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from identity.keystore.file import FileKeyStore
from identity.oracle.database import open_database
from identity.oracle.deciding.roles import Role
from identity.oracle.deciding.tables import STAFF
from identity.oracle.settings import OracleSettings
from identity.oracle.tables import AUDIT
from identity.ports import system_randomness, utc
from identity.settings import load, read_secret
from identity.storage.audit import AuditChain
from identity.storage.staff import StaffList
from identity.storage.writer import Writer
from lockstep_cli.local.key_stores import create_key_store

app = typer.Typer(no_args_is_help=True, help="Operating an oracle: its keys, its staff and its attestors.")

Settings = Annotated[Path, typer.Option("--settings", help="The oracle's settings file.")]


@app.command("create-keys")
def create_keys(settings: Settings) -> None:
    """Make the key store that the settings name, sealed with the passphrase in their file. An existing one is kept."""
    typer.echo(create_key_store(load(OracleSettings, settings)))


@app.command("rotate-key")
def rotate_key(settings: Settings) -> None:
    """Make a new key for requests and decisions. The one before stays published. Restart to use it."""
    typer.echo(_keys(load(OracleSettings, settings)).rotate(utc, system_randomness).key_id)


@app.command("add-staff")
def add_staff(
    name: Annotated[str, typer.Argument(help="Who; shown in the audit chain.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times; `attestor` for an attestor's process.")],
    settings: Settings,
) -> None:
    """Add somebody to the staff, or an attestor. The token is shown once and kept nowhere."""
    loaded = load(OracleSettings, settings)
    keys = _keys(loaded)
    with ExitStack() as stack:
        database = open_database(loaded.database)
        stack.callback(database.close)
        writer = Writer(database, AuditChain(AUDIT, keys.mac), utc)
        stack.callback(writer.close)
        staff = StaffList[Role](STAFF, keys, system_randomness)
        typer.echo(writer.run_blocking(lambda tx: staff.add(tx, "operator", name, role)))


def _keys(settings: OracleSettings) -> FileKeyStore:
    return FileKeyStore.open(settings.keystore, read_secret(settings.passphrase_file))
