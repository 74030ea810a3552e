//! Orders that arrive.

use lockstep_primitives::{ids, Lot, Refusal, TransferOrder};
use polkadot_sdk::{frame_support::assert_ok, sp_core::H256};

use crate::mock::*;

fn order(asset: H256, from: u8, to: u8, lots: Vec<Lot>) -> TransferOrder {
	TransferOrder {
		source: H256([0xee; 32]),
		destination: Eligibility::domain(),
		nonce: 1,
		asset,
		terms: 1,
		from_investor: investor(from),
		to_investor: investor(to),
		sender: H256::from_low_u64_be(1),
		recipient: named(to),
		lots,
		seat: 0,
		initiated_at: START,
		deadline: START + 1_000,
	}
}

fn explain(order: &TransferOrder) -> Vec<u16> {
	let found = SecurityToken::evaluate_arrival(order, Eligibility::now()).refused;
	found.reasons().iter().map(|reason| reason.refusal.number()).collect()
}

fn arrive(order: &TransferOrder) {
	let arrival = SecurityToken::evaluate_arrival(order, Eligibility::now()).into_result();
	SecurityToken::arrive(arrival.expect("allowed"));
	check_all(order.asset);
}

#[test]
fn to_oneself_lots_arrive_unchanged_and_due_ones_free() {
	with_asset(ids::RULE_FORBID, |asset| {
		let locked = lot(60, START, START + 200);
		arrive(&order(asset, 1, 1, vec![free(5), lot(7, START - 9, START), locked]));
		assert_eq!(holding(asset, 1), (12, vec![locked]));
		assert_eq!(balance(asset, 1), 72);
		let supply = SecurityToken::supply(asset);
		assert_eq!((supply.supply, supply.issued), (72, 0));
	});
}

/// The EVM side folds whenever something arrives that was locked once; here it was left to the next operation, so that
/// the same delivery left two different positions.
#[test]
fn a_lot_that_came_due_on_its_way_folds_the_due_ones_it_meets() {
	with_asset(ids::RULE_FORBID, |asset| {
		assert_ok!(issue(asset, 1, vec![lot(50, START, START + 10)]));
		travel(START + 20);
		arrive(&order(asset, 1, 1, vec![lot(7, START - 9, START + 5)]));
		assert_eq!(holding(asset, 1), (57, vec![]));
	});
}

#[test]
fn to_another_the_pair_rule_decides() {
	with_asset(ids::RULE_KEEP, |asset| {
		arrive(&order(asset, 1, 2, vec![free(20)]));
		assert_eq!(holding(asset, 2), (20, vec![]));
	});
	with_asset(ids::RULE_RESTART, |asset| {
		arrive(&order(asset, 1, 2, vec![free(20)]));
		assert_eq!(holding(asset, 2), (0, vec![lot(20, START, START + HOLDING)]));
		assert_eq!(explain(&order(asset, 1, 2, vec![free(MIN_LOT - 1)])), vec![42]);
	});
	with_asset(ids::RULE_FORBID, |asset| {
		assert_eq!(explain(&order(asset, 1, 2, vec![free(20)])), vec![18]);
	});
}

#[test]
fn a_sender_without_a_record_here_is_forbidden_to_reach_another() {
	with_asset(ids::RULE_KEEP, |asset| {
		let found = SecurityToken::evaluate_arrival(&order(asset, 40, 2, vec![free(1)]), START);
		let forbidden = Refusal::ClassTransferForbidden.with([0.into(), 2.into()]);
		assert_eq!(found.refused.reasons(), &[forbidden]);
	});
}

#[test]
fn pause_asset_and_terms_are_asked() {
	with_asset(ids::RULE_KEEP, |asset| {
		let mut odd = order(asset, 1, 1, vec![free(1)]);
		odd.terms = 2;
		assert_eq!(explain(&odd), vec![39]);
		assert_ok!(Eligibility::pause(signed(admin()), ids::PAUSE_DELIVER));
		assert_eq!(explain(&odd), vec![1, 39]);
		odd.asset = H256([7; 32]);
		assert_eq!(explain(&odd), vec![1, 3]);
	});
}

#[test]
fn the_supply_may_reach_the_authorised_issue_and_not_pass_it() {
	with_asset(ids::RULE_KEEP, |asset| {
		assert_ok!(issue(asset, 1, vec![free(100)]));
		let room = AUTHORISED - 100;
		assert_eq!(explain(&order(asset, 1, 1, vec![free(room + 1)])), vec![49]);
		arrive(&order(asset, 1, 1, vec![free(room)]));
		assert_eq!(explain(&order(asset, 1, 1, vec![free(1)])), vec![49]);
	});
}

#[test]
fn the_recipient_must_belong_to_the_investor_named() {
	with_asset(ids::RULE_KEEP, |asset| {
		let mut odd = order(asset, 1, 1, vec![free(1)]);
		odd.recipient = named(2);
		assert_eq!(explain(&odd), vec![5]);
		odd.recipient = H256::zero();
		assert_eq!(explain(&odd), vec![5, 28]);
		odd.recipient = named(11);
		assert_eq!(explain(&odd), Vec::<u16>::new());
	});
}

