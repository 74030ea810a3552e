"""`lockstep issuer`: what the staff of an issuer does from a terminal."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from bridge.errors import LockstepError
from identity.issuer.process import open_issuer
from identity.issuer.settings import IssuerSettings
from identity.issuer.staff import Role
from identity.keystore.file import FileKeyStore
from identity.ports import system_randomness, utc
from identity.settings import load, read_secret
from identity.wallet.silence import why_silent
from lockstep_cli.commands.wallet_oracle import https_client
from lockstep_cli.errors import UserError
from lockstep_cli.local.desk import Desk
from lockstep_cli.local.key_stores import create_key_store
from lockstep_cli.local.state import SystemState
from lockstep_cli.local.subjects import KYC, QUALIFICATION, Facts, draw_subject, kyc_claims, qualification_claims
from lockstep_cli.output import Json, print_json
from lockstep_cli.paths import up_folder, up_state

app = typer.Typer(no_args_is_help=True, help="Staff of an issuer: statuses, people, keys.")

THIRD_PARTY, PASSPORT_DAYS = "506c_third_party_letter", 1_000

Url = Annotated[
    str | None, typer.Option(envvar="LOCKSTEP_ISSUER_URL", help="Address of the issuer; that of the running system.")
]
Token = Annotated[
    str | None,
    typer.Option(envvar="LOCKSTEP_STAFF_TOKEN", help="Your staff token; that of the running system's officer."),
]
Roots = Annotated[
    Path | None,
    typer.Option("--roots", envvar="LOCKSTEP_ROOTS", help="Certificate authorities (PEM) to trust beside the usual."),
]
Credential = Annotated[str, typer.Argument(help="The credential's id, as `credentials` lists it.")]
Settings = Annotated[Path, typer.Option("--settings", help="The issuer's settings file.")]


@app.command()
def suspend(
    credential: Credential, url: Url = None, token: Token = None, roots: Roots = None, as_json: Json = False
) -> None:
    """Suspend a credential: nobody can receive on it until it is reinstated."""
    _change("suspend", credential, url, token, roots, as_json=as_json)


@app.command()
def reinstate(
    credential: Credential, url: Url = None, token: Token = None, roots: Roots = None, as_json: Json = False
) -> None:
    """Reinstate a suspended credential."""
    _change("reinstate", credential, url, token, roots, as_json=as_json)


@app.command()
def revoke(
    credential: Credential, url: Url = None, token: Token = None, roots: Roots = None, as_json: Json = False
) -> None:
    """Revoke a credential for ever."""
    _change("revoke", credential, url, token, roots, as_json=as_json)


@app.command()
def credentials(
    subject: Annotated[str, typer.Argument(help="The subject's id.")],
    url: Url = None,
    token: Token = None,
    roots: Roots = None,
) -> None:
    """List a subject's credentials with their statuses, as JSON."""
    print_json(_ask("GET", f"/subjects/{subject}/credentials", url, token, roots))


@app.command("add-staff")
def add_staff(
    name: Annotated[str, typer.Argument(help="Who; shown in the audit chain.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    settings: Settings,
) -> None:
    """Add somebody to the staff. The token is shown once and kept nowhere."""
    with ExitStack() as stack:
        issuer = open_issuer(load(IssuerSettings, settings), stack)
        typer.echo(issuer.writer.run_blocking(lambda tx: issuer.staff.add(tx, "operator", name, role)))


@app.command("create-keys")
def create_keys(settings: Settings) -> None:
    """Make the key store that the settings name, sealed with the passphrase in their file. An existing one is kept."""
    typer.echo(create_key_store(load(IssuerSettings, settings)))


@app.command("rotate-key")
def rotate_key(settings: Settings) -> None:
    """Make a new signing key. The one before stays published, so that what it signed still verifies. Restart to use it."""
    loaded = load(IssuerSettings, settings)
    keys = FileKeyStore.open(loaded.keystore, read_secret(loaded.passphrase_file))
    typer.echo(keys.rotate(utc, system_randomness).key_id)


@app.command()
def invite(
    country: Annotated[str, typer.Option(help="Whose passport it is: two letters.")] = "US",
    verification: Annotated[
        str, typer.Option(help="How the accreditation was established, as the credential type names it.")
    ] = THIRD_PARTY,
    subject: Annotated[
        str | None, typer.Option(help="Somebody whom the issuer knows already, as after a lost wallet.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Development: have the running system's issuer check somebody who doesn't exist, and offer them credentials.

    The offer goes into a wallet with `lockstep wallet receive`; the transaction code would reach its person on another way.
    """
    address = running_issuer()
    with https_client(None) as http:
        tokens = {role: staff_token(role) for role in Role}
        facts, today = Facts(country, PASSPORT_DAYS, verification), dt.datetime.fromtimestamp(utc(), dt.UTC).date()
        person = draw_subject(facts, today, system_randomness)
        claims = {KYC: kyc_claims(person, today), QUALIFICATION: qualification_claims(facts, today)}
        made = Desk(http, address, tokens, system_randomness).offer(claims, subject)
    if as_json:
        print_json({"subject": made.subject_id, "offer": made.offer, "tx_code": made.tx_code})
        return
    typer.echo(f"subject: {made.subject_id}\ntransaction code: {made.tx_code}\n")
    typer.echo(f"./lockstep wallet receive '{made.offer}' --tx-code {made.tx_code}")


def running_issuer() -> str:
    """The address of the issuer that `up` runs. NoLocalSystem, UserError."""
    found = SystemState.read(up_state()).issuer
    if found is None:
        raise UserError("The running system has no issuer.", "Name one with --url.")
    return found


def staff_token(role: Role) -> str:
    """The token of somebody of the running system's staff, which lies in a file of its owner only."""
    return (up_folder() / "issuer" / f"{role}.token").read_text("ascii")


def _change(
    word: str, credential: str, url: str | None, token: str | None, roots: Path | None, *, as_json: bool
) -> None:
    answer = _ask("POST", f"/credentials/{credential}/{word}", url, token, roots)
    if as_json:
        print_json({"id": credential, **answer})
    else:
        typer.echo(f"{credential} is {answer['status'].lower()}")


def _ask(method: str, path: str, url: str | None, token: str | None, roots: Path | None) -> dict[str, Any]:
    address = url or running_issuer()
    # The running system's token goes to the running system alone.
    secret = token or (staff_token(Role.OFFICER) if url is None else None)
    if secret is None:
        raise UserError("Who asks is not said.", "Give your token with --token, or in LOCKSTEP_STAFF_TOKEN.")
    try:
        with https_client(roots) as http:
            answer = http.request(
                method, f"{address.rstrip('/')}/staff/v1{path}", headers={"Authorization": f"Bearer {secret}"}
            )
            body: dict[str, Any] = answer.json()
    except httpx.HTTPError as error:
        raise IssuerUnreachable(why_silent(error)) from None
    except ValueError:
        raise IssuerUnreachable("its answer is no JSON") from None
    if not answer.is_success:
        raise UserError(f"The issuer refused: {body.get('detail', body.get('error'))}.")
    return body


class IssuerUnreachable(LockstepError):
    """The issuer does not answer, or not as an issuer."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"the issuer does not answer: {why}")
