//! Transfers between accounts of this chain.

use lockstep_primitives::{ids, Refusal};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::{H256, U256},
};

use crate::{mock::*, Event};

fn keep(test: impl FnOnce(H256)) {
	with_asset(ids::RULE_KEEP, test);
}

/// With `free` tokens and one lot of 50 in account 1, locked for 100 s.
fn funded(amount: u128, test: impl FnOnce(H256)) {
	keep(|asset| {
		assert_ok!(issue(asset, 1, vec![free(amount), lot(50, START - 1, START + 100)]));
		System::reset_events();
		test(asset);
	});
}

mod effects {
	use super::*;

	#[test]
	fn free_tokens_go_to_another_investor() {
		funded(100, |asset| {
			assert_ok!(transfer(asset, 1, 2, 30));
			assert_eq!((balance(asset, 1), balance(asset, 2)), (120, 30));
			assert_eq!(holding(asset, 1), (70, vec![lot(50, START - 1, START + 100)]));
			assert_eq!(holding(asset, 2), (30, vec![]));
			let told = Event::Transferred { asset, from: named(1), to: named(2), amount: 30 };
			assert_eq!(take_events(), vec![told]);
		});
	}

	#[test]
	fn between_own_accounts_locked_tokens_move_and_the_position_stays() {
		funded(100, |asset| {
			let before = SecurityToken::position(asset, investor(1));
			assert_ok!(transfer(asset, 1, 11, 150));
			assert_eq!((balance(asset, 1), balance(asset, 11)), (0, 150));
			assert_eq!(SecurityToken::position(asset, investor(1)), before);
		});
	}

	#[test]
	fn to_the_same_account_only_the_event_is_told() {
		funded(100, |asset| {
			assert_ok!(transfer(asset, 1, 1, 150));
			assert_eq!(balance(asset, 1), 150);
			let told = Event::Transferred { asset, from: named(1), to: named(1), amount: 150 };
			assert_eq!(take_events(), vec![told]);
			assert_noop!(transfer(asset, 1, 1, 151), refused(Refusal::InsufficientBalance));
		});
	}

	#[test]
	fn a_due_lot_folds_when_the_holder_sends_and_is_told() {
		funded(100, |asset| {
			set_time(START + 100);
			assert_ok!(transfer(asset, 1, 2, 150));
			assert_eq!(holding(asset, 1), (0, vec![]));
			assert_eq!(holding(asset, 2), (150, vec![]));
			assert_eq!(take_events()[0], Event::LotsFolded { asset, investor: investor(1), amount: 50 });
		});
	}

	#[test]
	fn a_restart_makes_one_lot_and_a_second_in_the_same_second_merges() {
		with_asset(ids::RULE_RESTART, |asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			assert_ok!(transfer(asset, 1, 2, 30));
			assert_ok!(transfer(asset, 1, 2, 20));
			assert_eq!(holding(asset, 2), (0, vec![lot(50, START, START + HOLDING)]));
			assert_noop!(transfer(asset, 2, 3, 20), refused(Refusal::LotsLocked));
			travel(START + HOLDING);
			assert_ok!(transfer(asset, 2, 3, 20));
		});
	}
}

mod edges {
	use super::*;

	#[test]
	fn a_lot_unlocks_in_its_second_and_not_before() {
		for (now, unlocked) in [(START + 99, false), (START + 100, true), (START + 101, true)] {
			funded(100, |asset| {
				set_time(now);
				let expected = if unlocked { vec![] } else { vec![14] };
				assert_eq!(explain(asset, 1, 2, 101), expected);
				assert_eq!(explain(asset, 1, 2, 100), Vec::<u16>::new());
			});
		}
	}

	#[test]
	fn eligibility_ends_in_the_second_of_valid_until() {
		for (now, expired) in [(VALID_UNTIL - 1, false), (VALID_UNTIL, true), (VALID_UNTIL + 1, true)] {
			funded(100, |asset| {
				travel(now);
				assert_eq!(explain(asset, 1, 2, 1), if expired { vec![10] } else { vec![] });
			});
		}
	}

	#[test]
	fn the_oracle_is_stale_after_its_age_and_not_at_it() {
		for (now, stale) in [(MAX_AGE - 1, false), (MAX_AGE, false), (MAX_AGE + 1, true)] {
			funded(100, |asset| {
				set_time(START + now);
				assert_eq!(explain(asset, 1, 2, 1), if stale { vec![11] } else { vec![] });
			});
		}
	}

	#[test]
	fn an_oracle_dated_ahead_of_the_chain_is_fresh() {
		funded(100, |asset| {
			set_time(START - 60);
			assert_eq!(explain(asset, 1, 2, 1), Vec::<u16>::new());
		});
	}

