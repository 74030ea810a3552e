//! Rate limits: their edges, an investor's share, back-flow and refunds.

use lockstep_primitives::{
	ids::{MAX_AMOUNT, RULE_KEEP},
	InitiateRequest, Reason, Refusal,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
};

use crate::{mock::*, types::Spent, Flows, Shares};

/// What may leave at once: a share is 25.
const OUT: u128 = 100;
/// What may leave each second: a share gets a quarter of it.
const OUT_RATE: u128 = 2;
const IN: u128 = 200;
const IN_RATE: u128 = 3;

fn set_rate(asset: H256, limits: [u128; 4]) -> Result<(), polkadot_sdk::sp_runtime::DispatchError> {
	let [out_capacity, out_rate, in_capacity, in_rate] = limits;
	Bridge::set_rate(origin(ADMIN), LANE, asset, out_capacity, out_rate, in_capacity, in_rate)
}

/// A home asset with limits; investors 1 to 5 hold 1,000 free each in accounts `a` to `e`.
fn limited() -> H256 {
	let asset = home_asset();
	for number in 1..=5u8 {
		let letter = b'a' + number - 1;
		admit(asset, number.into(), letter, ALL);
		issue(asset, letter, vec![free(1_000)]);
	}
	assert_ok!(set_rate(asset, [OUT, OUT_RATE, IN, IN_RATE]));
	asset
}

fn wanted(asset: H256, number: u64, amount: u128) -> InitiateRequest {
	InitiateRequest { to_investor: investor(number), ..request(asset, vec![free(amount)]) }
}

fn sender(number: u64) -> u8 {
	b'a' + number as u8 - 1
}

fn send(asset: H256, number: u64, amount: u128) {
	assert_ok!(Bridge::initiate(origin(sender(number)), wanted(asset, number, amount)));
	assert_conserved(asset);
}

/// Why investor `number` may not send `amount` now: (wait, available).
fn refusal(asset: H256, number: u64, amount: u128) -> Option<(u64, u128)> {
	let request = wanted(asset, number, amount);
	let found = Bridge::evaluate_initiate(bytes(sender(number)), &request, now()).refused;
	let raised = Bridge::initiate(origin(sender(number)), request);
	let reason = found.first()?;
	assert_eq!(raised, Err(refused(Refusal::RateLimited)));
	Some(values(&reason))
}

fn values(reason: &Reason) -> (u64, u128) {
	assert_eq!(reason.refusal, Refusal::RateLimited);
	(reason.values[0].low_u64(), reason.values[1].low_u128())
}

fn flow(asset: H256) -> crate::Flow {
	Flows::<Test>::get(asset, LANE).expect("open")
}

#[test]
fn limits_are_all_set_or_none_and_what_left_can_come_back() {
	on_chain(|| {
		let asset = home_asset();
		let malformed = refused(Refusal::Malformed);
		for limits in [[0, 1, 2, 1], [1, 0, 2, 1], [1, 1, 0, 1], [1, 1, 2, 0], [2, 1, 3, 1], [1, 1, MAX_AMOUNT + 1, 1]] {
			assert_noop!(set_rate(asset, limits), malformed);
		}
		assert_noop!(set_rate(asset, [u128::MAX, 1, u128::MAX, 1]), malformed);
		assert_ok!(set_rate(asset, [1, MAX_AMOUNT, MAX_AMOUNT, MAX_AMOUNT]));
		assert_ok!(set_rate(asset, [2, 1, 4, 1]));
		let event = crate::Event::RateSet { lane: LANE, asset, out_capacity: 2, out_rate: 1, in_capacity: 4, in_rate: 1 };
		System::assert_last_event(event.into());
		assert_ok!(set_rate(asset, [0; 4]));
		assert_conserved(asset);
	});
}

#[test]
fn the_lowest_number_tells_why_limits_can_not_be_set() {
	on_chain(|| {
		let asset = home_asset();
		let other = H256::repeat_byte(3);
		let set = |letter, lane, asset| Bridge::set_rate(origin(letter), lane, asset, 1, 0, 0, 0);
		assert_noop!(set(ANYONE, other, other), refused(Refusal::LaneUnknown));
		assert_noop!(set(ANYONE, LANE, other), refused(Refusal::AssetUnknown));
		assert_noop!(set(ANYONE, LANE, asset), refused(Refusal::NotAdmin));
		assert_noop!(set(GUARDIAN, LANE, asset), refused(Refusal::NotAdmin));
		assert_noop!(set(ADMIN, LANE, asset), refused(Refusal::Malformed));
		Flows::<Test>::remove(asset, LANE);
		assert_noop!(set(ADMIN, LANE, asset), refused(Refusal::AssetUnknown));
	});
}

