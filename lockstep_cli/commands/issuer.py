"""`lockstep issuer`: what the staff of an issuer does from a terminal."""

from __future__ import annotations

import ssl
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
from lockstep_cli.errors import UserError
from lockstep_cli.local.key_stores import create_key_store
from lockstep_cli.output import Json, print_json

app = typer.Typer(no_args_is_help=True, help="Staff of an issuer: statuses, people, keys.")

Url = Annotated[str, typer.Option(envvar="LOCKSTEP_ISSUER_URL", help="Address of the issuer.")]
Token = Annotated[str, typer.Option(envvar="LOCKSTEP_STAFF_TOKEN", help="Your staff token.", show_default=False)]
Roots = Annotated[
    Path | None,
    typer.Option("--roots", envvar="LOCKSTEP_ROOTS", help="Certificate authorities (PEM) to trust beside the usual."),
]
Credential = Annotated[str, typer.Argument(help="The credential's id, as `credentials` lists it.")]
Settings = Annotated[Path, typer.Option("--settings", help="The issuer's settings file.")]


@app.command()
def suspend(credential: Credential, url: Url, token: Token, roots: Roots = None, as_json: Json = False) -> None:
    """Suspend a credential: nobody can receive on it until it is reinstated."""
    _change("suspend", credential, url, token, roots, as_json=as_json)


@app.command()
def reinstate(credential: Credential, url: Url, token: Token, roots: Roots = None, as_json: Json = False) -> None:
    """Reinstate a suspended credential."""
    _change("reinstate", credential, url, token, roots, as_json=as_json)


@app.command()
def revoke(credential: Credential, url: Url, token: Token, roots: Roots = None, as_json: Json = False) -> None:
    """Revoke a credential for ever."""
    _change("revoke", credential, url, token, roots, as_json=as_json)


@app.command()
def credentials(
    subject: Annotated[str, typer.Argument(help="The subject's id.")], url: Url, token: Token, roots: Roots = None
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


def _change(word: str, credential: str, url: str, token: str, roots: Path | None, *, as_json: bool) -> None:
    answer = _ask("POST", f"/credentials/{credential}/{word}", url, token, roots)
    if as_json:
        print_json({"id": credential, **answer})
    else:
        typer.echo(f"{credential} is {answer['status'].lower()}")


def _ask(method: str, path: str, url: str, token: str, roots: Path | None) -> dict[str, Any]:
    context = ssl.create_default_context()
    if roots is not None:
        context.load_verify_locations(roots)
    try:
        with httpx.Client(verify=context, timeout=10) as http:
            answer = http.request(
                method, f"{url.rstrip('/')}/staff/v1{path}", headers={"Authorization": f"Bearer {token}"}
            )
            body: dict[str, Any] = answer.json()
    except httpx.HTTPError as error:
        raise IssuerUnreachable(type(error).__name__) from None
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
