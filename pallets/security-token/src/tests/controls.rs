//! The controller's actions on holdings: freeze, redeem, force, move lots.

use lockstep_primitives::{ids, lots, Action, EligibilityItem, Lot, Refusal};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::DispatchResult},
	frame_system,
	sp_core::H256,
};

use super::support::*;
use crate::{evaluate::Movement, mock::*, Event, Holders};

fn redeem(asset: H256, from: u8, lots: Vec<Lot>) -> DispatchResult {
	SecurityToken::redeem(signed(controller()), asset, account(from), lots, action())
}

fn move_lots(asset: H256, from: u8, to: u8, lots: Vec<Lot>) -> DispatchResult {
	SecurityToken::move_lots(signed(controller()), asset, account(from), account(to), lots, action())
}

/// Numbers of all rules that moving lots fails now.
fn explain_moving(asset: H256, from: u8, to: u8, lots: &[Lot]) -> Vec<u16> {
	let action = action();
	let movement = Movement { asset, from: named(from), to: named(to), action: &action, now: Eligibility::now() };
	codes(&SecurityToken::evaluate_move_lots(&controller(), &movement, lots).refused)
}

/// With 100 free, 50 locked for 100 s and 60 locked for 200 s in account 1.
fn funded(test: impl FnOnce(H256)) {
	keep(|asset| {
		let lots = vec![free(100), lot(50, START, START + 100), lot(60, START, START + 200)];
		assert_ok!(issue(asset, 1, lots));
		System::reset_events();
		test(asset);
	});
}

mod gate {
	use super::*;

	#[test]
	fn only_the_controller_acts_and_only_with_a_reason_and_a_document() {
		funded(|asset| {
			let call = |by: u8, asset, action| {
				SecurityToken::freeze_investor(signed(account(by)), asset, investor(1), true, action)
			};
			for by in [1, 201, 202] {
				assert_noop!(call(by, asset, action()), refused(Refusal::NotController));
			}
			assert_noop!(call(203, H256([7; 32]), action()), refused(Refusal::AssetUnknown));
			for odd in [Action { reason: 0, ..action() }, Action { document: H256::zero(), ..action() }] {
				assert_noop!(call(203, asset, odd), refused(Refusal::Malformed));
			}
			let unsigned = SecurityToken::freeze_investor(RuntimeOrigin::none(), asset, investor(1), true, action());
			assert_noop!(unsigned, refused(Refusal::NotController));
			assert_ok!(call(203, asset, action()));
		});
	}

	#[test]
	fn no_pause_stops_the_controller() {
		funded(|asset| {
			assert_ok!(Eligibility::pause(signed(admin()), ids::PAUSE_ALL));
			assert_ok!(SecurityToken::pause_asset(signed(admin()), asset, ids::PAUSE_ALL));
			assert_ok!(freeze_amount_of(asset, 1, 5));
			assert_ok!(force(asset, 1, 2, 10));
			assert_ok!(recover(asset, 1, 60));
			assert_ok!(redeem(asset, 60, vec![free(1)]));
			assert_ok!(move_lots(asset, 60, 2, vec![free(1)]));
			assert_ok!(replace(asset, 1, 3));
		});
	}
}

mod freezing {
	use super::*;

	#[test]
	fn a_frozen_account_neither_gives_nor_takes_until_it_is_thawed() {
		funded(|asset| {
			let set = |frozen| {
				let to = account(1);
				SecurityToken::freeze_account(signed(controller()), asset, to, frozen, action())
			};
			assert_ok!(set(true));
			let (reason, document) = (action().reason, action().document);
			let told = Event::AccountFrozen { asset, account: named(1), frozen: true, reason, document };
			assert_eq!(take_events(), vec![told]);
			assert_eq!(explain(asset, 1, 2, 5), vec![7]);
			assert_eq!(explain(asset, 11, 1, 5), vec![8, 13]);
			assert_ok!(set(false));
			assert_eq!(explain(asset, 1, 2, 5), Vec::<u16>::new());
		});
	}

	#[test]
	fn an_account_that_nobody_knew_can_be_frozen_and_still_keeps_its_nonce_later() {
		funded(|asset| {
			let known = || frame_system::Account::<Test>::get(account(60)).sufficients;
			assert_ok!(SecurityToken::freeze_account(signed(controller()), asset, account(60), true, action()));
			bind(asset, 60, 2);
			assert_eq!(known(), 1);
			assert_eq!(explain(asset, 1, 60, 5), vec![8]);
			let nobody = SecurityToken::freeze_account(
				signed(controller()),
				asset,
				polkadot_sdk::sp_runtime::AccountId32::new([0; 32]),
				true,
				action(),
			);
			assert_noop!(nobody, refused(Refusal::RecipientMalformed));
		});
	}

