//! Refusal numbers, signatures and signer sets.

use polkadot_sdk::{
	frame_support::BoundedVec,
	sp_core::{H160, H256},
};

use super::{address, bytes, cases, Case};
use crate::{quorum::recover, Reason, Refusal, SignerSet, SignerSets};

/// A set of any shape: the vectors also ask what sets do that `SignerSet::new` would not make.
fn set(id: u64, threshold: u8, signers: Vec<H160>) -> SignerSet {
	SignerSet { id, threshold, signers: BoundedVec::truncate_from(signers) }
}

fn expected(case: &Case) -> Result<(), Reason> {
	match Refusal::from_number(case.number("code")) {
		Some(refusal) => Err(refusal.with([case.wide("a"), case.wide("b")])),
		None => Ok(()),
	}
}

#[test]
fn refusals_have_the_same_names_and_numbers() {
	let cases = cases("refusals", "refusal");
	assert_eq!(cases.len(), Refusal::ALL.len());
	for case in cases {
		let refusal = Refusal::from_number(case.number("number")).expect("a known number");
		assert_eq!(format!("{refusal:?}"), case.text("name"));
	}
}

#[test]
fn quorums_agree() {
	for case in cases("quorum", "quorum") {
		let digest: H256 = case.hash("digest");
		let signatures = case.list("signatures", bytes);
		let outcome = set(1, case.number("threshold"), case.list("signers", address))
			.check(&signatures, |signature| recover(&digest, signature));
		assert_eq!(outcome, expected(&case), "{}", case.name());
	}
}

#[test]
fn the_choice_of_a_set_agrees() {
	for case in cases("quorum", "choice") {
		let previous: u64 = case.number("previous");
		let signer = vec![H160::repeat_byte(1)];
		let sets = SignerSets {
			current: set(case.number("current"), 1, signer.clone()),
			previous: (previous > 0).then(|| set(previous, 1, signer)),
			grace_ends: case.number("graceEnds"),
		};
		let chosen = sets.select(case.number("set"), case.number("now")).map(|_| ());
		assert_eq!(chosen, expected(&case), "{}", case.name());
	}
}
