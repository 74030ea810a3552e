//! Limits and quotas: what they stop, what they never stop, and how holders are counted.

use lockstep_primitives::{ids, ids::signed_to_word, EligibilityItem, Refusal};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
};

use super::support::*;
use crate::{mock::*, Event};

/// Leaves investor `n` exactly `room` above what is used now.
fn leave_room(asset: H256, n: u8, room: i128) {
	let (_, _, before) = limit(asset, n);
	move_limit(asset, n, room - before);
	assert_eq!(limit(asset, n).2, room);
}

/// Leaves a class exactly `seats` seats.
fn leave_seats(asset: H256, of: u16, seats: i64) {
	let (quota, holders) = class(asset, of);
	move_quota(asset, of, holders as i64 + seats - quota);
}

fn reason_of(asset: H256, from: u8, to: u8, amount: u128) -> Option<lockstep_primitives::Reason> {
	let now = Eligibility::now();
	SecurityToken::evaluate_transfer(asset, [from; 32], [to; 32], amount.into(), now).refused.first()
}

mod limits {
	use super::*;

	#[test]
	fn a_limit_may_be_reached_and_not_passed() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			assert_ok!(issue(asset, 2, vec![free(40), lot(5, START, START + 10)]));
			for (room, codes) in [(9, vec![16]), (10, vec![]), (11, vec![]), (-1, vec![16]), (0, vec![16])] {
				leave_room(asset, 2, room);
				assert_eq!(explain(asset, 1, 2, 10), codes, "{room}");
				let issued = SecurityToken::evaluate_issue(&controller(), asset, [2; 32], vec![free(10)], START);
				assert_eq!(super::codes(&issued.refused), codes, "{room}");
				let order = incoming(asset, investor(1), 2, 2, vec![free(10)]);
				assert_eq!(explain_arrival(&order), codes, "{room}");
			}
			leave_room(asset, 2, -1);
			let reason = Refusal::LimitExceeded.with([44.into(), 55.into()]);
			assert_eq!(reason_of(asset, 1, 2, 10), Some(reason));
			assert_noop!(transfer(asset, 1, 2, 10), refused(Refusal::LimitExceeded));
		});
	}

	#[test]
	fn a_negative_limit_shows_as_twos_complement() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			leave_room(asset, 2, -3);
			let reason = Refusal::LimitExceeded.with([signed_to_word(-3), 1.into()]);
			assert_eq!(reason_of(asset, 1, 2, 1), Some(reason));
		});
	}

	#[test]
	fn what_is_in_flight_counts_against_the_limit_until_it_is_settled() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			assert_ok!(issue(asset, 2, vec![free(50)]));
			let order = depart(asset, 2, investor(1), vec![free(50)]);
			leave_room(asset, 2, 9);
			assert_eq!(explain(asset, 1, 2, 10), vec![16]);
			SecurityToken::settle_delivered(&order);
			assert_eq!(limit(asset, 2).2, 59);
			assert_eq!(explain(asset, 1, 2, 10), Vec::<u16>::new());
		});
	}

	#[test]
	fn lowering_a_limit_takes_nothing_away_and_only_stops_receiving() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			leave_room(asset, 1, -60);
			assert_eq!(holding(asset, 1), (100, vec![]));
			assert_ok!(transfer(asset, 1, 2, 50));
			assert_ok!(transfer(asset, 1, 11, 50));
			assert_eq!(explain(asset, 2, 1, 1), vec![16]);
			depart(asset, 11, investor(1), vec![free(50)]);
		});
	}

	#[test]
	fn a_refund_lands_above_a_limit_that_was_lowered() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			let order = depart(asset, 1, investor(2), vec![free(100)]);
			leave_room(asset, 1, -1_000);
			leave_seats(asset, 1, -5);
			SecurityToken::refund(&order);
			assert_eq!(holding(asset, 1).0, 100);
			assert_eq!(limit(asset, 1).2, -1_000, "in flight counted as it does here");
		});
	}

	#[test]
	fn released_is_what_was_lowered_and_not_in_use() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			leave_room(asset, 1, 50);
			for (delta, room, released) in [(-20, 30, 20), (-40, -10, 30), (-5, -15, 0), (7, -8, 0), (8, 0, 0)] {
				System::reset_events();
				move_limit(asset, 1, delta);
				let told = take_events().into_iter().find_map(|event| match event {
					Event::LimitSet { room, released, .. } => Some((room, released)),
					_ => None,
				});
				assert_eq!(told, Some((room, released)), "{delta}");
			}
		});
	}
}

mod quotas {
	use super::*;

