//! Whose signatures deliver, reject and settle, when, and for what.

use lockstep_primitives::{
	digests::{digest_approval, digest_batch, digest_order, digest_receipt, digest_rejection},
	ids::{ROLE_ATTESTOR, ROLE_ORACLE, RULE_KEEP},
	OracleBatch, Refusal, Rejection, SignerProposal, TransferOrder,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
	sp_runtime::DispatchError,
};

use crate::mock::*;

fn foreign() -> H256 {
	let asset = foreign_asset(RULE_KEEP);
	admit(asset, 1, b'a', ALL);
	asset
}

/// Attestors' set 2 is in force; set 1 counts until `now + GRACE`.
fn rotate() {
	let signers = next_attestors().into_iter().map(|(address, _)| address).collect();
	let proposal = SignerProposal { role: ROLE_ATTESTOR, id: 2, threshold: 2, signers };
	assert_ok!(Eligibility::propose_signers(origin(ADMIN), proposal));
	set_time(now() + DELAY);
	assert_ok!(Eligibility::activate_signers(origin(ANYONE), ROLE_ATTESTOR));
}

/// Signatures of two of the attestors of set 2.
fn sign_next(digest: H256) -> Vec<Vec<u8>> {
	next_attestors()[..2].iter().map(|(_, pair)| sign_one(pair, digest)).collect()
}

/// Delivers a fresh order under set `set`, signed by two of its attestors.
fn deliver_by(set: u64, asset: H256, nonce: u64) -> Result<(), DispatchError> {
	let order = incoming(asset, nonce, vec![free(1)]);
	let approval = approval(core::slice::from_ref(&order));
	let digest = digest_approval(&approval, Eligibility::domain());
	let signatures = if set == 1 { sign(ROLE_ATTESTOR, 2, digest) } else { sign_next(digest) };
	Bridge::deliver(origin(ANYONE), vec![order], approval, set, signatures)
}

#[test]
fn attestors_deliver_until_the_second_before_their_grace_ends() {
	for (offset, counts) in [(-1i64, true), (0, false), (1, false)] {
		on_chain(|| {
			let asset = foreign();
			assert_ok!(deliver_by(1, asset, 1));
			assert_noop!(deliver_by(2, asset, 2), refused(Refusal::SignerSetUnknown));
			rotate();
			set_time((now() + GRACE).checked_add_signed(offset).expect("a time"));
			if counts {
				assert_ok!(deliver_by(1, asset, 3));
			} else {
				assert_noop!(deliver_by(1, asset, 3), refused(Refusal::SignerSetUnknown));
			}
			assert_ok!(deliver_by(2, asset, 4));
		});
	}
}

#[test]
fn a_retired_set_and_a_struck_attestor_deliver_reject_and_settle_nothing() {
	on_chain(|| {
		let asset = foreign();
		rotate();
		assert_ok!(Eligibility::strike_signer(origin(GUARDIAN), ROLE_ATTESTOR, addresses(ROLE_ATTESTOR)[0]));
		assert_noop!(deliver_by(1, asset, 1), refused(Refusal::SignerUnknown));
		assert_ok!(Eligibility::retire_signers(origin(GUARDIAN), ROLE_ATTESTOR));
		assert_noop!(deliver_by(1, asset, 1), refused(Refusal::SignerSetUnknown));
		assert_noop!(reject(&incoming(asset, 1, vec![free(1)]), 9), refused(Refusal::SignerSetUnknown));
		assert_ok!(deliver_by(2, asset, 1));
		assert_ok!(Eligibility::strike_signer(origin(ADMIN), ROLE_ATTESTOR, next_attestors()[1].0));
		assert_noop!(deliver_by(2, asset, 2), refused(Refusal::SignerUnknown));
	});
}

#[test]
fn outgoing_orders_settle_under_the_next_set_as_well() {
	on_chain(|| {
		let asset = home_with_holder();
		let order = initiate(request(asset, vec![free(30)]));
		rotate();
		assert_ok!(Eligibility::retire_signers(origin(GUARDIAN), ROLE_ATTESTOR));
		let receipt = receipt(&order, 2);
		assert_noop!(settle(&order, receipt.clone()), refused(Refusal::SignerSetUnknown));
		let signatures = sign_next(digest_receipt(&receipt, Eligibility::domain()));
		assert_ok!(Bridge::settle(origin(ANYONE), order, receipt, 2, signatures));
		assert_conserved(asset);
	});
}

