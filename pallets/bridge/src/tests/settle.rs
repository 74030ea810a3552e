use lockstep_primitives::{
	digests::digest_receipt,
	ids::{PAUSE_SETTLE, ROLE_ATTESTOR, ROLE_ORACLE},
	Refusal, TransferOrder, TransferReceipt,
};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

use crate::{mock::*, Flows, Orders};

#[test]
fn a_delivered_order_ends_its_flight() {
	on_chain(|| {
		let asset = home_with_holder();
		let order = initiate(request(asset, vec![free(30), locked(20, 500)]));
		assert_ok!(settle(&order, receipt(&order, 1)));
		let (holder, lots) = SecurityToken::position(asset, investor(1));
		assert_eq!((holder.free, holder.in_flight, lots), (70, 0, vec![locked(30, 500)]));
		assert_eq!((holder.orders, holder.reserved), (0, 0));
		assert!(!Orders::<Test>::contains_key(LANE, 1));
		assert_conserved(asset);
	});
}

#[test]
fn a_refund_returns_the_very_lots_whatever_the_sender_has_become() {
	for outcome in [2, 3] {
		on_chain(|| {
			let asset = home_with_holder();
			let before = SecurityToken::position(asset, investor(1));
			let order = initiate(request(asset, vec![free(30), locked(20, 500)]));
			admit(asset, 1, b'a', 0);
			lockstep_security_token::Holders::<Test>::mutate(asset, investor(1), |h| h.flags = 1);
			assert_ok!(settle(&order, receipt(&order, outcome)));
			let (holder, lots) = SecurityToken::position(asset, investor(1));
			assert_eq!((holder.free, lots), (before.0.free, before.1));
			assert_eq!((holder.in_flight, holder.orders, holder.reserved), (0, 0, 0));
			assert_eq!(SecurityToken::account(asset, bytes(b'a')).balance, 150);
			assert_eq!(Flows::<Test>::get(asset, LANE).map(|flow| flow.refunded), Some(50));
			System::assert_last_event(
				crate::Event::OrderSettled {
					order_id: receipt(&order, outcome).order,
					lane: LANE,
					nonce: 1,
					outcome,
					reason: 0,
				}
				.into(),
			);
			assert_conserved(asset);
		});
	}
}

#[test]
fn a_lot_that_came_due_in_flight_comes_back_free() {
	on_chain(|| {
		let asset = home_with_holder();
		let order = initiate(request(asset, vec![locked(20, 500)]));
		set_time(NOW + 500);
		assert_ok!(settle(&order, receipt(&order, 2)));
		// The 30 that stayed at home are due as well and fold with it, as on the EVM side.
		let (holder, lots) = SecurityToken::position(asset, investor(1));
		assert_eq!((holder.free, lots), (150, vec![]));
		assert_conserved(asset);
	});
}

#[test]
fn an_order_is_settled_once() {
	on_chain(|| {
		let asset = home_with_holder();
		let order = initiate(request(asset, vec![free(30)]));
		assert_ok!(settle(&order, receipt(&order, 2)));
		for outcome in [1, 2, 3] {
			assert_noop!(settle(&order, receipt(&order, outcome)), refused(Refusal::InFlightUnknown));
		}
	});
}

#[test]
fn only_the_very_order_and_its_own_receipt_settle() {
	on_chain(|| {
		let asset = home_with_holder();
		let order = initiate(request(asset, vec![free(30)]));
		let other = initiate(request(asset, vec![free(30)]));
		let unknown = refused(Refusal::InFlightUnknown);
		assert_noop!(settle(&order, receipt(&other, 2)), unknown);
		let richer = TransferOrder { lots: vec![free(31)], ..order.clone() };
		assert_noop!(settle(&richer, receipt(&richer, 2)), unknown);
		assert_noop!(settle(&richer, receipt(&order, 2)), unknown);
		let numbered = TransferOrder { nonce: 9, ..order };
		assert_noop!(settle(&numbered, receipt(&numbered, 2)), unknown);
	});
}

#[test]
fn only_the_pause_of_everything_stops_settling() {
	on_chain(|| {
		let asset = home_with_holder();
		let order = initiate(request(asset, vec![free(30)]));
		assert_ok!(Bridge::pause_lane(origin(GUARDIAN), LANE, 15));
		assert_ok!(SecurityToken::pause_asset(origin(GUARDIAN), asset, 15));
		assert_ok!(Eligibility::pause(origin(GUARDIAN), PAUSE_SETTLE));
		assert_noop!(settle(&order, receipt(&order, 2)), refused(Refusal::Paused));
		assert_ok!(Eligibility::resume(origin(ADMIN), PAUSE_SETTLE));
		assert_ok!(settle(&order, receipt(&order, 2)));
	});
}

#[test]
fn an_outcome_is_one_of_three() {
	on_chain(|| {
		let asset = home_with_holder();
		let order = initiate(request(asset, vec![free(30)]));
		for outcome in [0, 4] {
			assert_noop!(settle(&order, receipt(&order, outcome)), refused(Refusal::Malformed));
		}
	});
}

#[test]
fn only_a_quorum_of_attestors_settles() {
	on_chain(|| {
		let asset = home_with_holder();
		let order = initiate(request(asset, vec![free(30)]));
		let receipt = receipt(&order, 2);
		let call = |receipt: &TransferReceipt, set, signatures| {
			Bridge::settle(origin(ANYONE), order.clone(), receipt.clone(), set, signatures)
		};
		let digest = digest_receipt(&receipt, Eligibility::domain());
		let good = sign(ROLE_ATTESTOR, 2, digest);
		let mut reversed = good.clone();
		reversed.reverse();
		assert_noop!(call(&receipt, 1, good[..1].to_vec()), refused(Refusal::QuorumNotMet));
		assert_noop!(call(&receipt, 1, reversed), refused(Refusal::SignerOrder));
		assert_noop!(call(&receipt, 1, sign(ROLE_ORACLE, 2, digest)), refused(Refusal::SignerUnknown));
		assert_noop!(
			call(&receipt, 1, sign(ROLE_ATTESTOR, 2, digest_receipt(&receipt, LANE))),
			refused(Refusal::SignerUnknown)
		);
		assert_noop!(call(&receipt, 1, vec![vec![0; 64]]), refused(Refusal::SignatureMalformed));
		assert_noop!(call(&receipt, 0, good.clone()), refused(Refusal::SignerSetUnknown));
		let forged = TransferReceipt { outcome: 1, ..receipt.clone() };
		assert_noop!(call(&forged, 1, good.clone()), refused(Refusal::SignerUnknown));
		assert_ok!(call(&receipt, 1, good));
	});
}