	#[test]
	fn a_quota_may_be_reached_and_not_passed() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			for (seats, codes) in [(-1, vec![17]), (0, vec![17]), (1, vec![])] {
				leave_seats(asset, 2, seats);
				assert_eq!(explain(asset, 1, 2, 10), codes, "{seats}");
				let issued = SecurityToken::evaluate_issue(&controller(), asset, [2; 32], vec![free(10)], START);
				assert_eq!(super::codes(&issued.refused), codes, "{seats}");
				let order = incoming(asset, investor(1), 2, 2, vec![free(10)]);
				assert_eq!(explain_arrival(&order), codes, "{seats}");
			}
			leave_seats(asset, 2, -2);
			let reason = Refusal::HolderCapReached.with([2.into(), signed_to_word(-2)]);
			assert_eq!(reason_of(asset, 1, 2, 10), Some(reason));
		});
	}

	#[test]
	fn who_holds_something_needs_no_seat() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			assert_ok!(issue(asset, 2, vec![free(1)]));
			leave_seats(asset, 2, -7);
			assert_ok!(transfer(asset, 1, 2, 10));
			depart(asset, 2, investor(2), vec![free(11)]);
			assert_ok!(transfer(asset, 1, 2, 10));
		});
	}

	#[test]
	fn a_class_counts_whoever_holds_or_has_something_in_flight() {
		keep(|asset| {
			assert_eq!(holders(asset, 1), 0);
			assert_ok!(issue(asset, 1, vec![lot(30, START, START + 10)]));
			assert_eq!((holders(asset, 1), holders(asset, 2)), (1, 0));
			travel(START + 10);
			assert_ok!(transfer(asset, 1, 2, 10));
			assert_eq!((holders(asset, 1), holders(asset, 2)), (1, 1));
			let order = depart(asset, 1, investor(2), vec![free(20)]);
			assert_eq!(holders(asset, 1), 1, "in flight");
			SecurityToken::settle_delivered(&order);
			assert_eq!(holders(asset, 1), 0);
			assert_ok!(transfer(asset, 2, 1, 10));
			assert_eq!((holders(asset, 1), holders(asset, 2)), (1, 0));
		});
	}

	/// Investors 1 and 2 of one class.
	fn classmates(asset: H256) {
		batch(|batch| {
			batch.eligibilities = vec![EligibilityItem { class: 1, ..word(asset, 2, ALL) }];
		});
	}

	#[test]
	fn a_whole_position_may_go_to_a_new_holder_of_a_full_class() {
		keep(|asset| {
			classmates(asset);
			assert_ok!(issue(asset, 1, vec![free(100)]));
			leave_seats(asset, 1, 0);
			assert_eq!(explain(asset, 1, 2, 99), vec![17]);
			assert_eq!(explain(asset, 1, 2, 101), vec![13, 17], "who can't give it all doesn't leave");
			assert_ok!(transfer(asset, 1, 2, 100));
			assert_eq!(class(asset, 1), (1, 1));
		});
	}

	#[test]
	fn nobody_leaves_by_a_movement_that_is_refused_or_with_something_in_flight() {
		keep(|asset| {
			classmates(asset);
			assert_ok!(issue(asset, 1, vec![free(100)]));
			leave_seats(asset, 1, 0);
			assert_ok!(freeze_amount_of(asset, 1, 1));
			assert_eq!(explain(asset, 1, 2, 100), vec![17, 47]);
			assert_ok!(freeze_amount_of(asset, 1, 0));
			depart(asset, 1, investor(1), vec![free(40)]);
			assert_eq!(explain(asset, 1, 2, 60), vec![17]);
		});
		keep(|asset| {
			classmates(asset);
			assert_ok!(issue(asset, 1, vec![lot(100, START, START + 10)]));
			leave_seats(asset, 1, 0);
			assert_eq!(explain(asset, 1, 2, 100), vec![14, 17]);
		});
	}

	#[test]
	fn a_seat_of_another_class_is_not_freed_by_the_leaver() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			leave_seats(asset, 2, 0);
			assert_eq!(explain(asset, 1, 2, 100), vec![17]);
		});
	}

	#[test]
	fn a_change_of_class_moves_the_count_and_is_never_refused() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			move_quota(asset, 9, -4);
			let moved = EligibilityItem { class: 9, ..word(asset, 1, ALL) };
			batch(|batch| batch.eligibilities = vec![moved]);
			assert_eq!((class(asset, 1).1, class(asset, 9)), (0, (-4, 1)));
			let empty = EligibilityItem { class: 9, ..word(asset, 2, ALL) };
			batch(|batch| batch.eligibilities = vec![empty]);
			assert_eq!(class(asset, 9), (-4, 1), "who holds nothing isn't counted");
		});
	}

	#[test]
	fn released_seats_are_those_that_were_free() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			leave_seats(asset, 1, 5);
			for (delta, quota, released) in [(-2, 4, 2), (-5, -1, 3), (-1, -2, 0), (3, 1, 0)] {
				System::reset_events();
				move_quota(asset, 1, delta);
				let told = Event::QuotaSet { asset, class: 1, quota, released };
				assert_eq!(take_events(), vec![told], "{delta}");
			}
			assert_eq!(holding(asset, 1).0, 100);
		});
	}

	#[test]
	fn no_cap_is_asked_of_who_has_no_record_or_of_no_amount() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			batch(|batch| batch.bindings = vec![binding(asset, 60, investor(6))]);
			assert_eq!(explain(asset, 1, 60, 10), vec![9]);
			leave_seats(asset, 2, 0);
			assert_eq!(explain(asset, 1, 2, 0), vec![12]);
			assert_eq!(explain(asset, 1, 2, ids::MAX_AMOUNT + 1), vec![43]);
		});
	}
}

