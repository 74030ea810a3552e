"""The acts about people: who was admitted on which grounds, a credential suspended in flight, another revoked, and the way out."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from bridge.eligibility import EligibilityWord
from bridge.refusals import Refusal
from bridge.types import Reason
from chains.base import Chain
from chains.views import Views
from lockstep_cli.demo.enforcement import watch_refusal
from lockstep_cli.local.cast import Person
from lockstep_cli.local.system import LocalSystem
from lockstep_cli.reading import Document, hexed

ENFORCEMENT_TIMEOUT: Final = 30.0


def identity_document(system: LocalSystem) -> Document:
    """Who was admitted: credentials as the wallets hold them, accounts and eligibility as the chains do. No names."""
    return {
        "issuer": system.identity.issuer.did,
        "oracle": system.identity.compliance.did,
        "policy": {
            "hash": hexed(system.identity.policy.digest),
            "version": system.identity.policy.version,
        },
        "credentials": [
            {
                "who": one.name,
                "configuration": held.configuration,
                "type": held.type,
                "issuer": held.issuer,
                "id": held.id,
                "received_at": held.received_at,
            }
            for one in system.identity.identified.values()
            for held in one.held
        ],
        "accounts": [
            _account_document(chain, system.asset, person)
            for person in system.people.values()
            for chain in system.chains.values()
        ],
        "eligibility": {name: eligibility_document(system, chain) for name, chain in system.chains.items()},
    }


def eligibility_document(system: LocalSystem, chain: Chain) -> Document:
    """{who: what the chain's newest block says of them}."""
    views = chain.views(chain.head())
    words = {
        name: EligibilityWord.unpack(views.eligibility_of(system.asset, person.investor))
        for name, person in system.people.items()
    }
    return {
        name: {
            "valid_until": word.valid_until,
            "class": word.class_,
            "permissions": int(word.permissions),
            "limit": word.limit,
            "batch": word.sequence,
        }
        for name, word in words.items()
    }


def change_status(system: LocalSystem, word: str, who: str, type_: str, sender: str) -> Document:
    """The issuer changes a credential's status; when each chain refused that `sender` sends the person anything."""
    person, other = system.people[who], system.people[sender]
    # Everything that takes time is done before: from here on each millisecond counts.
    one = system.identity.identified[who]
    credential = system.identity.issuer.credential(one, type_)
    before = {name: chain.head() for name, chain in system.chains.items()}
    committed_at, started = time.time(), time.monotonic()
    with ThreadPoolExecutor(len(before)) as pool:
        watched = {
            name: pool.submit(
                watch_refusal,
                chain,
                partial(_explain_receiving, asset=system.asset, sender=other, receiver=person, chain=name),
                Refusal.ReceiverNotEligible,
                before[name],
                started,
                ENFORCEMENT_TIMEOUT,
            )
            for name, chain in system.chains.items()
        }
        system.identity.issuer.desk.change(word, credential)
        enforced = {name: future.result() for name, future in watched.items()}
    codes = {min(one.codes) for one in enforced.values()}
    return {
        "who": who,
        "credential": type_,
        "committed_at": round(committed_at, 3),
        **{name: one.document() for name, one in enforced.items()},
        "code": codes.pop() if len(codes) == 1 else None,
    }


def _explain_receiving(
    views: Views, *, asset: bytes, sender: Person, receiver: Person, chain: str
) -> tuple[Reason, ...]:
    return views.explain_transfer(asset, sender.account(chain).id, receiver.account(chain).id, 1)


def _account_document(chain: Chain, asset: bytes, person: Person) -> Document:
    account = person.account(chain.name)
    view = chain.views(chain.head()).account_of(asset, account.id)
    return {
        "who": person.name,
        "chain": chain.name,
        "account": account.text,
        "investor": hexed(view.investor),
        "bound": view.investor == person.investor,
    }