	#[test]
	fn a_frozen_investor_neither_gives_nor_takes_but_refunds_land() {
		funded(|asset| {
			let order = depart(asset, 1, investor(1), vec![free(10)]);
			let set =
				|frozen| SecurityToken::freeze_investor(signed(controller()), asset, investor(1), frozen, action());
			assert_ok!(set(true));
			assert_eq!(explain(asset, 1, 2, 5), vec![7]);
			assert_eq!(explain_arrival(&incoming(asset, investor(1), 1, 1, vec![free(1)])), vec![8]);
			SecurityToken::refund(&order);
			assert_eq!(holding(asset, 1).0, 100);
			assert_ok!(set(false));
			assert_eq!(explain(asset, 1, 2, 5), Vec::<u16>::new());
		});
	}

	#[test]
	fn a_frozen_amount_may_be_touched_by_nobody_but_the_rest_may() {
		funded(|asset| {
			assert_ok!(freeze_amount_of(asset, 1, 130));
			assert_eq!(explain(asset, 1, 2, 80), Vec::<u16>::new());
			assert_eq!(explain(asset, 1, 2, 81), vec![47]);
			assert_eq!(codes(&evaluate_leaving(asset, 1, investor(1), vec![free(81)]).refused), vec![47]);
			assert_eq!(codes(&evaluate_leaving(asset, 1, investor(2), vec![free(80)]).refused), Vec::<u16>::new());
			assert_noop!(redeem(asset, 1, vec![free(81)]), refused(Refusal::FrozenAmount));
			assert_eq!(explain_moving(asset, 1, 2, &[free(81)]), vec![47]);
			assert_eq!(explain(asset, 1, 11, 210), Vec::<u16>::new(), "own accounts don't matter");
			assert_eq!(explain(asset, 1, 2, 211), vec![13]);
			assert_eq!(explain(asset, 1, 2, 101), vec![14, 47]);
		});
	}

	#[test]
	fn more_than_everything_may_be_frozen_and_zero_thaws() {
		funded(|asset| {
			assert_ok!(freeze_amount_of(asset, 1, ids::MAX_AMOUNT));
			assert_eq!(explain(asset, 1, 2, 1), vec![47]);
			assert_noop!(freeze_amount_of(asset, 1, ids::MAX_AMOUNT + 1), refused(Refusal::AmountTooLarge));
			assert_ok!(freeze_amount_of(asset, 1, 0));
			assert_eq!(SecurityToken::position(asset, investor(1)).0.flags, 0);
			assert_eq!(explain(asset, 1, 2, 1), Vec::<u16>::new());
		});
	}
}

mod redeeming {
	use super::*;

	#[test]
	fn what_is_redeemed_is_gone_and_counted() {
		funded(|asset| {
			travel(START + 100);
			System::reset_events();
			assert_ok!(redeem(asset, 1, vec![free(10), lot(20, START, START + 100), lot(60, START, START + 200)]));
			assert_eq!(holding(asset, 1), (120, vec![]));
			let supply = SecurityToken::supply(asset);
			assert_eq!((supply.supply, supply.issued, supply.redeemed), (120, 210, 90));
			let (reason, document) = (action().reason, action().document);
			let lots = vec![free(30), lot(60, START, START + 200)];
			assert_eq!(
				take_events(),
				vec![
					Event::LotsFolded { asset, investor: investor(1), amount: 50 },
					Event::Redeemed { asset, investor: investor(1), account: named(1), lots, reason, document },
				]
			);
			assert_ok!(redeem(asset, 1, vec![free(120)]));
			assert_eq!(holders(asset, 1), 0);
		});
	}

	#[test]
	fn what_is_redeemed_may_be_issued_again() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(AUTHORISED)]));
			assert_noop!(issue(asset, 1, vec![free(1)]), refused(Refusal::OverAuthorisedIssue));
			assert_ok!(redeem(asset, 1, vec![free(1)]));
			assert_ok!(issue(asset, 1, vec![free(1)]));
		});
	}

	#[test]
	fn lapsed_and_blocked_holders_can_be_paid_out_frozen_ones_not() {
		funded(|asset| {
			permit(asset, 1, 0);
			set_time(VALID_UNTIL + MAX_AGE + 1);
			assert_ok!(redeem(asset, 1, vec![free(1)]));
			freeze_account(asset, 1);
			assert_noop!(redeem(asset, 1, vec![free(1)]), refused(Refusal::SenderFrozen));
			assert_noop!(redeem(asset, 99, vec![free(1)]), refused(Refusal::SenderUnbound));
		});
	}

	#[test]
	fn the_lots_must_have_their_form_and_be_there() {
		funded(|asset| {
			assert_noop!(redeem(asset, 1, vec![]), refused(Refusal::AmountZero));
			assert_noop!(redeem(asset, 1, vec![free(1), free(1)]), refused(Refusal::Malformed));
			assert_noop!(redeem(asset, 1, vec![free(ids::MAX_AMOUNT + 1)]), refused(Refusal::AmountTooLarge));
			assert_noop!(redeem(asset, 1, vec![free(211)]), refused(Refusal::InsufficientBalance));
			assert_noop!(redeem(asset, 1, vec![free(101)]), refused(Refusal::LotsLocked));
			assert_noop!(redeem(asset, 1, vec![lot(51, START, START + 100)]), refused(Refusal::LotUnknown));
		});
	}
}