mod crossings {
	use super::*;

	#[test]
	fn own_crossings_change_no_room_and_the_seat_travels_with_the_last_lot() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			let (granted, _, room) = limit(asset, 1);
			let first = depart(asset, 1, investor(1), vec![free(60)]);
			assert_eq!((first.seat, limit(asset, 1).2), (0, room));
			let second = depart(asset, 1, investor(1), vec![free(40)]);
			assert_eq!(second.seat, 0, "another order may still come back");
			SecurityToken::settle_delivered(&first);
			assert_eq!(limit(asset, 1), (granted - 60, 40, room));
			SecurityToken::refund(&second);
			let last = depart(asset, 1, investor(1), vec![free(40)]);
			assert_eq!(last.seat, 1);
			assert_eq!(class(asset, 1), (QUOTA, 1));
			SecurityToken::settle_delivered(&last);
			assert_eq!(limit(asset, 1), (granted - 100, 0, room));
			assert_eq!(class(asset, 1), (QUOTA - 1, 0));
		});
	}

	#[test]
	fn a_refund_of_a_seat_changes_no_count() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			let before = (limit(asset, 1), class(asset, 1));
			let order = depart(asset, 1, investor(1), vec![free(100)]);
			SecurityToken::refund(&order);
			assert_eq!((limit(asset, 1), class(asset, 1)), before);
		});
	}

	#[test]
	fn whoever_came_to_hold_something_meanwhile_stays_counted_after_a_seat_left() {
		keep(|asset| {
			assert_ok!(issue(asset, 2, vec![free(10)]));
			assert_ok!(issue(asset, 1, vec![free(100)]));
			let order = depart(asset, 1, investor(1), vec![free(100)]);
			assert_ok!(transfer(asset, 2, 1, 10));
			SecurityToken::settle_delivered(&order);
			assert_eq!(class(asset, 1), (QUOTA - 1, 1));
		});
	}

	#[test]
	fn to_another_investor_no_seat_and_no_room_travels() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			let (granted, _, room) = limit(asset, 1);
			let order = depart(asset, 1, investor(2), vec![free(100)]);
			assert_eq!(order.seat, 0);
			SecurityToken::settle_delivered(&order);
			assert_eq!(limit(asset, 1), (granted, 0, room + 100));
			assert_eq!(class(asset, 1), (QUOTA, 0));
		});
	}

	#[test]
	fn own_tokens_arrive_above_the_limit_with_their_room_and_need_a_seat_only_as_a_new_holder() {
		keep(|asset| {
			leave_room(asset, 1, -7);
			leave_seats(asset, 1, 0);
			let mut order = incoming(asset, investor(1), 1, 1, vec![free(100)]);
			assert_eq!(explain_arrival(&order), vec![17]);
			order.seat = 1;
			assert_eq!(deliver(&order), Ok(()));
			assert_eq!(limit(asset, 1), (93, 100, -7));
			assert_eq!(class(asset, 1), (1, 1));
			order.seat = 0;
			assert_eq!(deliver(&order), Ok(()), "a holder needs no seat");
			assert_eq!(class(asset, 1), (1, 1));
		});
	}

	#[test]
	fn a_seat_of_a_class_that_the_investor_left_is_still_added_to_that_class() {
		keep(|asset| {
			leave_seats(asset, 1, 0);
			let order =
				lockstep_primitives::TransferOrder { seat: 8, ..incoming(asset, investor(1), 1, 1, vec![free(1)]) };
			assert_eq!(deliver(&order), Ok(()));
			assert_eq!((class(asset, 8), class(asset, 1)), ((1, 0), (0, 1)));
		});
	}

	#[test]
	fn an_order_to_another_investor_with_a_seat_is_malformed() {
		keep(|asset| {
			let mut order = incoming(asset, investor(1), 2, 2, vec![free(1)]);
			order.seat = 2;
			assert_eq!(explain_arrival(&order), vec![48]);
		});
	}
}