	#[test]
	fn the_whole_balance_moves_and_one_more_does_not() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			assert_noop!(transfer(asset, 1, 2, 101), refused(Refusal::InsufficientBalance));
			assert_ok!(transfer(asset, 1, 2, 100));
		});
	}

	#[test]
	fn an_amount_beyond_any_issue_is_too_large_whatever_the_balance() {
		funded(100, |asset| {
			assert_eq!(explain(asset, 1, 2, ids::MAX_AMOUNT), vec![13, 16]);
			assert_eq!(explain(asset, 1, 2, ids::MAX_AMOUNT + 1), vec![43]);
			let huge = SecurityToken::evaluate_transfer(asset, [1; 32], [2; 32], U256::MAX, Eligibility::now());
			assert_eq!(huge.refused.reasons(), &[Refusal::AmountTooLarge.with([U256::MAX, ids::MAX_AMOUNT.into()])]);
		});
	}
}

mod refusals {
	use super::*;

	#[test]
	fn a_pause_of_all_or_of_the_asset_stops_transfers() {
		funded(100, |asset| {
			assert_ok!(Eligibility::pause(signed(guardian()), ids::PAUSE_TRANSFER));
			assert_noop!(transfer(asset, 1, 2, 1), refused(Refusal::Paused));
			assert_ok!(Eligibility::resume(signed(admin()), ids::PAUSE_TRANSFER));
			assert_ok!(transfer(asset, 1, 2, 1));
			let bits = ids::PAUSE_TRANSFER | ids::PAUSE_DELIVER;
			assert_ok!(SecurityToken::pause_asset(signed(guardian()), asset, bits));
			let found = SecurityToken::evaluate_transfer(asset, [1; 32], [2; 32], 1.into(), Eligibility::now());
			assert_eq!(found.refused.reasons(), &[Refusal::Paused.with([bits.into()])]);
			assert_ok!(SecurityToken::resume_asset(signed(admin()), asset, ids::PAUSE_TRANSFER));
			assert_ok!(transfer(asset, 1, 2, 1));
		});
	}

	#[test]
	fn of_an_unknown_asset_nothing_further_is_said() {
		keep(|_| assert_eq!(explain(H256([7; 32]), 1, 2, 1), vec![3]));
	}

	#[test]
	fn unbound_ends_are_named_and_hide_what_depends_on_them() {
		funded(100, |asset| {
			assert_eq!(explain(asset, 99, 2, 1), vec![4, 13]);
			assert_eq!(explain(asset, 1, 99, 1), vec![5]);
			assert_eq!(explain(asset, 98, 99, 0), vec![4, 5, 12]);
		});
	}

	#[test]
	fn a_block_stops_sending_even_between_own_accounts() {
		funded(100, |asset| {
			permit(asset, 1, ids::RECEIVE | ids::BRIDGE);
			assert_eq!(explain(asset, 1, 2, 1), vec![6]);
			assert_eq!(explain(asset, 1, 11, 1), vec![6]);
		});
	}

	#[test]
	fn a_lapsed_holder_moves_between_own_accounts_and_sends_but_does_not_receive() {
		funded(100, |asset| {
			travel(VALID_UNTIL);
			batch(|batch| {
				let mut renewed = word(asset, 2, ALL);
				renewed.valid_until = VALID_UNTIL + 10;
				batch.eligibilities.push(renewed);
			});
			assert_ok!(transfer(asset, 1, 11, 5));
			assert_ok!(transfer(asset, 1, 2, 5));
			assert_noop!(transfer(asset, 2, 1, 5), refused(Refusal::EligibilityExpired));
		});
	}

	#[test]
	fn frozen_investors_and_accounts_neither_send_nor_receive() {
		funded(100, |asset| {
			assert_ok!(transfer(asset, 1, 2, 20));
			freeze_investor(asset, 1);
			assert_eq!(explain(asset, 1, 2, 1), vec![7]);
			assert_eq!(explain(asset, 2, 1, 1), vec![8]);
			assert_eq!(explain(asset, 1, 11, 1), vec![7, 8]);
		});
		funded(100, |asset| {
			assert_ok!(transfer(asset, 1, 2, 20));
			freeze_account(asset, 1);
			assert_eq!(explain(asset, 1, 2, 1), vec![7]);
			assert_eq!(explain(asset, 2, 1, 1), vec![8]);
			assert_eq!(explain(asset, 2, 11, 1), Vec::<u16>::new());
		});
	}

	#[test]
	fn a_receiver_without_permission_or_record_is_not_eligible() {
		funded(100, |asset| {
			permit(asset, 2, ids::SEND | ids::BRIDGE);
			assert_eq!(explain(asset, 1, 2, 1), vec![9]);
			bind(asset, 40, 40);
			assert_eq!(explain(asset, 1, 40, 1), vec![9]);
		});
	}

	#[test]
	fn nothing_moves_for_an_amount_of_zero() {
		funded(100, |asset| assert_eq!(explain(asset, 1, 2, 0), vec![12]));
	}

	#[test]
	fn locked_tokens_tell_what_is_free_and_when_more_will_be() {
		funded(100, |asset| {
			let found = SecurityToken::evaluate_transfer(asset, [1; 32], [2; 32], 120.into(), Eligibility::now());
			let locked = Refusal::LotsLocked.with([100.into(), (START + 100).into(), 120.into()]);
			assert_eq!(found.refused.reasons(), &[locked]);
			assert!(found.plan.is_none());
		});
	}

