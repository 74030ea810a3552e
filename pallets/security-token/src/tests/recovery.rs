//! Lost accounts and replaced investors: what becomes of what was meant for them.

use lockstep_primitives::{ids, lots, Lot, Refusal};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	frame_system,
	sp_core::H256,
};

use super::support::*;
use crate::{mock::*, Event};

/// Codes of the items that the next batch skips.
fn skipped(bindings: Vec<lockstep_primitives::BindingItem>) -> Vec<u16> {
	System::reset_events();
	batch(|batch| batch.bindings = bindings);
	let code = |record: frame_system::EventRecord<RuntimeEvent, H256>| match record.event {
		RuntimeEvent::Eligibility(lockstep_eligibility::Event::ItemSkipped { code, .. }) => Some(code),
		_ => None,
	};
	System::events().into_iter().filter_map(code).collect()
}

fn owner(asset: H256, of: u8) -> H256 {
	SecurityToken::account(asset, named(of)).investor
}

/// With 100 free and 50 locked in account 1.
fn funded(test: impl FnOnce(H256)) {
	keep(|asset| {
		assert_ok!(issue(asset, 1, vec![free(100), lot(50, START, START + 100)]));
		System::reset_events();
		test(asset);
	});
}

mod accounts {
	use super::*;

	#[test]
	fn balance_and_binding_go_to_the_new_account_and_the_position_stays() {
		funded(|asset| {
			let before = SecurityToken::position(asset, investor(1));
			assert_ok!(recover(asset, 1, 60));
			assert_eq!((balance(asset, 1), balance(asset, 60)), (0, 150));
			assert_eq!((owner(asset, 1), owner(asset, 60)), (H256::zero(), investor(1)));
			assert_eq!(SecurityToken::moved_to(asset, named(1)), named(60));
			assert_eq!(SecurityToken::position(asset, investor(1)), before);
			assert_eq!(frame_system::Account::<Test>::get(account(60)).sufficients, 1);
			let (from, to, amount) = (named(1), named(60), 150);
			let (reason, document) = (action().reason, action().document);
			assert_eq!(
				take_events(),
				vec![
					Event::AccountBound { asset, account: from, investor: H256::zero() },
					Event::AccountBound { asset, account: to, investor: investor(1) },
					Event::Transferred { asset, from, to, amount },
					Event::AccountRecovered { asset, from, to, amount, reason, document },
				]
			);
		});
	}

	#[test]
	fn to_an_account_that_the_investor_has_already_the_balances_add_up() {
		funded(|asset| {
			assert_ok!(transfer(asset, 1, 11, 40));
			System::reset_events();
			assert_ok!(recover(asset, 1, 11));
			assert_eq!((balance(asset, 1), balance(asset, 11)), (0, 150));
			let bound = take_events().iter().filter(|event| matches!(event, Event::AccountBound { .. })).count();
			assert_eq!(bound, 1);
		});
	}

	#[test]
	fn an_empty_account_can_be_recovered_and_a_freeze_goes_along() {
		keep(|asset| {
			freeze_account(asset, 1);
			assert_ok!(recover(asset, 1, 60));
			assert_eq!(SecurityToken::account(asset, named(60)).flags, ids::FLAG_FROZEN);
			assert!(!take_events().iter().any(|event| matches!(event, Event::Transferred { .. })));
			assert_ok!(issue(asset, 2, vec![free(5)]));
			assert_eq!(explain(asset, 2, 60, 1), vec![8]);
		});
	}

	#[test]
	fn recovery_to_another_investors_account_is_refused() {
		funded(|asset| {
			assert_noop!(recover(asset, 1, 2), refused(Refusal::BindingInvalid));
			assert_noop!(recover(asset, 1, 1), refused(Refusal::Malformed));
			assert_noop!(recover(asset, 99, 60), refused(Refusal::SenderUnbound));
			assert_noop!(recover(asset, 1, 0), refused(Refusal::RecipientMalformed));
		});
	}

	#[test]
	fn with_an_order_in_flight_the_refund_lands_on_the_new_account() {
		funded(|asset| {
			let order = depart(asset, 1, investor(1), vec![free(30), lot(50, START, START + 100)]);
			assert_ok!(recover(asset, 1, 60));
			SecurityToken::refund(&order);
			check_all(asset);
			assert_eq!((balance(asset, 1), balance(asset, 60)), (0, 150));
			assert_eq!(holding(asset, 1), (100, vec![lot(50, START, START + 100)]));
		});
	}

	#[test]
	fn an_order_to_the_old_account_is_delivered_to_the_new_one() {
		funded(|asset| {
			assert_ok!(recover(asset, 1, 60));
			let order = incoming(asset, investor(1), 1, 1, vec![free(7)]);
			assert_eq!(deliver(&order), Ok(()));
			assert_eq!(balance(asset, 60), 157);
			let stranger = incoming(asset, investor(1), 1, 2, vec![free(7)]);
			assert_eq!(explain_arrival(&stranger), vec![5]);
		});
	}