mod forcing {
	use super::*;

	#[test]
	fn free_tokens_go_first_then_locked_lots_with_their_times() {
		funded(|asset| {
			assert_ok!(force(asset, 1, 2, 170));
			assert_eq!(holding(asset, 1), (0, vec![lot(40, START, START + 200)]));
			let got = vec![lot(50, START, START + 100), lot(20, START, START + 200)];
			assert_eq!(holding(asset, 2), (100, got));
			let (reason, document) = (action().reason, action().document);
			let (from, to, amount, unfroze) = (named(1), named(2), 170, 0);
			assert_eq!(
				take_events(),
				vec![
					Event::Transferred { asset, from, to, amount },
					Event::ForcedTransfer { asset, from, to, amount, unfroze, reason, document },
				]
			);
		});
	}

	#[test]
	fn no_cap_freeze_lapse_or_pair_rule_stops_it() {
		with_asset(ids::RULE_FORBID, |asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			move_limit(asset, 2, -2 * LIMIT);
			move_quota(asset, 2, -2 * QUOTA);
			freeze_investor(asset, 1);
			freeze_account(asset, 2);
			permit(asset, 1, 0);
			set_time(VALID_UNTIL + MAX_AGE + 1);
			assert_ok!(force(asset, 1, 2, 100));
			assert_eq!(holding(asset, 2).0, 100);
			assert_eq!(limit(asset, 2).2, -LIMIT - 100);
			assert_eq!((class(asset, 1).1, class(asset, 2).1), (0, 1));
		});
	}

	#[test]
	fn it_says_what_it_unfroze_and_unfreezes_no_more() {
		for (frozen, amount, unfroze) in [(0, 210, 0), (60, 150, 0), (60, 151, 1), (60, 210, 60), (500, 10, 10)] {
			funded(|asset| {
				assert_ok!(freeze_amount_of(asset, 1, frozen));
				assert_ok!(force(asset, 1, 2, amount));
				let told = take_events().into_iter().find_map(|event| match event {
					Event::ForcedTransfer { unfroze, .. } => Some(unfroze),
					_ => None,
				});
				assert_eq!(told, Some(unfroze));
				assert_eq!(SecurityToken::frozen(asset, investor(1)), frozen - unfroze);
				assert_eq!(SecurityToken::frozen(asset, investor(2)), 0);
			});
		}
	}

	#[test]
	fn to_oneself_it_unfreezes_and_unlocks_nothing() {
		funded(|asset| {
			assert_ok!(freeze_amount_of(asset, 1, 200));
			let before = SecurityToken::position(asset, investor(1));
			assert_ok!(force(asset, 1, 11, 150));
			assert_eq!((balance(asset, 1), balance(asset, 11)), (60, 150));
			assert_ok!(force(asset, 11, 11, 150));
			assert_eq!((balance(asset, 1), balance(asset, 11)), (60, 150));
			assert_eq!(SecurityToken::position(asset, investor(1)), before);
		});
	}

	#[test]
	fn into_full_places_the_nearest_lots_merge_to_the_later_times() {
		keep(|asset| {
			let many: Vec<Lot> = (1..=32).map(|n| lot(1, START, START + n * 100)).collect();
			assert_ok!(issue(asset, 2, many));
			assert_ok!(issue(asset, 1, vec![lot(5, START, START + 150), lot(7, START, START + 9_999)]));
			assert_ok!(force(asset, 1, 2, 12));
			let (_, held) = holding(asset, 2);
			assert_eq!((held.len(), lots::sum(&held)), (32, 44.into()));
			assert!(held.contains(&lot(7, START, START + 200)), "100 and 150, then these and 200: {held:?}");
			assert!(held.contains(&lot(1, START, START + 300)));
			assert!(held.contains(&lot(7, START, START + 9_999)));
		});
	}

	#[test]
	fn only_who_may_receive_at_all_can_be_given_something() {
		funded(|asset| {
			permit(asset, 2, ids::SEND);
			assert_noop!(force(asset, 1, 2, 10), refused(Refusal::ReceiverNotEligible));
			assert_noop!(force(asset, 1, 99, 10), refused(Refusal::ReceiverUnbound));
			assert_noop!(force(asset, 99, 1, 10), refused(Refusal::SenderUnbound));
			assert_noop!(force(asset, 1, 3, 211), refused(Refusal::InsufficientBalance));
			assert_noop!(force(asset, 1, 3, 0), refused(Refusal::AmountZero));
			assert_noop!(force(asset, 1, 3, ids::MAX_AMOUNT + 1), refused(Refusal::AmountTooLarge));
		});
	}
}

