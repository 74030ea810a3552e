//! Orders that leave: evaluation, departure, settlement, refund.

use lockstep_primitives::{ids, Evaluation, InitiateRequest, Lot, Refusal, TransferOrder};
use polkadot_sdk::{frame_support::assert_ok, sp_core::H256};

use crate::{mock::*, Departure};

const REMOTE: H256 = H256([0xee; 32]);

fn keep(test: impl FnOnce(H256)) {
	with_asset(ids::RULE_KEEP, test);
}

fn request(asset: H256, to: u8, lots: Vec<Lot>) -> InitiateRequest {
	InitiateRequest {
		asset,
		destination: REMOTE,
		to_investor: investor(to),
		recipient: H256::from_low_u64_be(1),
		lots,
		deadline: START + 1_000,
	}
}

fn evaluate(asset: H256, from: u8, to: u8, lots: Vec<Lot>) -> Evaluation<Departure> {
	SecurityToken::evaluate_initiate([from; 32], &request(asset, to, lots), Eligibility::now())
}

fn explain(asset: H256, from: u8, to: u8, lots: Vec<Lot>) -> Vec<u16> {
	let found = evaluate(asset, from, to, lots).refused;
	found.reasons().iter().map(|reason| reason.refusal.number()).collect()
}

/// Sends an order off and returns it as the bridge would store it.
fn depart(asset: H256, from: u8, to: u8, lots: Vec<Lot>) -> TransferOrder {
	let departure = evaluate(asset, from, to, lots).into_result().expect("allowed");
	let order = TransferOrder {
		source: Eligibility::domain(),
		destination: REMOTE,
		nonce: 1,
		asset,
		terms: departure.terms,
		from_investor: departure.from_investor,
		to_investor: investor(to),
		sender: named(from),
		recipient: H256::from_low_u64_be(1),
		lots: departure.order_lots.clone(),
		seat: 0,
		initiated_at: Eligibility::now(),
		deadline: START + 1_000,
	};
	SecurityToken::depart(departure);
	check_all(asset);
	order
}

fn counters(asset: H256, n: u8) -> (u128, u8, u8) {
	let (holder, _) = SecurityToken::position(asset, investor(n));
	(holder.in_flight, holder.reserved, holder.orders)
}

/// With 100 free, 50 locked for 100 s and 60 locked for 200 s in account 1.
fn funded(test: impl FnOnce(H256)) {
	keep(|asset| {
		let lots = vec![free(100), lot(50, START, START + 100), lot(60, START, START + 200)];
		assert_ok!(issue(asset, 1, lots));
		test(asset);
	});
}

mod effects {
	use super::*;

	#[test]
	fn lots_leave_with_their_times_and_are_counted_as_in_flight() {
		funded(|asset| {
			let wanted = vec![free(30), lot(20, START, START + 100), lot(60, START, START + 200)];
			let order = depart(asset, 1, 1, wanted.clone());
			assert_eq!((order.lots, order.terms), (wanted, 1));
			assert_eq!(order.from_investor, investor(1));
			assert_eq!(holding(asset, 1), (70, vec![lot(30, START, START + 100)]));
			assert_eq!(counters(asset, 1), (110, 2, 1));
			assert_eq!(balance(asset, 1), 100);
			assert_eq!(SecurityToken::supply(asset).supply, 100);
			assert_eq!(SecurityToken::supply(asset).issued, 210);
		});
	}

	#[test]
	fn a_named_lot_that_has_unlocked_comes_from_free_and_joins_the_free_part() {
		funded(|asset| {
			travel(START + 100);
			let order = depart(asset, 1, 2, vec![free(30), lot(50, START, START + 100)]);
			assert_eq!(order.lots, vec![free(80)]);
			assert_eq!(holding(asset, 1), (70, vec![lot(60, START, START + 200)]));
		});
	}

	#[test]
	fn a_named_lot_that_was_folded_before_still_comes_from_free() {
		funded(|asset| {
			travel(START + 100);
			assert_ok!(transfer(asset, 1, 2, 120));
			let order = depart(asset, 1, 2, vec![lot(30, START, START + 100)]);
			assert_eq!(order.lots, vec![free(30)]);
		});
	}

	#[test]
	fn a_delivered_order_ends_its_flight() {
		funded(|asset| {
			let order = depart(asset, 1, 1, vec![lot(20, START, START + 100)]);
			SecurityToken::settle_delivered(&order);
			assert_eq!(counters(asset, 1), (0, 0, 0));
			assert_eq!(SecurityToken::supply(asset).supply, 190);
		});
	}

	#[test]
	fn a_refund_returns_the_very_lots() {
		funded(|asset| {
			let before = (holding(asset, 1), balance(asset, 1), SecurityToken::supply(asset));
			let order = depart(asset, 1, 1, vec![free(30), lot(20, START, START + 100)]);
			SecurityToken::refund(&order);
			assert_eq!((holding(asset, 1), balance(asset, 1), SecurityToken::supply(asset)), before);
			assert_eq!(counters(asset, 1), (0, 0, 0));
		});
	}

	#[test]
	fn a_lot_that_unlocked_in_flight_comes_back_free() {
		funded(|asset| {
			let order = depart(asset, 1, 1, vec![lot(50, START, START + 100)]);
			set_time(START + 100);
			SecurityToken::refund(&order);
			assert_eq!(holding(asset, 1), (150, vec![lot(60, START, START + 200)]));
		});
	}

	#[test]
	fn a_refund_lands_whatever_became_of_the_investor() {
		funded(|asset| {
			let order = depart(asset, 1, 1, vec![free(100)]);
			permit(asset, 1, 0);
			freeze_investor(asset, 1);
			assert_ok!(Eligibility::pause(signed(admin()), ids::PAUSE_ALL));
			set_time(VALID_UNTIL + MAX_AGE);
			SecurityToken::refund(&order);
			assert_eq!(holding(asset, 1).0, 100);
			let (holder, _) = SecurityToken::position(asset, investor(1));
			assert!(holder.is_frozen());
		});
	}