#[test]
fn signatures_for_delivering_do_not_reject_nor_the_other_way_round() {
	on_chain(|| {
		let asset = foreign();
		let order = incoming(asset, 1, vec![free(1)]);
		let approval = approval(core::slice::from_ref(&order));
		let approving = sign(ROLE_ATTESTOR, 2, digest_approval(&approval, Eligibility::domain()));
		let unknown = refused(Refusal::SignerUnknown);
		assert_noop!(Bridge::reject(origin(ANYONE), order.clone(), 9, 1, approving), unknown);
		let rejection = Rejection { order: digest_order(&order), reason: 9 };
		let rejecting = sign(ROLE_ATTESTOR, 2, digest_rejection(&rejection, Eligibility::domain()));
		assert_noop!(
			Bridge::deliver(origin(ANYONE), vec![order.clone()], approval.clone(), 1, rejecting.clone()),
			unknown
		);
		// Nor for another reason, nor the bare id.
		assert_noop!(Bridge::reject(origin(ANYONE), order.clone(), 10, 1, rejecting), unknown);
		let bare = sign(ROLE_ATTESTOR, 2, digest_order(&order));
		assert_noop!(Bridge::reject(origin(ANYONE), order.clone(), 9, 1, bare.clone()), unknown);
		assert_noop!(Bridge::deliver(origin(ANYONE), vec![order], approval, 1, bare), unknown);
	});
}

#[test]
fn two_orders_that_share_a_nonce_exclude_each_other_whatever_the_first_came_to() {
	for outcome in [1, 2, 3] {
		on_chain(|| {
			let asset = foreign();
			let first = TransferOrder { deadline: now() + 1, ..incoming(asset, 1, vec![free(5)]) };
			let second = incoming(asset, 1, vec![free(7)]);
			match outcome {
				1 => assert_eq!(deliver(&first), 0),
				2 => {
					assert_ok!(reject(&first, 9));
				},
				_ => {
					set_time(now() + 1);
					assert_ok!(reject(&first, 21));
				},
			}
			assert_eq!(Bridge::outcome(LANE, 1), outcome);
			assert_eq!(deliver(&second), Refusal::OrderConsumed.number());
			for reason in [9, 21] {
				assert_noop!(reject(&second, reason), refused(Refusal::OrderConsumed));
			}
			assert_eq!(Bridge::outcome(LANE, 1), outcome);
			assert_conserved(asset);
		});
	}
}

/// Batch `number` with a block of investor 1, or without anything.
fn oracle_batch(number: u64, blocks: Option<H256>) -> OracleBatch {
	let item = |asset| lockstep_primitives::EligibilityItem {
		asset,
		investor: investor(1),
		valid_until: now() + 1,
		class: CLASS,
		permissions: 0,
		limit_delta: 0,
	};
	let eligibilities = blocks.map(item).into_iter().collect();
	OracleBatch { number, issued_at: now(), eligibilities, bindings: vec![], quotas: vec![] }
}

fn bring(batch: &OracleBatch, domain: H256) -> Result<(), DispatchError> {
	let signatures = sign(ROLE_ORACLE, 2, digest_batch(batch, domain));
	Eligibility::submit_batch(origin(ANYONE), batch.clone(), 1, signatures)
}

#[test]
fn a_heartbeat_does_not_hide_that_a_revocation_is_withheld() {
	on_chain(|| {
		let asset = foreign();
		let (revocation, heartbeat) = {
			let next = Eligibility::clock().number + 1;
			(oracle_batch(next, Some(asset)), oracle_batch(next + 1, None))
		};
		let here = Eligibility::domain();
		let out_of_order: DispatchError =
			lockstep_eligibility::Error::<Test>::Refused(Refusal::BatchOutOfOrder).into();
		assert_noop!(bring(&heartbeat, here), out_of_order);
		set_time(now() + MAX_AGE + 1);
		assert_noop!(bring(&heartbeat, here), out_of_order);
		assert_eq!(deliver(&incoming(asset, 1, vec![free(1)])), Refusal::OracleStale.number());
		assert_ok!(bring(&revocation, here));
		assert_ok!(bring(&heartbeat, here));
		assert_eq!(deliver(&incoming(asset, 1, vec![free(1)])), Refusal::ReceiverNotEligible.number());
	});
}

#[test]
fn a_batch_for_the_other_chain_is_of_strangers() {
	on_chain(|| {
		let batch = oracle_batch(Eligibility::clock().number + 1, None);
		let unknown: DispatchError = lockstep_eligibility::Error::<Test>::Refused(Refusal::SignerUnknown).into();
		assert_noop!(bring(&batch, LANE), unknown);
		assert_ok!(bring(&batch, Eligibility::domain()));
	});
}
