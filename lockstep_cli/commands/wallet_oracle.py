"""`lockstep wallet present|enrol|link|unlink|standing`: a wallet's holder at a verifier and at an oracle."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.table import Table

from chains.accounts import Account, load_evm_key, load_substrate_key
from identity.oracle.people.proofs.control import EVM, namespace_of
from identity.ports import is_development, system_randomness, utc
from identity.wallet.dcql import Choice
from identity.wallet.investing import InvestorSession, NotAgreed, OracleClient
from identity.wallet.presenting import Asking, Presenter
from identity.wallet.store import WalletStore
from lockstep_cli.errors import UserError
from lockstep_cli.local.cast import ROSTER, evm_account, substrate_account
from lockstep_cli.local.state import SystemState
from lockstep_cli.naming import parse_bytes
from lockstep_cli.output import Json, people_console, print_json
from lockstep_cli.paths import up_folder, up_state

Folder = Annotated[
    Path | None,
    typer.Option("--wallet", envvar="LOCKSTEP_WALLET", help="Folder of the wallet; one beside the running system."),
]
Roots = Annotated[
    Path | None,
    typer.Option("--roots", envvar="LOCKSTEP_ROOTS", help="Certificate authorities (PEM) to trust beside the usual."),
]
Oracle = Annotated[
    str | None,
    typer.Option("--oracle", envvar="LOCKSTEP_ORACLE_URL", help="The oracle's address; that of the running system."),
]
AssetId = Annotated[str | None, typer.Option("--asset", help="The asset's id, 0x-hex; that of the running system.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Show what is asked for without asking again.")]
ChainId = Annotated[str, typer.Option("--chain", help="CAIP-2 id of the chain: eip155:31337, polkadot:...")]


def add_to(app: typer.Typer) -> None:
    """Adds these commands to `lockstep wallet`."""
    for command in (present, enrol, link, unlink, standing):
        app.command()(command)


def present(
    request: Annotated[str, typer.Option("--request", help="The request: openid4vp://?...")],
    yes: Yes = False,
    wallet: Folder = None,
    roots: Roots = None,
    as_json: Json = False,
) -> None:
    """Answer a verifier's request: only the claims it asks for, encrypted to it. Says what you agree to by it, if anything."""
    store = open_store(wallet)
    with https_client(roots) as http:
        presenter = Presenter(http, store.key(), utc, system_randomness)
        asking = presenter.read(request)
        choices = presenter.choose(asking, store.all())
        if not yes and not _agreed(asking, choices):
            raise NotAgreed
        target = presenter.answer(asking, choices)
    if as_json:
        shown = [{"query": one.query, "id": one.held.id, "claims": _paths(one)} for one in choices]
        agreed = [one.control.text() for one in asking.agreements]
        print_json({"verifier": asking.verifier, "shown": shown, "agreed": agreed, "redirect_uri": target})
    else:
        typer.echo(target or "shown")


def enrol(
    asset: AssetId = None,
    oracle: Oracle = None,
    yes: Yes = False,
    wallet: Folder = None,
    roots: Roots = None,
    as_json: Json = False,
) -> None:
    """Enrol for an asset: present what its policy asks for, and keep the session that follows."""
    store, address = open_store(wallet), _oracle(oracle)
    wanted = _asset(asset)
    with https_client(roots) as http:
        presenter = Presenter(http, store.key(), utc, system_randomness)
        client = OracleClient(http, address)
        session = client.enrol(wanted, presenter, store.all(), None if yes else _agreed)
        store.keep_session(address, session.token)
        _tell(client.me(session), as_json=as_json)


def link(
    chain: ChainId,
    account: Annotated[str, typer.Option("--account", help="A name of the cast (development), or a key's file.")],
    asset: AssetId = None,
    wallet: Folder = None,
    roots: Roots = None,
    as_json: Json = False,
) -> None:
    """Prove control of an account, agree to it with the wallet's key, and link it; the oracle's next batch binds it.

    Nothing else than what this command names is signed, so it doesn't ask again.
    """
    store, wanted = open_store(wallet), _asset(asset)
    key = _account(chain, account)
    with https_client(roots) as http:
        client, session = _client(store, http)
        presenter = Presenter(http, store.key(), utc, system_randomness)
        linked = client.link(session, wanted, chain, key, presenter, store.all())
    if as_json:
        print_json({"id": linked.id, "chain": linked.chain, "account": linked.account, "state": linked.state})
    else:
        typer.echo(f"{linked.account} on {linked.chain}: {linked.state}")


