//! Issuing lots on the home chain.

use lockstep_primitives::{ids, Lot, Refusal};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
};

use crate::{mock::*, Event};

fn keep(test: impl FnOnce(H256)) {
	with_asset(ids::RULE_KEEP, test);
}

fn explain_issue(asset: H256, to: u8, lots: Vec<Lot>) -> Vec<u16> {
	let found = SecurityToken::evaluate_issue(&controller(), asset, [to; 32], lots, Eligibility::now());
	found.refused.reasons().iter().map(|reason| reason.refusal.number()).collect()
}

#[test]
fn lots_are_issued_with_their_times_and_counted() {
	keep(|asset| {
		let lots = vec![free(5), lot(7, START, START + 10), lot(8, START, START + 20)];
		assert_ok!(issue(asset, 1, lots.clone()));
		assert_eq!(holding(asset, 1), (5, lots[1..].to_vec()));
		assert_eq!(balance(asset, 1), 20);
		let supply = SecurityToken::supply(asset);
		assert_eq!((supply.supply, supply.issued, supply.redeemed), (20, 20, 0));
		let told = Event::Issued { asset, investor: investor(1), account: named(1), lots };
		assert_eq!(take_events(), vec![told]);
	});
}

#[test]
fn lots_of_equal_times_merge_and_due_ones_make_room() {
	keep(|asset| {
		let lots: Vec<Lot> = (1..=32).map(|n| lot(1, START, START + n)).collect();
		assert_ok!(issue(asset, 1, lots.clone()));
		assert_ok!(issue(asset, 1, lots));
		assert_eq!(holding(asset, 1).1.len(), 32);
		assert_noop!(issue(asset, 1, vec![lot(1, START, START + 33)]), refused(Refusal::TooManyLots));
		set_time(START + 1);
		assert_ok!(issue(asset, 1, vec![lot(1, START, START + 33)]));
		assert_eq!(holding(asset, 1).0, 2);
	});
}

#[test]
fn more_than_thirty_two_lots_at_once_are_too_many() {
	keep(|asset| {
		let lots: Vec<Lot> = (1..=33).map(|n| lot(1, START, START + n)).collect();
		assert_eq!(explain_issue(asset, 1, lots), vec![15]);
	});
}

#[test]
fn only_the_controller_issues() {
	keep(|asset| {
		assert_noop!(
			SecurityToken::issue(signed(admin()), asset, account(1), vec![free(1)]),
			refused(Refusal::NotController)
		);
	});
}

#[test]
fn an_unknown_asset_is_not_issued() {
	keep(|_| assert_eq!(explain_issue(H256([7; 32]), 1, vec![free(1)]), vec![3]));
}

#[test]
fn away_from_home_nothing_is_issued() {
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
		assert_eq!(explain_issue(asset, 1, vec![free(1)]), vec![27]);
	});
}

#[test]
fn the_receiver_must_be_bound_free_eligible_and_the_oracle_fresh() {
	keep(|asset| {
		let one = || vec![free(1)];
		assert_eq!(explain_issue(asset, 99, one()), vec![5]);
		permit(asset, 2, ids::SEND);
		assert_eq!(explain_issue(asset, 2, one()), vec![9]);
		freeze_account(asset, 1);
		assert_eq!(explain_issue(asset, 1, one()), vec![8]);
		assert_eq!(explain_issue(asset, 11, one()), Vec::<u16>::new());
		set_time(START + MAX_AGE + 1);
		assert_eq!(explain_issue(asset, 3, one()), vec![11]);
		set_time(VALID_UNTIL);
		assert_eq!(explain_issue(asset, 3, one()), vec![10, 11]);
	});
}

#[test]
fn the_lots_must_have_the_form_of_an_order() {
	keep(|asset| {
		assert_eq!(explain_issue(asset, 1, vec![]), vec![12]);
		assert_eq!(explain_issue(asset, 1, vec![free(0)]), vec![12]);
		let later_first = vec![lot(1, START, START + 2), lot(1, START, START + 1)];
		assert_eq!(explain_issue(asset, 1, later_first), vec![48]);
		let twice = vec![lot(1, START, START + 2), lot(1, START, START + 2)];
		assert_eq!(explain_issue(asset, 1, twice), vec![48]);
		assert_eq!(explain_issue(asset, 1, vec![lot(1, START, START + 2), free(1)]), vec![48]);
		assert_eq!(explain_issue(asset, 1, vec![lot(1, START, 0)]), vec![48]);
	});
}

#[test]
fn a_lot_already_due_must_be_issued_free() {
	keep(|asset| {
		assert_eq!(explain_issue(asset, 1, vec![lot(1, START - 5, START - 1)]), vec![48]);
		assert_eq!(explain_issue(asset, 1, vec![lot(1, START - 5, START)]), vec![48]);
		assert_eq!(explain_issue(asset, 1, vec![lot(1, START - 5, START + 1)]), Vec::<u16>::new());
	});
}

#[test]
fn the_authorised_issue_may_be_reached_and_not_passed() {
	keep(|asset| {
		assert_eq!(explain_issue(asset, 1, vec![free(AUTHORISED + 1)]), vec![49]);
		assert_ok!(issue(asset, 1, vec![free(AUTHORISED - 1)]));
		assert_ok!(issue(asset, 1, vec![free(1)]));
		assert_noop!(issue(asset, 1, vec![free(1)]), refused(Refusal::OverAuthorisedIssue));
	});
}

#[test]
fn an_amount_beyond_ninety_six_bits_is_too_large() {
	keep(|asset| {
		assert_eq!(explain_issue(asset, 1, vec![free(ids::MAX_AMOUNT)]), vec![16, 49]);
		assert_eq!(explain_issue(asset, 1, vec![free(ids::MAX_AMOUNT + 1)]), vec![43, 49]);
		let wrapping = vec![free(u128::MAX), lot(u128::MAX, 1, START + 9)];
		assert_eq!(explain_issue(asset, 1, wrapping), vec![43, 49]);
	});
}