	#[test]
	fn forwarding_stays_one_hop_through_many_recoveries_and_none_is_forgotten() {
		funded(|asset| {
			let order = depart(asset, 1, investor(1), vec![free(100)]);
			for n in 60..92 {
				assert_ok!(recover(asset, if n == 60 { 1 } else { n - 1 }, n));
			}
			assert_noop!(recover(asset, 91, 92), refused(Refusal::Malformed));
			assert_noop!(recover(asset, 11, 91), refused(Refusal::Malformed));
			assert_ok!(recover(asset, 91, 70));
			for of in [1, 60, 69, 71, 91] {
				assert_eq!(SecurityToken::moved_to(asset, named(of)), named(70));
			}
			SecurityToken::refund(&order);
			check_all(asset);
			assert_eq!(balance(asset, 70), 150);
		});
	}

	#[test]
	fn back_and_forth_leads_nowhere_in_circles() {
		funded(|asset| {
			assert_ok!(recover(asset, 1, 60));
			assert_ok!(recover(asset, 60, 1));
			assert_eq!(SecurityToken::moved_to(asset, named(1)), H256::zero());
			assert_eq!(SecurityToken::moved_to(asset, named(60)), named(1));
			assert_ok!(recover(asset, 1, 60));
			assert_eq!(SecurityToken::moved_to(asset, named(60)), H256::zero());
			assert_eq!(balance(asset, 60), 150);
		});
	}

	#[test]
	fn an_account_that_was_recovered_from_is_opened_by_a_recovery_back_only() {
		funded(|asset| {
			let order = depart(asset, 1, investor(1), vec![free(100)]);
			assert_ok!(recover(asset, 1, 60));
			let items = [investor(1), investor(2), H256::zero()].map(|to| binding(asset, 1, to));
			assert_eq!(skipped(items.to_vec()), vec![45, 45, 45]);
			assert_ok!(issue(asset, 2, vec![free(5)]));
			assert_noop!(recover(asset, 2, 1), refused(Refusal::BindingInvalid));
			SecurityToken::refund(&order);
			check_all(asset);
			assert_eq!((balance(asset, 1), balance(asset, 60)), (0, 150));
			assert_noop!(recover(asset, 2, 1), refused(Refusal::BindingInvalid));
			assert_ok!(recover(asset, 60, 1));
			assert_eq!((balance(asset, 1), balance(asset, 60)), (150, 0));
			assert_eq!(skipped(vec![binding(asset, 60, investor(1))]), vec![45]);
		});
	}
}

mod investors {
	use super::*;

	#[test]
	fn everything_goes_to_the_successor_and_accounts_follow() {
		funded(|asset| {
			assert_ok!(issue(asset, 2, vec![free(10), lot(5, START, START + 100)]));
			let flight = depart(asset, 1, investor(1), vec![free(20), lot(10, START, START + 100)]);
			assert_ok!(freeze_amount_of(asset, 1, 30));
			assert_ok!(freeze_amount_of(asset, 2, 3));
			freeze_investor(asset, 1);
			System::reset_events();
			assert_ok!(replace(asset, 1, 2));
			let (reason, document) = (action().reason, action().document);
			let (retired, successor) = (investor(1), investor(2));
			assert_eq!(take_events(), vec![Event::InvestorReplaced { asset, retired, successor, reason, document }]);
			let (held, lots) = SecurityToken::position(asset, investor(2));
			assert_eq!((held.free, lots), (90, vec![lot(45, START, START + 100)]));
			assert_eq!((held.in_flight, held.orders, held.reserved, held.frozen), (30, 1, 1, 33));
			assert_eq!(held.flags, ids::FLAG_FROZEN | 2);
			assert_eq!(limit(asset, 2), (2 * LIMIT, 165, 2 * LIMIT - 165));
			let (old, lots) = SecurityToken::position(asset, investor(1));
			assert_eq!((old.used(), lots, old.flags, old.orders), (0, vec![], 4, 0));
			assert_eq!((old.eligibility().class, old.eligibility().permissions), (1, 0));
			assert_eq!((class(asset, 1).1, class(asset, 2).1), (0, 1));
			assert_eq!((owner(asset, 1), owner(asset, 2)), (investor(2), investor(2)));
			assert_eq!(SecurityToken::successor(asset, investor(1)), investor(2));
			SecurityToken::refund(&flight);
			check_all(asset);
			assert_eq!(balance(asset, 1), 150);
			assert_eq!(holding(asset, 2), (110, vec![lot(55, START, START + 100)]));
		});
	}

	#[test]
	fn old_accounts_act_for_the_successor() {
		funded(|asset| {
			assert_ok!(replace(asset, 1, 2));
			assert_ok!(transfer(asset, 1, 3, 60));
			assert_ok!(transfer(asset, 1, 2, 90));
			assert_eq!((balance(asset, 1), balance(asset, 2), holding(asset, 2).0), (0, 90, 40));
			assert_ok!(issue(asset, 11, vec![free(4)]));
			assert_eq!(holding(asset, 2).0, 44);
		});
	}

