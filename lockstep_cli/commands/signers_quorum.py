"""`lockstep signers draft`, `sign`, `submit`: a role's signers name their successors themselves, each with their own key."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from eth_account import Account as EthAccount
from eth_account.signers.local import LocalAccount

from bridge.errors import InvalidInput
from bridge.quorum import arrange_signatures, check_quorum
from bridge.signing import LocalSigner
from bridge.types import Role, SignerSet
from chains.accounts import load_evm_key
from chains.control import ManagedChain
from chains.devnet.keys import ACCOUNTS, require_development, signer_addresses
from lockstep_cli.acting import tell
from lockstep_cli.errors import UserError
from lockstep_cli.local.cast import staff
from lockstep_cli.naming import BOTH, AnyChain, chains_of, parse_bytes, parse_role
from lockstep_cli.output import Json, people_console, print_json
from lockstep_cli.quorum_file import (
    ChainDraft,
    QuorumFile,
    changing_quorum_file,
    create_quorum_file,
    draft,
    merged,
)
from lockstep_cli.reading import Document, hexed, tx_document
from lockstep_cli.session import Session, open_session

SIGNATURE_BYTES = 65

DraftFile = Annotated[Path, typer.Argument(help="The file of the draft (JSON).", dir_okay=False)]


class KeyVariableRefused(InvalidInput):
    """An environment variable is missing or holds no key. The message never holds the key."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self.cure = "Set it to 32 bytes as hex, or give --key-file."
        super().__init__(f"the environment variable {name} {why}")


def add_to(app: typer.Typer) -> None:
    """Puts the commands into `lockstep signers`."""
    for name, command in (("draft", signers_draft), ("sign", signers_sign), ("submit", signers_submit)):
        app.command(name)(command)


def signers_draft(
    role: Annotated[str, typer.Argument(help="attestor or oracle.")],
    file: DraftFile,
    signer: Annotated[list[str], typer.Option("--signer", help="An address of the next set; give all of them.")],
    threshold: Annotated[int, typer.Option("--threshold", help="How many of them must sign.", min=1, max=25)],
    chain: AnyChain = BOTH,
    json: Json = False,
) -> None:
    """Draw up the next signer set for its present signers: the typed data of each chain, in a file for `signers sign`."""
    kind = parse_role(role)
    addresses = tuple(sorted(parse_bytes(text, 20, "address of a signer") for text in signer))
    with open_session() as session:
        drafts = {name: _draft(session.chain(name), kind, threshold, addresses) for name in chains_of(chain)}
    content = QuorumFile(role="attestor" if kind == Role.ATTESTOR else "oracle", chains=drafts)
    create_quorum_file(file, content)
    _tell_file(
        file, content, json, f"Drawn up in {file}; the present signers sign it with: lockstep signers sign {file}"
    )


def signers_sign(
    file: DraftFile,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", help="The file of the signer's key: 32 bytes as hex, readable by its owner only."),
    ] = None,
    key_env: Annotated[
        str | None, typer.Option("--key-env", help="The environment variable that holds the key instead.")
    ] = None,
    signature: Annotated[
        list[str] | None,
        typer.Option("--signature", help="A signature made elsewhere, by a wallet (0x and 130 digits)."),
    ] = None,
    json: Json = False,
) -> None:
    """Add one signer's signature to a draft, for every chain in it. Needs no connection; the key is never shown."""
    if sum(source is not None for source in (key_file, key_env, signature)) != 1:
        raise UserError(
            "One key signs.", "Give --key-file FILE or --key-env NAME; or --signature for one made elsewhere."
        )
    given = [parse_bytes(text, SIGNATURE_BYTES, "signature") for text in signature or ()]
    key = None if given else _key(key_file, key_env)
    with changing_quorum_file(file) as content:
        who = _add_given(content, given) if key is None else _add_own(content, key)
    _tell_file(file, content, json, f"Signed by {', '.join(sorted(who))}.")


def signers_submit(
    file: Annotated[
        list[Path], typer.Argument(help="The file, or copies of it that were signed apart.", dir_okay=False)
    ],
    json: Json = False,
) -> None:
    """Hand a signed draft in on every chain in it; the set can be activated after the chain's delay. Anyone may.

    Nothing is sent while a chain has too few signatures. A chain that has announced the same set is passed over.
    """
    content = merged(file)
    with open_session() as session:
        open_ = {name: one for name, one in content.chains.items() if not _is_announced(session, name, one)}
        ready = {name: _quorum(session.chain(name), one) for name, one in open_.items()}
        done = [_submit(session, name, open_[name], ready[name]) for name in ready]
    tell(done, json)
    if not done and not json:
        people_console().print("Every chain has announced this set already.")


