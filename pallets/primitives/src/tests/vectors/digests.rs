//! Signed objects: ABI bytes and EIP-712 digests.

use alloy_sol_types::{SolStruct, SolValue};

use super::{address, cases, hash, number, Case};
use crate::{
	abi,
	digests::{
		digest_approval, digest_batch, digest_order, digest_permit, digest_receipt, digest_rejection, digest_signer_set,
	},
	Approval, BindingItem, BindingPermit, EligibilityItem, OracleBatch, QuotaItem, Rejection, SignerProposal,
	TransferOrder, TransferReceipt,
};

fn order(case: &Case) -> TransferOrder {
	TransferOrder {
		source: case.hash("source"),
		destination: case.hash("destination"),
		nonce: case.number("nonce"),
		asset: case.hash("asset"),
		terms: case.number("terms"),
		from_investor: case.hash("fromInvestor"),
		to_investor: case.hash("toInvestor"),
		sender: case.hash("sender"),
		recipient: case.hash("recipient"),
		lots: case.lots("lot"),
		seat: case.number("seat"),
		initiated_at: case.number("initiatedAt"),
		deadline: case.number("deadline"),
	}
}

fn batch(case: &Case) -> OracleBatch {
	let eligibilities = (0..case.list("eligibilityAssets", hash).len()).map(|i| EligibilityItem {
		asset: case.list("eligibilityAssets", hash)[i],
		investor: case.list("eligibilityInvestors", hash)[i],
		valid_until: case.list("eligibilityValidUntil", number)[i],
		class: case.list("eligibilityClasses", number)[i],
		permissions: case.list("eligibilityPermissions", number)[i],
		limit_delta: case.list("eligibilityLimitDeltas", number)[i],
	});
	let bindings = (0..case.list("bindingAssets", hash).len()).map(|i| BindingItem {
		asset: case.list("bindingAssets", hash)[i],
		account: case.list("bindingAccounts", hash)[i],
		investor: case.list("bindingInvestors", hash)[i],
	});
	let quotas = (0..case.list("quotaAssets", hash).len()).map(|i| QuotaItem {
		asset: case.list("quotaAssets", hash)[i],
		class: case.list("quotaClasses", number)[i],
		delta: case.list("quotaDeltas", number)[i],
	});
	OracleBatch {
		number: case.number("number"),
		issued_at: case.number("issuedAt"),
		eligibilities: eligibilities.collect(),
		bindings: bindings.collect(),
		quotas: quotas.collect(),
	}
}

/// ABI bytes equal the vector's, and decode strictly to the same object again.
fn assert_abi<S>(object: S, case: &Case)
where
	S: SolValue + From<<S::SolType as alloy_sol_types::SolType>::RustType>,
{
	let bytes = case.bytes("abi");
	assert_eq!(object.abi_encode(), bytes, "{}", case.name());
	let again = S::abi_decode_validate(&bytes).expect("own bytes decode");
	assert_eq!(again.abi_encode(), bytes, "{}", case.name());
}

#[test]
fn type_texts_hash_as_eip712_wants() {
	let known = |name: &str| match name {
		"Lot" => abi::Lot::eip712_encode_type(),
		"TransferOrder" => abi::TransferOrder::eip712_encode_type(),
		"Approval" => abi::Approval::eip712_encode_type(),
		"Rejection" => abi::Rejection::eip712_encode_type(),
		"TransferReceipt" => abi::TransferReceipt::eip712_encode_type(),
		"EligibilityItem" => abi::EligibilityItem::eip712_encode_type(),
		"BindingItem" => abi::BindingItem::eip712_encode_type(),
		"QuotaItem" => abi::QuotaItem::eip712_encode_type(),
		"OracleBatch" => abi::OracleBatch::eip712_encode_type(),
		"BindingPermit" => abi::BindingPermit::eip712_encode_type(),
		"SignerSet" => abi::SignerSet::eip712_encode_type(),
		other => panic!("unknown type {other}"),
	};
	for case in cases("digests", "typeHash") {
		assert_eq!(known(case.text("name")), case.text("text"));
		assert_eq!(alloy_primitives::keccak256(case.text("text")).0, case.hash("hash").0);
	}
}

#[test]
fn orders_agree() {
	for case in cases("digests", "order") {
		let order = order(&case);
		assert_eq!(digest_order(&order), case.hash("digest"), "{}", case.name());
		let object = abi::TransferOrder::from(&order);
		assert_eq!(TransferOrder::from(&object), order);
		assert_abi(object, &case);
	}
}

#[test]
fn approvals_agree() {
	for case in cases("digests", "approval") {
		let approval = Approval { orders: case.list("orders", hash), expires_at: case.number("expiresAt") };
		assert_eq!(digest_approval(&approval, case.hash("domain")), case.hash("digest"));
		assert_abi(abi::Approval::from(&approval), &case);
	}
}

#[test]
fn rejections_agree() {
	for case in cases("digests", "rejection") {
		let rejection = Rejection { order: case.hash("order"), reason: case.number("reason") };
		assert_eq!(digest_rejection(&rejection, case.hash("domain")), case.hash("digest"));
		assert_abi(abi::Rejection::from(&rejection), &case);
	}
}

#[test]
fn receipts_agree() {
	for case in cases("digests", "receipt") {
		let receipt = TransferReceipt {
			order: case.hash("order"),
			outcome: case.number("outcome"),
			reason: case.number("reason"),
			decided_at: case.number("decidedAt"),
		};
		assert_eq!(digest_receipt(&receipt, case.hash("domain")), case.hash("digest"));
		assert_abi(abi::TransferReceipt::from(&receipt), &case);
	}
}

#[test]
fn batches_agree() {
	for case in cases("digests", "batch") {
		let batch = batch(&case);
		assert_eq!(digest_batch(&batch, case.hash("domain")), case.hash("digest"));
		assert_abi(abi::OracleBatch::from(&batch), &case);
	}
}

#[test]
fn permits_agree() {
	for case in cases("digests", "permit") {
		let permit = BindingPermit {
			asset: case.hash("asset"),
			account: case.hash("account"),
			investor: case.hash("investor"),
			expires_at: case.number("expiresAt"),
		};
		assert_eq!(digest_permit(&permit, case.hash("domain")), case.hash("digest"));
		assert_abi(abi::BindingPermit::from(&permit), &case);
	}
}

#[test]
fn signer_sets_agree() {
	for case in cases("digests", "signerSet") {
		let set = SignerProposal {
			role: case.number("role"),
			id: case.number("id"),
			threshold: case.number("threshold"),
			signers: case.list("signers", address),
		};
		assert_abi(abi::SignerSet::from(&set), &case);
		assert_eq!(digest_signer_set(&set, case.hash("domain")), case.hash("digest"));
	}
}