	#[test]
	fn without_lots_the_next_unlock_is_zero() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(10)]));
			assert_ok!(transfer(asset, 1, 11, 5));
			assert_eq!(explain(asset, 1, 2, 6), vec![13]);
		});
	}

	#[test]
	fn forbid_stops_pairs_and_names_their_classes_but_not_own_moves() {
		with_asset(ids::RULE_FORBID, |asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			let found = SecurityToken::evaluate_transfer(asset, [1; 32], [2; 32], 5.into(), Eligibility::now());
			let classes = Refusal::ClassTransferForbidden.with([1.into(), 2.into()]);
			assert_eq!(found.refused.reasons(), &[classes]);
			assert_ok!(transfer(asset, 1, 11, 5));
		});
	}

	#[test]
	fn all_failing_rules_are_told_and_the_lowest_is_raised() {
		with_asset(ids::RULE_FORBID, |asset| {
			assert_ok!(issue(asset, 1, vec![free(10), lot(20, START, START + 9_999)]));
			assert_ok!(Eligibility::pause(signed(admin()), ids::PAUSE_TRANSFER));
			permit(asset, 1, 0);
			permit(asset, 2, 0);
			freeze_investor(asset, 1);
			freeze_account(asset, 2);
			set_time(START + MAX_AGE + 1);
			assert_eq!(explain(asset, 1, 2, 11), vec![1, 6, 7, 8, 9, 11, 14, 18]);
			assert_noop!(transfer(asset, 1, 2, 11), refused(Refusal::Paused));
		});
	}
}

mod dust {
	use super::*;

	/// A Restart asset in which investor 2 holds `count` lots that others made, one per second before START.
	fn dusted(count: u64, test: impl FnOnce(H256)) {
		with_asset(ids::RULE_RESTART, |asset| {
			assert_ok!(issue(asset, 1, vec![free(10_000)]));
			for n in 0..count {
				travel(START + n);
				assert_ok!(transfer(asset, 1, 2, MIN_LOT));
			}
			test(asset);
		});
	}

	#[test]
	fn a_lot_below_the_least_is_refused_and_the_least_itself_is_not() {
		with_asset(ids::RULE_RESTART, |asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			assert_eq!(explain(asset, 1, 2, MIN_LOT - 1), vec![42]);
			assert_eq!(explain(asset, 1, 2, MIN_LOT), Vec::<u16>::new());
			assert_eq!(explain(asset, 1, 2, MIN_LOT + 1), Vec::<u16>::new());
		});
	}

	#[test]
	fn others_may_fill_twenty_four_places_and_not_more() {
		dusted(24, |asset| {
			assert_eq!(holding(asset, 2).1.len(), 24);
			assert_eq!(explain(asset, 1, 2, MIN_LOT), Vec::<u16>::new(), "it merges in its second");
			travel(START + 24);
			let found = SecurityToken::evaluate_transfer(asset, [1; 32], [2; 32], MIN_LOT.into(), Eligibility::now());
			let full = Refusal::TooManyLots.with([25.into(), 24.into()]);
			assert_eq!(found.refused.reasons(), &[full]);
		});
	}

	#[test]
	fn due_lots_make_room_for_new_ones() {
		dusted(24, |asset| {
			travel(START + HOLDING);
			assert_eq!(explain(asset, 1, 2, MIN_LOT), Vec::<u16>::new());
			assert_ok!(transfer(asset, 1, 2, MIN_LOT));
			let (free, lots) = holding(asset, 2);
			assert_eq!((free, lots.len()), (MIN_LOT, 24));
		});
	}

	/// A receiver with 26 lots, two of them due, was compared with the 26 places it had before folding: the lot of someone
	/// else took the 25th place, which the EVM side refuses.
	#[test]
	fn a_due_lot_lends_its_place_to_no_one() {
		with_asset(ids::RULE_RESTART, |asset| {
			assert_ok!(issue(asset, 1, vec![free(10_000)]));
			let soon = (0..2).map(|n| lot(1, START, START + 10 + n));
			let later = (0..24).map(|n| lot(1, START, START + 50_000 + n));
			assert_ok!(issue(asset, 2, soon.chain(later).collect()));
			travel(START + 20);
			let now = Eligibility::now();
			let found = SecurityToken::evaluate_transfer(asset, [1; 32], [2; 32], MIN_LOT.into(), now);
			let full = Refusal::TooManyLots.with([25.into(), 24.into()]);
			assert_eq!(found.refused.reasons(), &[full]);
		});
	}

	#[test]
	fn the_controller_may_use_all_thirty_two_places() {
		dusted(24, |asset| {
			let lots: Vec<_> = (0..8).map(|n| lot(1, START, START + 50_000 + n)).collect();
			assert_ok!(issue(asset, 2, lots));
			assert_eq!(holding(asset, 2).1.len(), 32);
			let one_more = vec![lot(1, START, START + 60_000)];
			assert_noop!(issue(asset, 2, one_more), refused(Refusal::TooManyLots));
			assert_ok!(issue(asset, 2, vec![lot(1, START, START + 50_007)]));
		});
	}
}
