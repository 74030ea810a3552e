//! EIP-712 digests of the signed objects.
//!
//! The domain is ("Lockstep", "1", salt = domain of the chain that checks the signature), so a signature
//! for one chain means nothing on another. Source: EIP-712.

use alloy_sol_types::{Eip712Domain, SolStruct};
use polkadot_sdk::sp_core::H256;

use crate::{
	abi::{self, bytes32, h256},
	messages::{Approval, BindingPermit, OracleBatch, Rejection, TransferOrder, TransferReceipt},
	quorum::SignerProposal,
};

fn digest<S: SolStruct>(object: S, domain: H256) -> H256 {
	let domain = Eip712Domain {
		name: Some("Lockstep".into()),
		version: Some("1".into()),
		salt: Some(bytes32(domain)),
		..Default::default()
	};
	h256(object.eip712_signing_hash(&domain))
}

/// The order's id: its digest under the destination's domain.
///
/// Nobody signs this digest itself, or the same signatures would serve deliver and reject.
pub fn digest_order(order: &TransferOrder) -> H256 {
	digest(abi::TransferOrder::from(order), order.destination)
}

/// What attestors sign for `deliver` on the chain of `domain`.
pub fn digest_approval(approval: &Approval, domain: H256) -> H256 {
	digest(abi::Approval::from(approval), domain)
}

/// What attestors sign for `reject` on the chain of `domain`.
pub fn digest_rejection(rejection: &Rejection, domain: H256) -> H256 {
	digest(abi::Rejection::from(rejection), domain)
}

/// What attestors sign for `settle` on the chain of `domain`.
pub fn digest_receipt(receipt: &TransferReceipt, domain: H256) -> H256 {
	digest(abi::TransferReceipt::from(receipt), domain)
}

/// What oracle signers sign for `submit_batch` on the chain of `domain`.
pub fn digest_batch(batch: &OracleBatch, domain: H256) -> H256 {
	digest(abi::OracleBatch::from(batch), domain)
}

/// What oracle signers sign for `bind` on the chain of `domain`.
pub fn digest_permit(permit: &BindingPermit, domain: H256) -> H256 {
	digest(abi::BindingPermit::from(permit), domain)
}

/// What a role's quorum signs to name its next set on the chain of `domain`.
pub fn digest_signer_set(set: &SignerProposal, domain: H256) -> H256 {
	digest(abi::SignerSet::from(set), domain)
}