	#[test]
	fn a_refund_finds_the_places_that_were_kept() {
		keep(|asset| {
			let lots: Vec<Lot> = (1..=32).map(|n| lot(2, START, START + n)).collect();
			assert_ok!(issue(asset, 1, lots.clone()));
			let order = depart(asset, 1, 1, lots[..16].to_vec());
			assert_eq!(explain(asset, 1, 1, vec![lot(1, START, START + 20)]), vec![15], "a split needs a place");
			let second = lot(2, START, START + 20);
			let second = depart(asset, 1, 1, vec![second]);
			SecurityToken::refund(&order);
			SecurityToken::refund(&second);
			assert_eq!(holding(asset, 1).1, lots);
		});
	}
}

mod refusals {
	use super::*;

	#[test]
	fn a_pause_of_initiate_stops_departures() {
		funded(|asset| {
			assert_ok!(SecurityToken::pause_asset(signed(admin()), asset, ids::PAUSE_INITIATE));
			assert_eq!(explain(asset, 1, 1, vec![free(1)]), vec![1]);
		});
	}

	#[test]
	fn asset_and_sender_must_be_known() {
		funded(|asset| {
			assert_eq!(explain(H256([7; 32]), 1, 1, vec![free(1)]), vec![3]);
			assert_eq!(explain(asset, 99, 1, vec![free(1)]), vec![4, 13]);
		});
	}

	#[test]
	fn the_sender_must_be_allowed_to_send_and_to_cross_and_not_be_frozen() {
		funded(|asset| {
			permit(asset, 1, ids::RECEIVE | ids::SEND);
			assert_eq!(explain(asset, 1, 1, vec![free(1)]), vec![34]);
			permit(asset, 1, ids::RECEIVE | ids::BRIDGE);
			assert_eq!(explain(asset, 1, 1, vec![free(1)]), vec![6]);
			permit(asset, 1, 0);
			freeze_account(asset, 1);
			assert_eq!(explain(asset, 1, 1, vec![free(1)]), vec![6, 7, 34]);
		});
	}

	#[test]
	fn a_lapsed_or_unheard_of_holder_may_still_leave() {
		funded(|asset| {
			set_time(VALID_UNTIL + MAX_AGE + 1);
			assert_eq!(explain(asset, 1, 1, vec![free(1)]), Vec::<u16>::new());
		});
	}

	#[test]
	fn fifteen_orders_in_flight_are_the_most() {
		funded(|asset| {
			for _ in 0..14 {
				depart(asset, 1, 1, vec![free(1)]);
			}
			assert_eq!(explain(asset, 1, 1, vec![free(1)]), Vec::<u16>::new());
			let last = depart(asset, 1, 1, vec![free(1)]);
			assert_eq!(explain(asset, 1, 1, vec![free(1)]), vec![40]);
			SecurityToken::settle_delivered(&last);
			assert_eq!(explain(asset, 1, 1, vec![free(1)]), Vec::<u16>::new());
		});
	}

	#[test]
	fn the_account_must_hold_what_leaves_and_the_position_must_have_it_free() {
		funded(|asset| {
			assert_eq!(explain(asset, 1, 2, vec![free(211)]), vec![13]);
			let found = evaluate(asset, 1, 2, vec![free(101)]).refused;
			let locked = Refusal::LotsLocked.with([100.into(), (START + 100).into(), 101.into()]);
			assert_eq!(found.reasons(), &[locked]);
		});
	}

	#[test]
	fn locked_lots_do_not_cross_to_another_investor_until_their_second() {
		for (now, allowed) in [(START + 99, false), (START + 100, true), (START + 101, true)] {
			funded(|asset| {
				travel(now);
				let wanted = vec![free(10), lot(50, START, START + 100)];
				let found = evaluate(asset, 1, 2, wanted).refused;
				let locked = Refusal::LotsLocked.with([100.into(), (START + 100).into(), 60.into()]);
				assert_eq!(found.reasons(), if allowed { vec![] } else { vec![locked] });
			});
		}
	}

	#[test]
	fn an_unknown_or_smaller_lot_is_named() {
		funded(|asset| {
			let smaller = lot(51, START, START + 100);
			let found = evaluate(asset, 1, 1, vec![smaller]).refused;
			let unknown = Refusal::LotUnknown.with([START.into(), (START + 100).into(), 50.into()]);
			assert_eq!(found.reasons(), &[unknown]);
			assert_eq!(explain(asset, 1, 1, vec![lot(1, START - 1, START + 100)]), vec![41]);
			assert_eq!(explain(asset, 1, 1, vec![lot(50, START, START + 100)]), Vec::<u16>::new());
		});
	}

	#[test]
	fn the_requests_form_is_checked() {
		funded(|asset| {
			assert_eq!(explain(asset, 1, 1, vec![]), vec![12]);
			assert_eq!(explain(asset, 1, 1, vec![free(1), free(1)]), vec![48]);
			assert_eq!(explain(asset, 1, 1, vec![free(ids::MAX_AMOUNT + 1)]), vec![43]);
			let many: Vec<Lot> = (1..=33).map(|n| lot(1, START, START + n)).collect();
			assert!(explain(asset, 1, 1, many).contains(&15));
			let mut odd = request(asset, 1, vec![free(1)]);
			odd.to_investor = H256([1; 32]);
			let found = SecurityToken::evaluate_initiate([1; 32], &odd, START).refused;
			assert_eq!(found.reasons(), &[Refusal::Malformed.with([1.into()])]);
		});
	}
}
