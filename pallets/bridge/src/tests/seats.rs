//! The seat that travels with an investor's last token, limits that travel with tokens, and counts of holders.

use lockstep_primitives::{ids::RULE_KEEP, InitiateRequest, Refusal, TransferOrder};
use polkadot_sdk::{frame_support::assert_ok, sp_core::H256};

use crate::mock::*;

fn class(asset: H256) -> (i64, u64) {
	let count = SecurityToken::quota(asset, CLASS);
	(count.quota, count.holders)
}

fn limit(asset: H256, number: u64) -> (i128, u128, i128) {
	SecurityToken::limit(asset, investor(number))
}

/// Everything of `home_with_holder`.
fn everything(asset: H256) -> InitiateRequest {
	request(asset, vec![free(100), locked(50, 500)])
}

#[test]
fn the_seat_travels_with_the_last_token() {
	on_chain(|| {
		let asset = home_with_holder();
		let order = initiate(everything(asset));
		assert_eq!(order.seat, CLASS);
		assert_eq!(class(asset), (1_000, 1), "counted until it is settled");
		assert_ok!(settle(&order, receipt(&order, 1)));
		assert_eq!(class(asset), (999, 0));
		assert_conserved(asset);
	});
}

#[test]
fn a_refund_brings_the_seat_back_without_touching_counts() {
	on_chain(|| {
		let asset = home_with_holder();
		let before = (class(asset), limit(asset, 1));
		let order = initiate(everything(asset));
		assert_ok!(settle(&order, receipt(&order, 2)));
		assert_eq!((class(asset), limit(asset, 1)), before);
		assert_conserved(asset);
	});
}

#[test]
fn no_seat_travels_with_a_part_nor_beside_another_order_nor_to_another() {
	on_chain(|| {
		let asset = home_with_holder();
		admit(asset, 2, b'b', ALL);
		let part = initiate(request(asset, vec![free(40)]));
		assert_eq!(part.seat, 0);
		let rest = initiate(request(asset, vec![free(60), locked(50, 500)]));
		assert_eq!(rest.seat, 0, "another order is in flight");
		assert_ok!(settle(&rest, receipt(&rest, 2)));
		assert_ok!(settle(&part, receipt(&part, 2)));
		set_time(NOW + 500);
		let to_another = InitiateRequest { to_investor: investor(2), ..request(asset, vec![free(150)]) };
		assert_eq!(initiate(to_another).seat, 0);
	});
}

#[test]
fn an_arrival_with_its_seat_needs_no_quota_and_brings_it() {
	on_chain(|| {
		let asset = foreign_asset(RULE_KEEP);
		admit(asset, 1, b'a', ALL);
		grant_quota(asset, CLASS, -1_000);
		let order = incoming(asset, 1, vec![free(30)]);
		assert_eq!(deliver(&order), Refusal::HolderCapReached.number());
		assert_eq!(deliver(&TransferOrder { seat: CLASS, ..order }), 0);
		assert_eq!(class(asset), (1, 1));
		// Whoever is counted already needs no seat.
		assert_eq!(deliver(&incoming(asset, 2, vec![free(30)])), 0);
		assert_eq!(class(asset), (1, 1));
		assert_conserved(asset);
	});
}

#[test]
fn a_seat_of_another_class_goes_to_that_classs_quota() {
	on_chain(|| {
		let asset = foreign_asset(RULE_KEEP);
		admit(asset, 1, b'a', ALL);
		assert_eq!(deliver(&TransferOrder { seat: 9, ..incoming(asset, 1, vec![free(30)]) }), 0);
		assert_eq!(class(asset), (1_000, 1));
		assert_eq!(SecurityToken::quota(asset, 9).quota, 1);
	});
}

#[test]
fn a_seat_between_two_investors_is_malformed() {
	on_chain(|| {
		let asset = foreign_asset(RULE_KEEP);
		admit(asset, 1, b'a', ALL);
		admit(asset, 2, b'b', ALL);
		let order = TransferOrder { seat: CLASS, from_investor: investor(2), ..incoming(asset, 1, vec![free(30)]) };
		assert_eq!(deliver(&order), Refusal::Malformed.number());
		let told = Bridge::evaluate_deliver(&order, now()).refused;
		assert_eq!(told.reasons().last().map(|reason| reason.values[0].low_u64()), Some(15));
		assert!(reject(&order, 9).is_err(), "its form is refused everywhere");
	});
}

#[test]
fn own_tokens_carry_their_limit_and_need_no_room() {
	on_chain(|| {
		let asset = home_with_holder();
		let (granted, _, room) = limit(asset, 1);
		let order = initiate(request(asset, vec![free(40)]));
		assert_eq!(limit(asset, 1), (granted, 150, room));
		assert_ok!(settle(&order, receipt(&order, 1)));
		assert_eq!(limit(asset, 1), (granted - 40, 110, room));
		assert_eq!(deliver(&incoming(asset, 1, vec![free(70)])), 0);
		assert_eq!(limit(asset, 1), (granted + 30, 180, room));
	});
}

#[test]
fn to_another_investor_no_room_travels() {
	on_chain(|| {
		let asset = home_with_holder();
		admit(asset, 2, b'b', ALL);
		let (granted, _, room) = limit(asset, 1);
		let order = initiate(InitiateRequest { to_investor: investor(2), ..request(asset, vec![free(40)]) });
		assert_ok!(settle(&order, receipt(&order, 1)));
		assert_eq!(limit(asset, 1), (granted, 110, room + 40), "the sender's room is freed at settlement");
		let (granted, _, room) = limit(asset, 1);
		let order = TransferOrder { from_investor: investor(2), ..incoming(asset, 1, vec![free(30)]) };
		assert_eq!(deliver(&order), 0);
		assert_eq!(limit(asset, 1), (granted, 140, room - 30));
	});
}

#[test]
fn the_zero_account_is_malformed_and_nobodys() {
	on_chain(|| {
		let asset = foreign_asset(RULE_KEEP);
		admit(asset, 1, b'a', ALL);
		let order = TransferOrder { recipient: H256::zero(), ..incoming(asset, 1, vec![free(30)]) };
		let codes: Vec<u16> = Bridge::evaluate_deliver(&order, now())
			.refused
			.reasons()
			.iter()
			.map(|reason| reason.refusal.number())
			.collect();
		assert_eq!(codes, [5, 28]);
		assert_eq!(deliver(&order), 5);
	});
}
