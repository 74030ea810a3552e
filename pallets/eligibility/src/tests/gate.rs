//! The signature gate.

use lockstep_primitives::{
	digests::digest_batch, ids, Refusal, SignerSet, SignerSets as RoleSets,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::DispatchResult},
	sp_core::{H256, U256},
};

use super::{empty_batch, refused, signed, submit_signed_by};
use crate::{
	mock::*,
	testing::{attestors, oracle, sign, signers, Signer},
	SignerSets,
};

/// What the gate says of a heartbeat signed by what `make` makes of its digest.
fn submit_with(set: u64, make: impl FnOnce(H256) -> Vec<Vec<u8>>) -> DispatchResult {
	let batch = empty_batch(1, START);
	let signatures = make(digest_batch(&batch, Eligibility::domain()));
	Eligibility::submit_batch(signed(stranger()), batch, set, signatures)
}

fn assert_refused(set: u64, refusal: Refusal, make: impl FnOnce(H256) -> Vec<Vec<u8>>) {
	new_test_ext().execute_with(|| {
		assert_noop!(submit_with(set, make), refused(refusal));
	});
}

#[test]
fn two_of_three_are_enough_and_all_three_too() {
	for count in 2..=3 {
		new_test_ext().execute_with(|| {
			assert_ok!(submit_with(1, |digest| sign(&oracle()[..count], digest)));
		});
	}
}

#[test]
fn one_of_three_is_no_quorum() {
	assert_refused(1, Refusal::QuorumNotMet, |digest| sign(&oracle()[..1], digest));
	assert_refused(1, Refusal::QuorumNotMet, |_| vec![]);
}

#[test]
fn a_stranger_spoils_a_quorum() {
	assert_refused(1, Refusal::SignerUnknown, |digest| {
		sign(&[oracle(), signers([99])].concat(), digest)
	});
}

#[test]
fn attestors_are_strangers_to_the_oracles_gate() {
	assert_refused(1, Refusal::SignerUnknown, |digest| sign(&attestors()[..2], digest));
}

#[test]
fn a_signature_for_another_chain_is_a_strangers() {
	assert_refused(1, Refusal::SignerUnknown, |_| {
		sign(&oracle()[..2], digest_batch(&empty_batch(1, START), H256([1; 32])))
	});
}

#[test]
fn signers_must_ascend_and_none_may_repeat() {
	assert_refused(1, Refusal::SignerOrder, |digest| {
		let mut signatures = sign(&oracle()[..2], digest);
		signatures.reverse();
		signatures
	});
	assert_refused(1, Refusal::SignerOrder, |digest| {
		let one = oracle()[0].sign(digest);
		vec![one.clone(), one]
	});
}

#[test]
fn a_signature_must_be_sixty_five_canonical_bytes() {
	let spoil = |change: fn(&mut Vec<u8>)| {
		assert_refused(1, Refusal::SignatureMalformed, |digest| {
			let mut signatures = sign(&oracle()[..2], digest);
			change(&mut signatures[1]);
			signatures
		});
	};
	spoil(|signature| signature.truncate(64));
	spoil(|signature| signature.push(0));
	spoil(|signature| signature.clear());
	spoil(|signature| signature[64] -= 27);
	spoil(|signature| signature[64] = 29);
	spoil(|signature| signature[..32].fill(0));
	spoil(|signature| signature[32..64].fill(0));
	spoil(|signature| signature[..32].fill(0xff));
	spoil(|signature| flip_s(signature));
}

/// The same signature with the high s that plain recovery would take.
fn flip_s(signature: &mut [u8]) {
	let order = U256::from_str_radix(
		"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
		16,
	)
	.expect("a number");
	let s = U256::from_big_endian(&signature[32..64]);
	signature[32..64].copy_from_slice(&(order - s).to_big_endian());
	signature[64] = 27 + 28 - signature[64];
}

#[test]
fn more_than_twenty_five_signatures_are_malformed_before_any_is_looked_at() {
	assert_refused(1, Refusal::Malformed, |_| vec![vec![]; 26]);
	assert_refused(1, Refusal::SignatureMalformed, |_| vec![vec![]; 25]);
}

#[test]
fn an_unknown_set_is_refused_before_signatures_are_looked_at() {
	assert_refused(2, Refusal::SignerSetUnknown, |_| vec![vec![]]);
	assert_refused(0, Refusal::SignerSetUnknown, |digest| sign(&oracle()[..2], digest));
}

#[test]
fn the_set_before_counts_until_its_grace_ends() {
	let old = oracle();
	let new = signers([31, 32, 33]);
	for (now, counts) in [(START + 99, true), (START + 100, false), (START + 101, false)] {
		new_test_ext().execute_with(|| {
			let set = |id, of: &[Signer]| {
				SignerSet::new(id, 2, of.iter().map(|s| s.address).collect()).expect("sound")
			};
			SignerSets::<Test>::insert(
				ids::ROLE_ORACLE,
				RoleSets {
					current: set(2, &new),
					previous: Some(set(1, &old)),
					grace_ends: START + 100,
				},
			);
			set_time(now);
			let batch = empty_batch(1, START);
			if counts {
				assert_ok!(submit_signed_by(&batch, 1, &old[..2]));
			} else {
				assert_noop!(
					submit_signed_by(&batch, 1, &old[..2]),
					refused(Refusal::SignerSetUnknown)
				);
				assert_ok!(submit_signed_by(&batch, 2, &new[..2]));
			}
		});
	}
}

#[test]
fn signers_of_two_sets_do_not_add_up() {
	new_test_ext().execute_with(|| {
		let mut sets = Eligibility::signer_sets(ids::ROLE_ORACLE).expect("a set");
		let next = signers([31, 32, 33]).iter().map(|s| s.address).collect();
		let next = SignerSet::new(2, 2, next).expect("sound");
		sets.previous = Some(core::mem::replace(&mut sets.current, next));
		sets.grace_ends = u64::MAX;
		SignerSets::<Test>::insert(ids::ROLE_ORACLE, sets);
		let mut mixed = vec![oracle()[0].clone(), signers([31])[0].clone()];
		mixed.sort_by_key(|signer| signer.address);
		assert_noop!(
			submit_signed_by(&empty_batch(1, START), 2, &mixed),
			refused(Refusal::SignerUnknown)
		);
	});
}
