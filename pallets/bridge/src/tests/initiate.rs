use lockstep_primitives::{
	digests::digest_order,
	ids::{BRIDGE, MAX_AMOUNT, PAUSE_INITIATE, RECEIVE, RULE_FORBID, SEND},
	InitiateRequest, Refusal,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
};

use crate::{mock::*, Flows, Orders};

/// Asserts that account `a` is refused with `refusal`, by enforcement and first in explain.
fn assert_refused(request: InitiateRequest, refusal: Refusal) {
	let explained = Bridge::evaluate_initiate(bytes(b'a'), &request, now()).refused;
	assert_eq!(explained.first().map(|reason| reason.refusal), Some(refusal));
	assert_noop!(Bridge::initiate(origin(b'a'), request), refused(refusal));
}

#[test]
fn an_order_carries_free_and_locked_lots_and_stays_readable() {
	on_chain(|| {
		let asset = home_with_holder();
		let order = initiate(request(asset, vec![free(30), locked(20, 500)]));
		assert_eq!(order.lots, vec![free(30), locked(20, 500)]);
		assert_eq!((order.source, order.destination), (Eligibility::domain(), LANE));
		assert_eq!((order.nonce, order.terms, order.seat), (1, 1, 0));
		assert_eq!((order.initiated_at, order.deadline), (NOW, NOW + 100));
		assert_eq!((order.sender, order.from_investor), (bytes(b'a'), investor(1)));
		System::assert_last_event(
			crate::Event::OrderInitiated { order_id: digest_order(&order), lane: LANE, nonce: 1, order }.into(),
		);
		let (holder, lots) = SecurityToken::position(asset, investor(1));
		assert_eq!((holder.free, holder.in_flight, lots), (70, 50, vec![locked(30, 500)]));
		assert_eq!((holder.orders, holder.reserved), (1, 1));
		assert_eq!(Flows::<Test>::get(asset, LANE).map(|flow| flow.sent), Some(50));
		assert_conserved(asset);
	});
}

#[test]
fn numbers_of_a_lane_ascend_from_one_without_gaps() {
	on_chain(|| {
		let asset = home_with_holder();
		assert_eq!(initiate(request(asset, vec![free(1)])).nonce, 1);
		assert_refused(request(asset, vec![free(1_000)]), Refusal::InsufficientBalance);
		assert_eq!(initiate(request(asset, vec![free(1)])).nonce, 2);
		assert!(Orders::<Test>::contains_key(LANE, 1) && Orders::<Test>::contains_key(LANE, 2));
	});
}

#[test]
fn a_lot_that_has_unlocked_since_it_was_named_leaves_free() {
	on_chain(|| {
		let asset = home_with_holder();
		set_time(NOW + 500);
		let order = initiate(request(asset, vec![locked(50, 500)]));
		assert_eq!(order.lots, vec![free(50)]);
	});
}

#[test]
fn pauses_of_everything_of_the_asset_and_of_the_lane_stop_initiating() {
	on_chain(|| {
		let asset = home_with_holder();
		let request = request(asset, vec![free(1)]);
		assert_ok!(Bridge::pause_lane(origin(GUARDIAN), LANE, PAUSE_INITIATE));
		assert_refused(request.clone(), Refusal::Paused);
		assert_ok!(Bridge::resume_lane(origin(ADMIN), LANE, PAUSE_INITIATE));
		assert_ok!(SecurityToken::pause_asset(origin(GUARDIAN), asset, PAUSE_INITIATE));
		assert_refused(request.clone(), Refusal::Paused);
		assert_ok!(SecurityToken::resume_asset(origin(ADMIN), asset, PAUSE_INITIATE));
		assert_ok!(Eligibility::pause(origin(GUARDIAN), PAUSE_INITIATE));
		assert_refused(request.clone(), Refusal::Paused);
		assert_ok!(Eligibility::resume(origin(ADMIN), PAUSE_INITIATE));
		assert_ok!(Bridge::initiate(origin(b'a'), request));
	});
}

#[test]
fn the_way_must_be_open() {
	on_chain(|| {
		let asset = home_with_holder();
		let elsewhere = InitiateRequest { destination: H256::repeat_byte(3), ..request(asset, vec![free(1)]) };
		assert_refused(elsewhere, Refusal::LaneUnknown);
		assert_refused(request(H256::repeat_byte(3), vec![free(1)]), Refusal::AssetUnknown);
		Flows::<Test>::remove(asset, LANE);
		assert_refused(request(asset, vec![free(1)]), Refusal::AssetUnknown);
	});
}

#[test]
fn the_sender_must_be_bound_allowed_and_not_frozen() {
	on_chain(|| {
		let asset = home_with_holder();
		let request = request(asset, vec![free(1)]);
		assert_noop!(Bridge::initiate(origin(b'b'), request.clone()), refused(Refusal::SenderUnbound));
		admit(asset, 1, b'a', RECEIVE | BRIDGE);
		assert_refused(request.clone(), Refusal::SenderBlocked);
		admit(asset, 1, b'a', RECEIVE | SEND);
		assert_refused(request.clone(), Refusal::BridgeNotPermitted);
		admit(asset, 1, b'a', ALL);
		lockstep_security_token::Holders::<Test>::mutate(asset, investor(1), |h| h.flags = 1);
		assert_refused(request, Refusal::SenderFrozen);
	});
}