mod moving_lots {
	use super::*;

	#[test]
	fn lots_move_with_their_dates_whatever_the_pair_rule() {
		with_asset(ids::RULE_FORBID, |asset| {
			assert_ok!(issue(asset, 1, vec![free(100), lot(50, START - 9, START + 100)]));
			System::reset_events();
			assert_ok!(move_lots(asset, 1, 2, vec![free(10), lot(20, START - 9, START + 100)]));
			assert_eq!(holding(asset, 2), (10, vec![lot(20, START - 9, START + 100)]));
			assert_eq!(holding(asset, 1), (90, vec![lot(30, START - 9, START + 100)]));
			assert_eq!((balance(asset, 1), balance(asset, 2)), (120, 30));
			let (from, to, amount) = (named(1), named(2), 30);
			let (reason, document) = (action().reason, action().document);
			let lots = vec![free(10), lot(20, START - 9, START + 100)];
			assert_eq!(
				take_events(),
				vec![
					Event::Transferred { asset, from, to, amount },
					Event::LotsMoved { asset, from, to, lots, reason, document },
				]
			);
		});
	}

	#[test]
	fn both_must_be_eligible_and_the_caps_hold() {
		funded(|asset| {
			let gift = [lot(50, START, START + 100)];
			permit(asset, 1, ids::RECEIVE);
			assert_eq!(explain_moving(asset, 1, 2, &gift), vec![6]);
			permit(asset, 1, ALL);
			permit(asset, 2, ids::SEND);
			assert_eq!(explain_moving(asset, 1, 2, &gift), vec![9]);
			permit(asset, 2, ALL);
			move_limit(asset, 2, 49 - LIMIT);
			move_quota(asset, 2, -QUOTA);
			assert_eq!(explain_moving(asset, 1, 2, &gift), vec![16, 17]);
			assert_eq!(explain_moving(asset, 1, 1, &gift), vec![48]);
			assert_eq!(explain_moving(asset, 1, 11, &gift), vec![48]);
			assert_eq!(explain_moving(asset, 1, 99, &gift), vec![5]);
			freeze_account(asset, 1);
			freeze_account(asset, 3);
			assert_eq!(explain_moving(asset, 1, 3, &gift), vec![7, 8]);
			set_time(VALID_UNTIL + MAX_AGE + 1);
			assert_eq!(explain_moving(asset, 2, 3, &[free(1)]), vec![8, 10, 11, 13]);
		});
	}

	#[test]
	fn a_whole_position_may_go_to_a_new_holder_of_a_full_class() {
		funded(|asset| {
			batch(|batch| batch.eligibilities = vec![EligibilityItem { class: 1, ..word(asset, 2, ALL) }]);
			move_quota(asset, 1, 1 - QUOTA);
			let all = [free(100), lot(50, START, START + 100), lot(60, START, START + 200)];
			assert_eq!(explain_moving(asset, 1, 2, &all[..2]), vec![17]);
			assert_ok!(move_lots(asset, 1, 2, all.to_vec()));
			assert_eq!(class(asset, 1), (1, 1));
			assert_eq!(Holders::<Test>::get(asset, investor(1)).used(), 0);
		});
	}

	#[test]
	fn into_full_places_the_nearest_lots_merge() {
		keep(|asset| {
			let many: Vec<Lot> = (1..=32).map(|n| lot(1, START, START + n * 100)).collect();
			assert_ok!(issue(asset, 2, many));
			assert_ok!(issue(asset, 1, vec![lot(5, START, START + 9_999)]));
			assert_ok!(move_lots(asset, 1, 2, vec![lot(5, START, START + 9_999)]));
			let (_, held) = holding(asset, 2);
			assert_eq!((held.len(), lots::sum(&held)), (32, 37.into()));
			assert_eq!(held[0], lot(2, START, START + 200));
		});
	}
}