	#[test]
	fn orders_to_and_from_the_retired_id_follow() {
		funded(|asset| {
			let mut flight = depart(asset, 1, investor(1), vec![free(20)]);
			assert_ok!(replace(asset, 1, 2));
			assert_eq!(deliver(&incoming(asset, investor(1), 1, 1, vec![free(7)])), Ok(()));
			assert_eq!(holding(asset, 2).0, 87);
			assert_eq!(deliver(&incoming(asset, investor(3), 1, 1, vec![free(7)])), Ok(()));
			let (granted, used, room) = limit(asset, 2);
			flight.seat = 0;
			SecurityToken::settle_delivered(&flight);
			assert_eq!(limit(asset, 2), (granted - 20, used - 20, room), "an own order by its raw ids");
		});
	}

	#[test]
	fn whose_class_here_is_asked_of_the_successor() {
		funded(|asset| {
			assert_ok!(replace(asset, 1, 2));
			batch(|batch| batch.eligibilities = vec![word(asset, 2, ids::SEND)]);
			let order = incoming(asset, investor(1), 3, 3, vec![free(7)]);
			assert_eq!(explain_arrival(&order), Vec::<u16>::new());
		});
	}

	#[test]
	fn a_binding_to_the_retired_id_binds_to_the_successor() {
		funded(|asset| {
			assert_ok!(replace(asset, 1, 2));
			System::reset_events();
			bind(asset, 60, 1);
			assert_eq!(take_events(), vec![Event::AccountBound { asset, account: named(60), investor: investor(2) }]);
			assert_eq!(
				skipped(vec![binding(asset, 1, investor(1)), binding(asset, 1, investor(2))]),
				Vec::<u16>::new()
			);
			assert_eq!(skipped(vec![binding(asset, 1, investor(3))]), vec![44]);
		});
	}

	#[test]
	fn the_oracle_still_writes_the_retired_record_and_nobody_uses_it() {
		funded(|asset| {
			assert_ok!(replace(asset, 1, 2));
			move_limit(asset, 1, 77);
			assert_eq!(limit(asset, 1), (77, 0, 77));
			assert_eq!(class(asset, 1).1, 0);
			permit(asset, 2, 0);
			assert_eq!(explain(asset, 3, 1, 5), vec![9, 13]);
		});
	}

	#[test]
	fn replacements_in_a_row_stay_one_hop() {
		funded(|asset| {
			assert_ok!(replace(asset, 1, 2));
			assert_ok!(replace(asset, 2, 3));
			assert_eq!(SecurityToken::successor(asset, investor(1)), investor(3));
			assert_eq!(SecurityToken::successor(asset, investor(2)), investor(3));
			assert_eq!((owner(asset, 1), owner(asset, 2)), (investor(3), investor(3)));
			assert_eq!(holding(asset, 3).0, 100);
			assert_noop!(replace(asset, 1, 3), refused(Refusal::Malformed));
			assert_noop!(replace(asset, 3, 2), refused(Refusal::Malformed));
			assert_noop!(replace(asset, 3, 3), refused(Refusal::Malformed));
		});
	}

	#[test]
	fn at_most_thirty_two_ids_lead_to_one() {
		funded(|asset| {
			for n in 60..92 {
				assert_ok!(replace(asset, if n == 60 { 1 } else { n - 1 }, n));
			}
			assert_eq!(SecurityToken::successor(asset, investor(1)), investor(91));
			assert_noop!(replace(asset, 91, 92), refused(Refusal::Malformed));
			assert_eq!((owner(asset, 1), holding(asset, 91).0), (investor(91), 100));
		});
	}

	#[test]
	fn more_in_flight_than_one_position_may_have_stops_it() {
		keep(|asset| {
			for n in [1, 2] {
				assert_ok!(issue(asset, n, vec![free(100)]));
				for _ in 0..8 {
					depart(asset, n, investor(n), vec![free(1)]);
				}
			}
			assert_noop!(replace(asset, 1, 2), refused(Refusal::TooManyInFlight));
			assert_ok!(replace(asset, 1, 3));
		});
		keep(|asset| {
			let lots: Vec<Lot> = (1..=17).map(|n| lot(2, START, START + n)).collect();
			for n in [1, 2] {
				assert_ok!(issue(asset, n, lots.clone()));
				depart(asset, n, investor(n), lots[..if n == 1 { 16 } else { 17 }].to_vec());
			}
			assert_noop!(replace(asset, 1, 2), refused(Refusal::TooManyLots));
		});
	}

	#[test]
	fn full_places_merge_and_keep_sums_and_later_times() {
		keep(|asset| {
			let lots = |first: u64| (0..32u64).map(|n| lot(2, START, START + first + n * 10)).collect::<Vec<Lot>>();
			assert_ok!(issue(asset, 1, lots(100)));
			assert_ok!(issue(asset, 2, lots(105)));
			assert_ok!(replace(asset, 1, 2));
			let (_, held) = holding(asset, 2);
			assert_eq!((held.len(), lots::sum(&held)), (32, 128.into()));
		});
	}
}
