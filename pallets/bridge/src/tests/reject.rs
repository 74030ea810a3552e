use lockstep_primitives::{
	digests::{digest_approval, digest_order, digest_receipt, digest_rejection},
	ids::{PAUSE_ALL, ROLE_ATTESTOR, RULE_KEEP},
	Refusal, Rejection, TransferOrder,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
};

use crate::mock::*;

fn order() -> TransferOrder {
	let asset = foreign_asset(RULE_KEEP);
	admit(asset, 1, b'a', ALL);
	incoming(asset, 1, vec![free(5)])
}

const DENIED: u32 = 9;
const DEADLINE: u32 = 21;

#[test]
fn a_rejected_order_can_never_be_delivered() {
	on_chain(|| {
		let order = order();
		assert_ok!(reject(&order, DENIED));
		System::assert_last_event(
			crate::Event::OrderRejected {
				order_id: digest_order(&order),
				source: LANE,
				nonce: 1,
				outcome: 2,
				reason: DENIED,
				decided_at: NOW,
			}
			.into(),
		);
		assert_eq!(deliver(&order), 22);
		assert_eq!(Bridge::outcome(LANE, 1), 2);
		assert_noop!(reject(&order, DENIED), refused(Refusal::OrderConsumed));
		assert_conserved(order.asset);
	});
}

#[test]
fn a_delivered_order_can_not_be_rejected() {
	on_chain(|| {
		let order = order();
		assert_eq!(deliver(&order), 0);
		assert_noop!(reject(&order, DENIED), refused(Refusal::OrderConsumed));
		set_time(order.deadline);
		assert_noop!(reject(&order, DEADLINE), refused(Refusal::OrderConsumed));
	});
}

#[test]
fn an_order_expires_from_its_deadline_on_and_not_a_second_before() {
	on_chain(|| {
		let order = order();
		set_time(order.deadline - 1);
		assert_noop!(reject(&order, DEADLINE), refused(Refusal::NotYet));
		set_time(order.deadline);
		assert_ok!(reject(&order, DEADLINE));
		assert_eq!(Bridge::outcome(LANE, 1), 3);
	});
}

#[test]
fn no_pause_stops_rejecting_nor_does_an_unknown_asset() {
	on_chain(|| {
		let order = TransferOrder { asset: H256::repeat_byte(3), ..order() };
		assert_ok!(Eligibility::pause(origin(GUARDIAN), PAUSE_ALL));
		assert_ok!(Bridge::pause_lane(origin(GUARDIAN), LANE, PAUSE_ALL));
		assert_ok!(reject(&order, 3));
	});
}

#[test]
fn the_order_must_be_for_here_well_formed_and_the_reason_a_refusal() {
	on_chain(|| {
		let order = order();
		let elsewhere = TransferOrder { destination: LANE, ..order.clone() };
		assert_noop!(reject(&elsewhere, DENIED), refused(Refusal::DomainMismatch));
		let unknown = TransferOrder { source: H256::repeat_byte(3), ..order.clone() };
		assert_noop!(reject(&unknown, DENIED), refused(Refusal::DomainMismatch));
		for reason in [0, 50, 65_537] {
			assert_noop!(reject(&order, reason), refused(Refusal::Malformed));
		}
		let nobody = TransferOrder { to_investor: H256::zero(), ..order };
		assert_noop!(reject(&nobody, DENIED), refused(Refusal::Malformed));
	});
}

#[test]
fn only_a_quorum_rejects_and_an_approval_is_no_rejection() {
	on_chain(|| {
		let order = order();
		let call = |set, signatures| Bridge::reject(origin(ANYONE), order.clone(), DENIED, set, signatures);
		let digest = digest_approval(&approval(core::slice::from_ref(&order)), Eligibility::domain());
		let approved = sign(ROLE_ATTESTOR, 3, digest);
		assert_noop!(call(1, approved.clone()), refused(Refusal::SignerUnknown));
		assert_noop!(call(1, vec![]), refused(Refusal::QuorumNotMet));
		assert_noop!(call(7, approved), refused(Refusal::SignerSetUnknown));
		assert_noop!(call(1, vec![vec![0; 65]]), refused(Refusal::SignatureMalformed));
		let rejection = Rejection { order: digest_order(&order), reason: DENIED };
		let digest = digest_rejection(&rejection, Eligibility::domain());
		let mut signatures = sign(ROLE_ATTESTOR, 2, digest);
		signatures.reverse();
		assert_noop!(call(1, signatures), refused(Refusal::SignerOrder));
	});
}

/// What the same attestors signed for something else, or for elsewhere, rejects nothing.
#[test]
fn no_other_signature_of_theirs_rejects() {
	on_chain(|| {
		let order = order();
		let rejection = Rejection { order: digest_order(&order), reason: DENIED };
		let here = Eligibility::domain();
		let others = [
			digest_order(&order),
			digest_rejection(&rejection, LANE),
			digest_rejection(&Rejection { reason: DEADLINE, ..rejection }, here),
			digest_receipt(&receipt(&order, 2), here),
		];
		for digest in others {
			let signatures = sign(ROLE_ATTESTOR, 2, digest);
			assert_noop!(
				Bridge::reject(origin(ANYONE), order.clone(), DENIED, 1, signatures),
				refused(Refusal::SignerUnknown)
			);
		}
		assert_ok!(reject(&order, DENIED));
	});
}

/// Sixty-four orders share a value of the storage: none may read or change what its neighbours' bits say.
#[test]
fn every_order_keeps_its_own_outcome_beside_its_neighbours() {
	on_chain(|| {
		let first = order();
		let wanted: Vec<(u64, u8)> = (60..70).zip([1, 3, 2, 1, 2, 3, 3, 1, 2, 2]).collect();
		for (nonce, outcome) in &wanted {
			let order = TransferOrder { nonce: *nonce, ..first.clone() };
			match outcome {
				1 => assert_eq!(deliver(&order), 0),
				2 => {
					assert_ok!(reject(&order, DENIED));
				},
				_ => {
					let late = TransferOrder { deadline: now(), initiated_at: now() - 60, ..order };
					assert_ok!(reject(&late, DEADLINE));
				},
			}
		}
		let found: Vec<(u64, u8)> = (0..200).map(|nonce| (nonce, Bridge::outcome(LANE, nonce))).collect();
		let set: Vec<(u64, u8)> = found.into_iter().filter(|(_, outcome)| *outcome != 0).collect();
		assert_eq!(set, wanted);
	});
}