#[test]
fn a_lapsed_holder_and_a_silent_oracle_do_not_stop_leaving() {
	on_chain(|| {
		let asset = home_with_holder();
		set_time(NOW + 90_000);
		assert_eq!(initiate(request(asset, vec![free(1)])).nonce, 1);
	});
}

#[test]
fn the_recipient_must_fit_the_destination() {
	on_chain(|| {
		let asset = home_with_holder();
		let good = request(asset, vec![free(1)]);
		for recipient in [H256::zero(), bytes(b'a')] {
			let request = InitiateRequest { recipient, ..good.clone() };
			assert_refused(request, Refusal::RecipientMalformed);
		}
	});
}

#[test]
fn the_deadline_must_lie_within_the_lanes_flights_bounds_included() {
	on_chain(|| {
		let asset = home_with_holder();
		let until = |deadline| InitiateRequest { deadline, ..request(asset, vec![free(1)]) };
		assert_refused(until(NOW + FLIGHTS.0 - 1), Refusal::DeadlineRange);
		assert_refused(until(NOW + FLIGHTS.1 + 1), Refusal::DeadlineRange);
		assert_ok!(Bridge::initiate(origin(b'a'), until(NOW + FLIGHTS.0)));
		assert_ok!(Bridge::initiate(origin(b'a'), until(NOW + FLIGHTS.1)));
	});
}

#[test]
fn lots_must_be_well_formed_and_possible() {
	on_chain(|| {
		let asset = home_with_holder();
		assert_refused(request(asset, vec![]), Refusal::AmountZero);
		assert_refused(request(asset, vec![free(0)]), Refusal::AmountZero);
		assert_refused(request(asset, vec![free(1), free(1)]), Refusal::Malformed);
		assert_refused(request(asset, vec![free(MAX_AMOUNT + 1)]), Refusal::AmountTooLarge);
		let many = (1..=33).map(|n| locked(1, 500 + n)).collect();
		assert_refused(request(asset, many), Refusal::TooManyLots);
		let nobody = InitiateRequest { to_investor: H256::zero(), ..request(asset, vec![free(1)]) };
		assert_refused(nobody, Refusal::Malformed);
	});
}

#[test]
fn lots_must_be_there() {
	on_chain(|| {
		let asset = home_with_holder();
		assert_refused(request(asset, vec![free(151)]), Refusal::InsufficientBalance);
		assert_refused(request(asset, vec![free(101)]), Refusal::LotsLocked);
		assert_refused(request(asset, vec![locked(1, 501)]), Refusal::LotUnknown);
		assert_refused(request(asset, vec![locked(51, 500)]), Refusal::LotUnknown);
	});
}

#[test]
fn to_another_investor_only_free_tokens_leave() {
	on_chain(|| {
		let asset = home_with_holder();
		let to_another = |lots| InitiateRequest { to_investor: investor(2), ..request(asset, lots) };
		assert_refused(to_another(vec![locked(1, 500)]), Refusal::LotsLocked);
		assert_ok!(Bridge::initiate(origin(b'a'), to_another(vec![free(100)])));
	});
}

#[test]
fn splitting_a_lot_needs_a_place_for_its_return() {
	on_chain(|| {
		let asset = home_asset();
		admit(asset, 1, b'a', ALL);
		issue(asset, b'a', (1..=32).map(|n| locked(10, 500 + n)).collect());
		assert_refused(request(asset, vec![locked(4, 501)]), Refusal::TooManyLots);
		assert_ok!(Bridge::initiate(origin(b'a'), request(asset, vec![locked(10, 501)])));
		assert_refused(request(asset, vec![locked(4, 502)]), Refusal::TooManyLots);
	});
}

#[test]
fn fifteen_orders_of_one_investor_may_be_in_flight() {
	on_chain(|| {
		let asset = home_with_holder();
		let orders: Vec<_> = (0..15).map(|_| initiate(request(asset, vec![free(1)]))).collect();
		assert_refused(request(asset, vec![free(1)]), Refusal::TooManyInFlight);
		assert_ok!(settle(&orders[0], receipt(&orders[0], 1)));
		assert_ok!(Bridge::initiate(origin(b'a'), request(asset, vec![free(1)])));
	});
}

#[test]
fn explain_tells_all_that_fails_at_once() {
	on_chain(|| {
		let asset = asset(Eligibility::domain(), RULE_FORBID);
		admit(asset, 1, b'a', RECEIVE);
		assert_ok!(Bridge::pause_lane(origin(GUARDIAN), LANE, PAUSE_INITIATE));
		let request = InitiateRequest {
			recipient: H256::zero(),
			to_investor: H256::zero(),
			deadline: 0,
			..request(asset, vec![free(1)])
		};
		let refused = Bridge::evaluate_initiate(bytes(b'a'), &request, now()).refused;
		let codes: Vec<u16> = refused.reasons().iter().map(|r| r.refusal.number()).collect();
		assert_eq!(codes, [1, 6, 13, 28, 34, 37, 48]);
	});
}
