"""The book of rules: a pure model of one chain of Lockstep.

Overview: a `Ledger` is everything that one chain knows, as plain values. Each operation is a function that takes a
ledger, the chain's time (`now`, UTC seconds), the caller and its arguments, and gives a `Done` (the ledger afterwards
and the events), or raises `Refused` with EVERY rule that fails and the values that made it fail; the chains raise the
lowest of them. Nothing here reads a clock, a chain or a key, and nothing changes in place.

Where to look: `state` what a chain knows; `rules` rules that several operations share; `transfers` moving on one chain;
`issuing` issue and redemption; `departures` and `arrivals` the two sides of a crossing; `oracle` batches and permits;
`control` and `control_lots` what a controller may do; `governance` what admin and guardian do; `forwarding` how tokens
follow a recovered account or a replaced investor; `signers` who signs, and how signer sets follow each other.

Not here: the bytes of signatures (`bridge.quorum`), allowances of the EVM token and a token's replacement (that chain's own
matters), fees, and what waits in a mempool.
The differential test holds this model against the pallets and the contracts, operation by operation.
"""

from bridge.ledger.arrivals import deliver, explain_deliver, reject
from bridge.ledger.control import (
    force_transfer,
    freeze_account,
    freeze_amount,
    freeze_investor,
    recover,
    replace_investor,
)
from bridge.ledger.control_lots import cancel_release, move_lots, propose_release, release_id, release_lots
from bridge.ledger.departures import initiate, settle
from bridge.ledger.governance import (
    open_asset,
    open_lane,
    pairs_are_formed,
    pause,
    pause_asset,
    pause_lane,
    register_asset,
    remove_document,
    resume,
    resume_asset,
    resume_lane,
    set_document,
    set_rate,
    set_terms,
    set_velocity,
)
from bridge.ledger.issuing import issue, redeem
from bridge.ledger.oracle import bind, submit_batch
from bridge.ledger.signers import (
    Signatures,
    activate_signers,
    cancel_signers,
    propose_signers,
    propose_signers_signed,
    retire_signers,
    strike_signer,
)
from bridge.ledger.state import (
    Account,
    Asset,
    ClassCount,
    Crossing,
    Document,
    Done,
    Event,
    Holder,
    Lane,
    Ledger,
    Proposed,
    RoleSigners,
)
from bridge.ledger.transfers import merge_lots, transfer

__all__ = [
    "Account",
    "Asset",
    "ClassCount",
    "Crossing",
    "Document",
    "Done",
    "Event",
    "Holder",
    "Lane",
    "Ledger",
    "Proposed",
    "RoleSigners",
    "Signatures",
    "activate_signers",
    "bind",
    "cancel_release",
    "cancel_signers",
    "deliver",
    "explain_deliver",
    "force_transfer",
    "freeze_account",
    "freeze_amount",
    "freeze_investor",
    "initiate",
    "issue",
    "merge_lots",
    "move_lots",
    "open_asset",
    "open_lane",
    "pairs_are_formed",
    "pause",
    "pause_asset",
    "pause_lane",
    "propose_release",
    "propose_signers",
    "propose_signers_signed",
    "recover",
    "redeem",
    "register_asset",
    "reject",
    "release_id",
    "release_lots",
    "remove_document",
    "replace_investor",
    "resume",
    "resume_asset",
    "resume_lane",
    "retire_signers",
    "set_document",
    "set_rate",
    "set_terms",
    "set_velocity",
    "settle",
    "strike_signer",
    "submit_batch",
    "transfer",
]