def unlink(
    account: Annotated[str, typer.Argument(help="The linked account's id, as `standing` shows it.")],
    wallet: Folder = None,
    roots: Roots = None,
) -> None:
    """Take an account back. Another one can be linked when the cooling time is over."""
    with https_client(roots) as http:
        client, session = _client(open_store(wallet), http)
        client.unlink(session, account)
    typer.echo("unbinding")


def standing(wallet: Folder = None, roots: Roots = None, as_json: Json = False) -> None:
    """Where one stands in each asset, and the accounts linked."""
    with https_client(roots) as http:
        client, session = _client(open_store(wallet), http)
        _tell(client.me(session), as_json=as_json)


def open_store(folder: Path | None) -> WalletStore:
    """The wallet in a folder; the one beside the running system when none is given."""
    if up_state().is_file():
        # The local system is development by definition; a process that was told otherwise is refused, not overruled.
        os.environ.setdefault("LOCKSTEP_ENV", "dev")
    return WalletStore(folder or up_folder() / "wallet")


def https_client(roots: Path | None) -> httpx.Client:
    """A client that trusts the usual authorities and those given; in development that of the running system."""
    context = ssl.create_default_context()
    running = up_folder() / "ca" / "ca.pem"
    trusted = roots or (running if running.is_file() else None)
    if trusted is not None:
        try:
            context.load_verify_locations(trusted)
        except OSError:
            raise UserError(
                f"{trusted} can't be read as certificate authorities.", "--roots takes a PEM file."
            ) from None
    return httpx.Client(verify=context, timeout=10)


def _client(store: WalletStore, http: httpx.Client) -> tuple[OracleClient, InvestorSession]:
    oracle, token = store.session()
    return OracleClient(http, oracle), InvestorSession(token, store.key().public.thumbprint)


def _oracle(address: str | None) -> str:
    found = address or SystemState.read(up_state()).oracle
    if found is None:
        raise UserError("the running system has no oracle: name one with --oracle")
    return found


def _asset(text: str | None) -> bytes:
    return parse_bytes(text or SystemState.read(up_state()).asset, 32, "asset id")


def _account(chain: str, name: str) -> Account:
    is_evm = namespace_of(chain) == EVM
    if is_development() and name in ROSTER:
        return evm_account(ROSTER[name]) if is_evm else substrate_account(name)
    path = Path(name)
    if is_evm:
        return Account.evm(load_evm_key(path))
    return Account.substrate(load_substrate_key(path, development=is_development()))


def _agreed(asking: Asking, choices: Sequence[Choice]) -> bool:
    table = Table("credential", "issuer", "claims")
    for one in choices:
        table.add_row(one.held.configuration, one.held.issuer, ", ".join(_paths(one)))
    console = people_console()
    console.print(f"{asking.verifier} asks for:")
    console.print(table)
    for agreement in asking.agreements:
        console.print("and by showing it you sign, with the key of your credentials:")
        console.print(agreement.control.text(), markup=False)
    return typer.confirm("Show this?" if not asking.agreements else "Show this and sign?")


def _paths(choice: Choice) -> list[str]:
    return ["/".join("*" if step is None else str(step) for step in path) for path in choice.claims]


def _tell(document: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    enrolments = document.get("enrolments")
    # Lines, no table: an id that a narrow terminal cuts off can't be given to another command.
    for one in enrolments if isinstance(enrolments, list) else []:
        typer.echo(f"Asset {one['asset']}, as investor {one['investor']}: {_standing_text(one['standing'])}")
        for linked in one["accounts"]:
            typer.echo(f"  {linked['account']} on {linked['chain']}: {linked['state']} (id {linked['id']})")
    if not enrolments and not document.get("under_review"):
        typer.echo("Enrolled for nothing yet.")
    if document.get("under_review"):
        typer.echo("Your enrolment is being looked at by the oracle's staff.")


def _standing_text(standing: Mapping[str, Any]) -> str:
    """One line for the verdict, one for each reason with what would cure it."""
    if standing["eligible"]:
        return "eligible"
    told = [one["text"] + (f" ({one['cure']})" if one["cure"] else "") for one in standing["reasons"]]
    return "\n  ".join(["not eligible", *told])