#[test]
fn the_receiver_must_be_free_eligible_and_the_oracle_fresh() {
	with_asset(ids::RULE_KEEP, |asset| {
		permit(asset, 2, ids::SEND);
		assert_eq!(explain(&order(asset, 2, 2, vec![free(1)])), vec![9]);
		freeze_investor(asset, 3);
		assert_eq!(explain(&order(asset, 3, 3, vec![free(1)])), vec![8]);
		set_time(START + MAX_AGE);
		assert_eq!(explain(&order(asset, 1, 1, vec![free(1)])), Vec::<u16>::new());
		set_time(START + MAX_AGE + 1);
		assert_eq!(explain(&order(asset, 1, 1, vec![free(1)])), vec![11]);
	});
}

#[test]
fn a_lapsed_holder_may_come_home_but_nobody_else_may_send_to_them() {
	with_asset(ids::RULE_KEEP, |asset| {
		travel(VALID_UNTIL - 1);
		assert_eq!(explain(&order(asset, 1, 2, vec![free(1)])), Vec::<u16>::new());
		travel(VALID_UNTIL);
		assert_eq!(explain(&order(asset, 1, 1, vec![free(1)])), Vec::<u16>::new());
		assert_eq!(explain(&order(asset, 1, 2, vec![free(1)])), vec![10]);
	});
}

#[test]
fn away_from_home_a_lapsed_holder_does_not_receive_their_own() {
	new_test_ext().execute_with(|| {
		let mut elsewhere = params(ids::RULE_KEEP);
		elsewhere.home_domain = H256([9; 32]);
		let asset = elsewhere.asset_id();
		assert_ok!(SecurityToken::register_asset(signed(admin()), elsewhere, controller()));
		batch(|batch| {
			batch.eligibilities.push(first_word(asset, 1));
			batch.quotas.push(quota(asset, 1, QUOTA));
		});
		bind(asset, 1, 1);
		arrive(&order(asset, 1, 1, vec![free(1)]));
		travel(VALID_UNTIL);
		assert_eq!(explain(&order(asset, 1, 1, vec![free(1)])), vec![10]);
	});
}

#[test]
fn own_lots_may_use_all_places_and_others_twenty_four() {
	with_asset(ids::RULE_RESTART, |asset| {
		let lots = |count: u64| (1..=count).map(|n| lot(1, START, START + n)).collect::<Vec<_>>();
		arrive(&order(asset, 2, 2, lots(24)));
		assert_eq!(explain(&order(asset, 1, 2, vec![free(MIN_LOT)])), vec![15]);
		assert_eq!(explain(&order(asset, 2, 2, lots(33))), vec![15]);
		arrive(&order(asset, 2, 2, lots(32)));
		assert_eq!(holding(asset, 2).1.len(), 32);
		let another = vec![lot(1, START, START + 33)];
		assert_eq!(explain(&order(asset, 2, 2, another.clone())), vec![15]);
		travel(START + 1);
		arrive(&order(asset, 2, 2, another));
	});
}

#[test]
fn places_reserved_for_lots_in_flight_are_taken() {
	with_asset(ids::RULE_KEEP, |asset| {
		let reserve = |places| crate::Holders::<Test>::mutate(asset, investor(1), |holder| holder.reserved = places);
		reserve(31);
		assert_eq!(explain(&order(asset, 1, 1, vec![lot(1, START, START + 1)])), Vec::<u16>::new());
		let two = vec![lot(1, START, START + 1), lot(1, START, START + 2)];
		let found = SecurityToken::evaluate_arrival(&order(asset, 1, 1, two), START);
		assert_eq!(found.refused.reasons(), &[Refusal::TooManyLots.with([33.into(), 32.into()])]);
		reserve(0);
	});
}

#[test]
fn an_order_that_lost_its_form_is_refused_without_guessing() {
	with_asset(ids::RULE_KEEP, |asset| {
		assert_eq!(explain(&order(asset, 1, 1, vec![])), vec![12]);
		assert_eq!(explain(&order(asset, 1, 1, vec![free(1), free(0)])), vec![12]);
		assert_eq!(explain(&order(asset, 1, 2, vec![lot(1, START, START + 1)])), vec![48]);
		assert_eq!(explain(&order(asset, 1, 1, vec![free(u128::MAX)])), vec![43]);
		let mut odd = order(asset, 1, 1, vec![free(1)]);
		odd.to_investor = H256([1; 32]);
		assert_eq!(explain(&odd), vec![5, 48]);
		odd.to_investor = H256::zero();
		odd.recipient = named(99);
		assert_eq!(explain(&odd), vec![5, 48], "nobody's account is not the account of nobody");
		let mut odd = order(asset, 1, 2, vec![free(1)]);
		odd.from_investor = H256::zero();
		assert_eq!(explain(&odd), vec![48]);
	});
}
