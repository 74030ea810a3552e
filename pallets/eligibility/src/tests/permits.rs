//! Accounts that bind themselves.

use lockstep_primitives::{digests::digest_permit, BindingPermit, Refusal};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::DispatchResult},
	sp_core::H256,
};

use super::{refused, signed, ASSET};
use crate::{
	mock::*,
	testing::{attestors, oracle, sign, Signer},
};

fn permit(expires_at: u64) -> BindingPermit {
	BindingPermit {
		asset: ASSET,
		account: H256([9; 32]),
		investor: H256::from_low_u64_be(7),
		expires_at,
	}
}

fn bind_by(by: &[Signer], permit: &BindingPermit) -> DispatchResult {
	let signatures = sign(by, digest_permit(permit, Eligibility::domain()));
	Eligibility::bind(signed(stranger()), permit.clone(), 1, signatures)
}

fn bind(permit: &BindingPermit) -> DispatchResult {
	bind_by(&oracle()[..2], permit)
}

#[test]
fn an_account_binds_itself_with_the_oracles_permit() {
	new_test_ext().execute_with(|| {
		assert_ok!(bind(&permit(START + 1)));
		assert_eq!(take_notes(), vec![Note::Binding(H256([9; 32]))]);
	});
}

#[test]
fn a_permit_serves_its_own_account_only() {
	new_test_ext().execute_with(|| {
		let other = BindingPermit { account: H256([8; 32]), ..permit(START + 1) };
		assert_noop!(bind(&other), refused(Refusal::BindingInvalid));
	});
}

#[test]
fn a_permit_lives_until_it_expires_and_at_most_an_hour() {
	new_test_ext().execute_with(|| {
		assert_noop!(bind(&permit(START - 1)), refused(Refusal::ApprovalExpired));
		assert_noop!(bind(&permit(START)), refused(Refusal::ApprovalExpired));
		assert_ok!(bind(&permit(START + 1)));
		assert_ok!(bind(&permit(START + 3_600)));
		assert_noop!(bind(&permit(START + 3_601)), refused(Refusal::Malformed));
	});
}

#[test]
fn a_permit_needs_a_quorum_of_the_oracle() {
	new_test_ext().execute_with(|| {
		let permit = permit(START + 1);
		assert_noop!(bind_by(&oracle()[..1], &permit), refused(Refusal::QuorumNotMet));
		assert_noop!(bind_by(&attestors()[..2], &permit), refused(Refusal::SignerUnknown));
	});
}

#[test]
fn a_permit_for_another_chain_is_of_strangers() {
	new_test_ext().execute_with(|| {
		let permit = permit(START + 1);
		let signatures = sign(&oracle()[..2], digest_permit(&permit, H256([1; 32])));
		assert_noop!(Eligibility::bind(signed(stranger()), permit, 1, signatures), refused(Refusal::SignerUnknown));
	});
}

#[test]
fn what_the_registry_refuses_is_refused() {
	new_test_ext().execute_with(|| {
		let unknown = BindingPermit { asset: UNKNOWN_ASSET, ..permit(START + 1) };
		assert_noop!(bind(&unknown), refused(Refusal::AssetUnknown));
	});
}

#[test]
fn a_permit_can_not_unbind() {
	new_test_ext().execute_with(|| {
		let unbind = BindingPermit { investor: H256::zero(), ..permit(START + 1) };
		assert_noop!(bind(&unbind), refused(Refusal::Malformed));
	});
}