#[test]
fn an_investor_takes_at_most_a_quarter_at_once() {
	on_chain(|| {
		let asset = limited();
		assert_eq!(refusal(asset, 1, 26), Some((u64::MAX, 25)));
		send(asset, 1, 25);
		// A share refills by half a token a second.
		assert_eq!(refusal(asset, 1, 1), Some((2, 0)));
		set_time(now() + 1);
		assert_eq!(refusal(asset, 1, 1), Some((2, 0)));
		set_time(now() + 1);
		send(asset, 1, 1);
	});
}

#[test]
fn all_together_reach_the_capacity_and_do_not_pass_it() {
	on_chain(|| {
		let asset = limited();
		for number in 1..=4 {
			send(asset, number, 25);
		}
		assert_eq!(refusal(asset, 5, 1), Some((1, 0)));
		assert_eq!(refusal(asset, 5, 25), Some((13, 0)));
		set_time(now() + 12);
		assert_eq!(refusal(asset, 5, 25), Some((1, 24)));
		set_time(now() + 1);
		send(asset, 5, 25);
		assert_eq!(flow(asset).outbound.spent, Spent { amount: 99, at: NOW + 13 });
	});
}

#[test]
fn the_longer_wait_and_the_smaller_rest_are_told() {
	on_chain(|| {
		let asset = limited();
		for number in 1..=4 {
			send(asset, number, 25);
		}
		// Of the whole 20 tokens would pass in 10 s, of the share in 40 s.
		assert_eq!(refusal(asset, 1, 20), Some((40, 0)));
		set_time(now() + 10);
		// The whole would do now: only the share fails.
		assert_eq!(refusal(asset, 1, 20), Some((30, 5)));
		assert_eq!(refusal(asset, 5, 21), Some((1, 20)));
	});
}

#[test]
fn what_arrives_gives_room_to_leave_and_the_other_way_round_once() {
	on_chain(|| {
		let asset = limited();
		send(asset, 1, 25);
		assert_eq!(deliver(&incoming(asset, 1, vec![free(10)])), 0);
		assert_eq!(flow(asset).outbound.spent.amount, 15);
		assert_eq!(flow(asset).inbound.spent.amount, 10);
		assert_eq!(deliver(&incoming(asset, 2, vec![free(90)])), 0);
		// Never below nothing spent: back-flow saves nothing up.
		assert_eq!(flow(asset).outbound.spent.amount, 0);
		send(asset, 2, 25);
		assert_eq!(flow(asset).inbound.spent.amount, 75);
		// The share of the first sender stays spent: what others bring is not its.
		assert_eq!(refusal(asset, 1, 1), Some((2, 0)));
	});
}

#[test]
fn arrivals_reach_the_inbound_capacity_and_do_not_pass_it() {
	on_chain(|| {
		let asset = limited();
		assert_eq!(deliver(&incoming(asset, 1, vec![free(IN + 1)])), Refusal::RateLimited.number());
		let told = Bridge::evaluate_deliver(&incoming(asset, 1, vec![free(IN + 1)]), now()).refused;
		assert_eq!(values(&told.reasons()[0]), (u64::MAX, IN));
		assert_eq!(deliver(&incoming(asset, 1, vec![free(IN)])), 0);
		let next = incoming(asset, 2, vec![free(4)]);
		assert_eq!(values(&Bridge::evaluate_deliver(&next, now()).refused.reasons()[0]), (2, 0));
		set_time(now() + 1);
		assert_eq!(deliver(&incoming(asset, 2, vec![free(4)])), Refusal::RateLimited.number());
		assert_eq!(deliver(&incoming(asset, 2, vec![free(3)])), 0, "a refused order has no outcome");
		assert_conserved(asset);
	});
}

