//! The protocol's objects between SCALE ([`crate::messages`]) and Solidity ([`crate::abi`]).

use alloc::vec::Vec;

use crate::{
	abi::{self, bytes32, h256},
	messages::{
		Approval, AssetTerms, BindingItem, BindingPermit, EligibilityItem, InitiateRequest, Lot, OracleBatch,
		PairRule, QuotaItem, Rejection, TransferOrder, TransferReceipt,
	},
	quorum::SignerProposal,
};

fn each<'a, A: From<&'a B>, B>(items: &'a [B]) -> Vec<A> {
	items.iter().map(A::from).collect()
}

impl From<&Lot> for abi::Lot {
	fn from(lot: &Lot) -> Self {
		Self { amount: lot.amount, acquiredAt: lot.acquired_at, unlocksAt: lot.unlocks_at }
	}
}

impl From<&abi::Lot> for Lot {
	fn from(lot: &abi::Lot) -> Self {
		Self { amount: lot.amount, acquired_at: lot.acquiredAt, unlocks_at: lot.unlocksAt }
	}
}

impl From<&TransferOrder> for abi::TransferOrder {
	fn from(order: &TransferOrder) -> Self {
		Self {
			source: bytes32(order.source),
			destination: bytes32(order.destination),
			nonce: order.nonce,
			asset: bytes32(order.asset),
			terms: order.terms,
			fromInvestor: bytes32(order.from_investor),
			toInvestor: bytes32(order.to_investor),
			sender: bytes32(order.sender),
			recipient: bytes32(order.recipient),
			lots: each(&order.lots),
			seat: order.seat,
			initiatedAt: order.initiated_at,
			deadline: order.deadline,
		}
	}
}

impl From<&abi::TransferOrder> for TransferOrder {
	fn from(order: &abi::TransferOrder) -> Self {
		Self {
			source: h256(order.source),
			destination: h256(order.destination),
			nonce: order.nonce,
			asset: h256(order.asset),
			terms: order.terms,
			from_investor: h256(order.fromInvestor),
			to_investor: h256(order.toInvestor),
			sender: h256(order.sender),
			recipient: h256(order.recipient),
			lots: each(&order.lots),
			seat: order.seat,
			initiated_at: order.initiatedAt,
			deadline: order.deadline,
		}
	}
}

impl From<&abi::InitiateRequest> for InitiateRequest {
	fn from(request: &abi::InitiateRequest) -> Self {
		Self {
			asset: h256(request.asset),
			destination: h256(request.destination),
			to_investor: h256(request.toInvestor),
			recipient: h256(request.recipient),
			lots: each(&request.lots),
			deadline: request.deadline,
		}
	}
}

impl From<&Approval> for abi::Approval {
	fn from(approval: &Approval) -> Self {
		Self { orders: approval.orders.iter().copied().map(bytes32).collect(), expiresAt: approval.expires_at }
	}
}

impl From<&Rejection> for abi::Rejection {
	fn from(rejection: &Rejection) -> Self {
		Self { order: bytes32(rejection.order), reason: rejection.reason }
	}
}

impl From<&TransferReceipt> for abi::TransferReceipt {
	fn from(receipt: &TransferReceipt) -> Self {
		Self {
			order: bytes32(receipt.order),
			outcome: receipt.outcome,
			reason: receipt.reason,
			decidedAt: receipt.decided_at,
		}
	}
}

impl From<&EligibilityItem> for abi::EligibilityItem {
	fn from(item: &EligibilityItem) -> Self {
		Self {
			asset: bytes32(item.asset),
			investor: bytes32(item.investor),
			validUntil: item.valid_until,
			class: item.class,
			permissions: item.permissions,
			limitDelta: item.limit_delta,
		}
	}
}

impl From<&BindingItem> for abi::BindingItem {
	fn from(item: &BindingItem) -> Self {
		Self { asset: bytes32(item.asset), account: bytes32(item.account), investor: bytes32(item.investor) }
	}
}

impl From<&QuotaItem> for abi::QuotaItem {
	fn from(item: &QuotaItem) -> Self {
		Self { asset: bytes32(item.asset), class: item.class, delta: item.delta }
	}
}

impl From<&OracleBatch> for abi::OracleBatch {
	fn from(batch: &OracleBatch) -> Self {
		Self {
			number: batch.number,
			issuedAt: batch.issued_at,
			eligibilities: each(&batch.eligibilities),
			bindings: each(&batch.bindings),
			quotas: each(&batch.quotas),
		}
	}
}

impl From<&BindingPermit> for abi::BindingPermit {
	fn from(permit: &BindingPermit) -> Self {
		Self {
			asset: bytes32(permit.asset),
			account: bytes32(permit.account),
			investor: bytes32(permit.investor),
			expiresAt: permit.expires_at,
		}
	}
}

impl From<&AssetTerms> for abi::AssetTerms {
	fn from(terms: &AssetTerms) -> Self {
		Self {
			terms: terms.terms,
			decimals: terms.decimals,
			defaultRule: terms.default_rule,
			holdingPeriod: terms.holding_period,
			maxOracleAge: terms.max_oracle_age,
			minLot: terms.min_lot,
			authorisedIssue: terms.authorised_issue,
			document: bytes32(terms.document),
		}
	}
}

impl From<&SignerProposal> for abi::SignerSet {
	fn from(set: &SignerProposal) -> Self {
		Self {
			role: set.role,
			id: set.id,
			threshold: set.threshold,
			signers: set.signers.iter().map(|signer| signer.0.into()).collect(),
		}
	}
}

impl From<&PairRule> for abi::PairRule {
	fn from(pair: &PairRule) -> Self {
		Self { fromClass: pair.from_class, toClass: pair.to_class, rule: pair.rule }
	}
}