def _draft(chain: ManagedChain, role: Role, threshold: int, addresses: tuple[bytes, ...]) -> ChainDraft:
    current = chain.views().signer_set(role).current
    return draft(SignerSet(role, current.id + 1, threshold, addresses), chain.domain, current)


def _key(path: Path | None, name: str | None) -> LocalSigner:
    """The signer's key. KeyFileRefused, KeyVariableRefused; DevelopmentKeysRefused outside development."""
    account = load_evm_key(path) if path is not None else _key_from_env(name or "")
    if os.environ.get("LOCKSTEP_ENV") != "dev" and account.address.lower() in signer_addresses(tuple(range(ACCOUNTS))):
        require_development()
    return LocalSigner(account)


def _key_from_env(name: str) -> LocalAccount:
    secret = os.environ.get(name)
    if secret is None:
        raise KeyVariableRefused(name, "is not set")
    try:
        return EthAccount.from_key(bytes.fromhex(secret.strip().removeprefix("0x")))  # type: ignore[no-any-return]
    except (ValueError, TypeError):
        # No cause chained: the library's message may quote the key.
        raise KeyVariableRefused(name, "holds no 32-byte hex key") from None


def _add_own(content: QuorumFile, key: LocalSigner) -> set[str]:
    signed = [one.add(key.sign(one.digest)) for one in content.chains.values()]
    if not any(signed):
        raise UserError(
            f"{hexed(key.address)} is none of the present signers.",
            f"The role is {content.role}; `lockstep signers show` says who signs for it.",
        )
    return {hexed(key.address)}


def _add_given(content: QuorumFile, signatures: Sequence[bytes]) -> set[str]:
    who: set[str] = set()
    for place, signature in enumerate(signatures, start=1):
        found = {hexed(signer) for one in content.chains.values() if (signer := one.add(signature)) is not None}
        if not found:
            raise UserError(
                f"Signature {place} is nobody's of the present signers.", "It must be of this draft's typed data."
            )
        who |= found
    return who


def _is_announced(session: Session, name: str, one: ChainDraft) -> bool:
    chain = session.chain(name)
    if chain.domain != one.domain:
        raise UserError(f"The draft for {name} is for another chain than this one.", "Draw it up on this system.")
    views, proposed = chain.views(), one.proposed
    pending, current = views.pending_signers(proposed.role), views.signer_set(proposed.role).current
    if pending is not None and pending.proposed == proposed:
        return True
    if current.id != one.signed_by.id:
        raise UserError(
            f"{name} is at set {current.id}; the draft follows set {one.signed_by.id}.", "Draw up a new one."
        )
    return False


def _quorum(chain: ManagedChain, one: ChainDraft) -> tuple[bytes, ...]:
    """Enough good signatures, in the chain's order. Refused (QuorumNotMet)."""
    # By the set that the chain names, not the file: only those signatures count.
    current = chain.views().signer_set(one.proposed.role).current
    given = [bytes.fromhex(signature[2:]) for signature in one.signatures.values()]
    signatures = arrange_signatures(current, one.digest, given)
    check_quorum(current, one.digest, signatures)
    return signatures


def _submit(session: Session, name: str, one: ChainDraft, signatures: Sequence[bytes]) -> Document:
    chain, relayer = session.chain(name), staff(name).relayer
    done = chain.propose_signers_signed(one.proposed, one.signed_by.id, signatures, relayer)
    pending = chain.views().pending_signers(one.proposed.role)
    return {
        **tx_document(done.tx),
        "events": [type(event).__name__ for event in done.happened],
        "eta": pending.eta if pending is not None else None,
    }


def _tell_file(file: Path, content: QuorumFile, json: bool, sentence: str) -> None:
    document: Document = {
        "file": str(file),
        "role": content.role,
        "chains": {
            name: {
                "domain": hexed(one.domain),
                "set": one.proposed.id,
                "threshold": one.proposed.threshold,
                "signers": [hexed(signer) for signer in one.proposed.signers],
                "digest": hexed(one.digest),
                "signed_by": sorted(one.signatures),
                "needs": one.signed_by.threshold,
            }
            for name, one in content.chains.items()
        },
    }
    if json:
        print_json(document)
        return
    console = people_console()
    for name, row in document["chains"].items():
        told = f"  {name}: {content.role} set {row['set']}, {row['threshold']} of {len(row['signers'])}"
        console.print(f"{told}; {len(row['signed_by'])} of {row['needs']} signatures", soft_wrap=True)
        console.print(f"    for the chain of domain {row['domain']}", soft_wrap=True)
        for signer in row["signers"]:
            console.print(f"    {signer}")
    console.print(sentence, soft_wrap=True)
