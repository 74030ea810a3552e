"""Making a service's key store where its settings say that it is."""

from __future__ import annotations

from identity.issuer.settings import IssuerSettings
from identity.keystore.file import FileKeyStore
from identity.oracle.settings import OracleSettings
from identity.ports import system_randomness, utc
from identity.settings import read_secret
from lockstep_cli.errors import UserError


def create_key_store(settings: IssuerSettings | OracleSettings) -> str:
    """A new store with one key; the id of that key. UserError when there is one: keys are never overwritten."""
    passphrase = read_secret(settings.passphrase_file)
    if not passphrase:
        raise UserError("The passphrase file is empty.", "Put a long random line into it.")
    try:
        store = FileKeyStore.create(settings.keystore, passphrase, utc, system_randomness)
    except FileExistsError:
        raise UserError(
            f"There is a key store at {settings.keystore} already.", "rotate-key makes a new key."
        ) from None
    return store.active().key_id
