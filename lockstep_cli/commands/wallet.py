"""`lockstep wallet`: a development wallet in a folder, for trying the issuer and the oracle out."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer
from rich.table import Table

from identity.formats.base import Challenge, ClaimPath
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.ports import system_randomness, utc
from identity.wallet.receiving import Receiver
from identity.wallet.store import Held
from lockstep_cli.commands import wallet_oracle
from lockstep_cli.commands.wallet_oracle import Folder, Roots, https_client, open_store
from lockstep_cli.output import Json, people_console, print_json

app = typer.Typer(no_args_is_help=True, help="A development wallet: receive and present credentials, link accounts.")


@app.command()
def receive(
    offer: Annotated[str, typer.Argument(help="The offer: openid-credential-offer://?...")],
    tx_code: Annotated[
        str | None, typer.Option("--tx-code", help="The code your issuer gave you on another way.")
    ] = None,
    wallet: Folder = None,
    roots: Roots = None,
    as_json: Json = False,
) -> None:
    """Receive the credentials of an offer, check them, and keep them."""
    store = open_store(wallet)
    with https_client(roots) as http:
        receiver = Receiver(http, store.key(), utc, system_randomness)
        held = receiver.receive(receiver.read_offer(offer), lambda: tx_code or typer.prompt("Transaction code"))
    for one in held:
        store.add(one)
    _print(held, as_json=as_json)


@app.command("list")
def list_(wallet: Folder = None, as_json: Json = False) -> None:
    """List what the wallet holds."""
    _print(open_store(wallet).all(), as_json=as_json)


@app.command()
def show(
    credential: Annotated[str, typer.Argument(help="Its type (kyc), or the beginning of its id.")],
    audience: Annotated[str, typer.Option(help="Who asks.")],
    nonce: Annotated[str, typer.Option(help="The fresh nonce of whoever asks.")],
    disclose: Annotated[
        list[str] | None, typer.Option(help="A claim to show, as a path: given_name, address/country, nationalities/*.")
    ] = None,
    wallet: Folder = None,
    as_json: Json = False,
) -> None:
    """Show one credential outside of any protocol: only the named claims, bound to a name and a nonce."""
    store = open_store(wallet)
    held = store.find(credential)
    paths = [_path(text) for text in disclose or []]
    shown = SdJwtVc().present(held.credential, paths, Challenge(audience, nonce), store.key(), utc())
    if as_json:
        print_json({"id": held.id, "presentation": shown})
    else:
        typer.echo(shown)


wallet_oracle.add_to(app)


def _path(text: str) -> ClaimPath:
    return tuple(None if step == "*" else int(step) if step.isdigit() else step for step in text.split("/"))


def _print(held: list[Held], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "configuration": one.configuration,
                    "issuer": one.issuer,
                    "type": one.type,
                    "received_at": one.received_at,
                    "valid_until": one.valid_until,
                }
                for one in held
            ]
        )
        return
    table = Table("id", "credential", "issuer", "valid until")
    for one in held:
        until = (
            "" if one.valid_until is None else dt.datetime.fromtimestamp(one.valid_until, dt.UTC).strftime("%Y-%m-%d")
        )
        table.add_row(one.id, one.configuration, one.issuer, until)
    people_console().print(table)