#[test]
fn orders_of_one_call_share_the_inbound_limit() {
	on_chain(|| {
		let asset = limited();
		let orders: Vec<_> = (1..=3).map(|nonce| incoming(asset, nonce, vec![free(100)])).collect();
		System::reset_events();
		assert_ok!(deliver_under(&orders, approval(&orders)));
		assert_eq!(codes(), [0, 0, 20]);
	});
}

#[test]
fn a_refund_gives_back_what_it_took_from_the_lane_and_from_the_investor() {
	on_chain(|| {
		let asset = limited();
		let order = initiate(wanted(asset, 1, 25));
		set_time(now() + 2);
		send(asset, 2, 20);
		assert_eq!(flow(asset).outbound.spent, Spent { amount: 25 - 4 + 20, at: NOW + 2 });
		assert_ok!(settle(&order, receipt(&order, 2)));
		assert_eq!(flow(asset).outbound.spent, Spent { amount: 16, at: NOW + 2 });
		assert_eq!(Shares::<Test>::get((asset, LANE, investor(1))), Spent { amount: 0, at: NOW + 2 });
		assert_eq!(Shares::<Test>::get((asset, LANE, investor(2))), Spent { amount: 20, at: NOW + 2 });
		send(asset, 1, 25);
	});
}

#[test]
fn a_settled_delivery_gives_nothing_back() {
	on_chain(|| {
		let asset = limited();
		let order = initiate(wanted(asset, 1, 25));
		assert_ok!(settle(&order, receipt(&order, 1)));
		assert_eq!(refusal(asset, 1, 1), Some((2, 0)));
		assert_eq!(flow(asset).outbound.spent.amount, 25);
	});
}

#[test]
fn a_refund_of_an_order_from_before_the_limits_is_harmless() {
	on_chain(|| {
		let asset = home_with_holder();
		let order = initiate(request(asset, vec![free(30)]));
		assert_ok!(set_rate(asset, [OUT, OUT_RATE, IN, IN_RATE]));
		assert_ok!(settle(&order, receipt(&order, 3)));
		assert_eq!(flow(asset).outbound.spent.amount, 0);
		assert!(!Shares::<Test>::contains_key((asset, LANE, investor(1))));
	});
}

#[test]
fn without_limits_nothing_is_asked_and_nothing_is_counted() {
	on_chain(|| {
		let asset = limited();
		send(asset, 1, 25);
		assert_ok!(set_rate(asset, [0; 4]));
		send(asset, 1, 900);
		assert_eq!(deliver(&incoming(asset, 1, vec![free(900)])), 0);
		assert_eq!(flow(asset).outbound.spent, Spent { amount: 25, at: NOW });
		// What was spent before is not forgotten by switching limits off and on.
		assert_ok!(set_rate(asset, [OUT, OUT_RATE, IN, IN_RATE]));
		assert_eq!(refusal(asset, 1, 1), Some((2, 0)));
	});
}

#[test]
fn limits_are_asked_of_the_formed_only_and_beside_all_other_rules() {
	on_chain(|| {
		let asset = limited();
		let told = |amount: u128| {
			let request = InitiateRequest { lots: vec![free(amount)], ..wanted(asset, 1, 1) };
			Bridge::evaluate_initiate(bytes(b'q'), &request, now()).refused
		};
		// An unbound sender has no share, but the lane's own limit counts.
		assert!(told(100).contains(Refusal::SenderUnbound) && !told(100).contains(Refusal::RateLimited));
		let reason = told(101).reasons().iter().find(|reason| reason.refusal == Refusal::RateLimited).copied();
		assert_eq!(reason.map(|reason| values(&reason)), Some((u64::MAX, OUT)));
		assert!(!told(0).contains(Refusal::RateLimited));
		assert!(!told(MAX_AMOUNT + 1).contains(Refusal::RateLimited));
		assert!(told(MAX_AMOUNT).contains(Refusal::RateLimited));
	});
}

#[test]
fn another_asset_and_another_lane_have_limits_of_their_own() {
	on_chain(|| {
		let asset = limited();
		let foreign = foreign_asset(RULE_KEEP);
		admit(foreign, 1, b'a', ALL);
		assert_eq!(deliver(&incoming(foreign, 1, vec![free(IN + 1)])), 0);
		send(asset, 1, 25);
		assert_ok!(Bridge::initiate(origin(b'a'), wanted(foreign, 1, 100)));
	});
}
