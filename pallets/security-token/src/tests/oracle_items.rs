//! Items of the oracle's batches, and permits.

use lockstep_eligibility::testing::{oracle, sign};
use lockstep_primitives::{
	digests::digest_permit, ids, word::MAX_ROOM, BindingPermit, EligibilityWord, OracleBatch, Refusal,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::DispatchResult},
	frame_system,
	sp_core::H256,
};

use crate::{mock::*, Event};

fn keep(test: impl FnOnce(H256)) {
	with_asset(ids::RULE_KEEP, test);
}

/// Codes of the items that the next batch skips.
fn skipped(fill: impl FnOnce(&mut OracleBatch)) -> Vec<(u8, u16)> {
	System::reset_events();
	batch(fill);
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Eligibility(lockstep_eligibility::Event::ItemSkipped { kind, code, .. }) => {
				Some((kind, code))
			},
			_ => None,
		})
		.collect()
}

mod eligibility {
	use super::*;

	#[test]
	fn a_word_replaces_the_last_but_moves_the_limit_by_its_delta() {
		keep(|asset| {
			let item = |delta| {
				let mut item = word(asset, 1, ids::RECEIVE);
				item.limit_delta = delta;
				item
			};
			batch(|batch| batch.eligibilities = vec![item(100), item(-130)]);
			let packed = SecurityToken::eligibility(asset, investor(1));
			let expected = EligibilityWord {
				valid_until: VALID_UNTIL,
				class: 1,
				permissions: ids::RECEIVE,
				sequence: 2,
				limit: LIMIT - 30,
			};
			assert_eq!(EligibilityWord::unpack(packed), expected);
			let (investor, record) = (investor(1), expected.record());
			assert_eq!(
				take_events(),
				vec![
					Event::EligibilitySet { asset, investor, record },
					Event::LimitSet { asset, investor, room: LIMIT + 100, released: 0 },
					Event::EligibilitySet { asset, investor, record },
					Event::LimitSet { asset, investor, room: LIMIT - 30, released: 130 },
				]
			);
			permit(asset, 1, ids::RECEIVE);
			assert_eq!(take_events().len(), 1, "a renewal tells of no limit");
		});
	}

	#[test]
	fn a_word_leaves_the_position_alone() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(5), lot(7, START, START + 10)]));
			let before = holding(asset, 1);
			permit(asset, 1, 0);
			assert_eq!(holding(asset, 1), before);
		});
	}

	#[test]
	fn odd_items_are_skipped_and_change_nothing() {
		keep(|asset| {
			let mut unknown = word(H256([7; 32]), 1, ALL);
			unknown.investor = H256::zero();
			let mut shapeless = word(asset, 1, ALL);
			shapeless.investor = H256([1; 32]);
			let mut zero = word(asset, 1, ALL);
			zero.investor = H256::zero();
			let mut most = word(asset, 1, ALL);
			most.limit_delta = MAX_ROOM - LIMIT;
			let mut over = most.clone();
			over.limit_delta = 1;
			let items = vec![unknown, shapeless, zero, most, over];
			assert_eq!(skipped(|batch| batch.eligibilities = items), vec![(1, 3), (1, 48), (1, 48), (1, 43)]);
			let word = EligibilityWord::unpack(SecurityToken::eligibility(asset, investor(1)));
			assert_eq!(word.limit, MAX_ROOM);
		});
	}
}

mod quotas {
	use super::*;

	#[test]
	fn a_quota_moves_by_its_delta_within_its_bounds() {
		keep(|asset| {
			let items = vec![
				quota(asset, 7, 5),
				quota(asset, 7, -8),
				quota(asset, 8, i64::MIN),
				quota(asset, 8, -(1 << 62)),
				quota(asset, 8, -1),
				quota(asset, 9, 1 << 62),
				quota(asset, 9, 1),
				quota(H256([7; 32]), 7, 1),
			];
			assert_eq!(skipped(|batch| batch.quotas = items), vec![(3, 43), (3, 43), (3, 43), (3, 3)]);
			assert_eq!(SecurityToken::quota(asset, 7).quota, -3);
			assert_eq!(SecurityToken::quota(asset, 8).quota, -(1 << 62));
			assert_eq!(SecurityToken::quota(asset, 9).quota, 1 << 62);
			assert!(take_events().contains(&Event::QuotaSet { asset, class: 7, quota: -3, released: 5 }));
		});
	}
}

mod bindings {
	use super::*;

	fn bound_to(asset: H256, of: u8) -> H256 {
		SecurityToken::account(asset, named(of)).investor
	}

	#[test]
	fn a_newly_bound_account_keeps_a_nonce_without_native_balance() {
		keep(|asset| {
			bind(asset, 60, 1);
			let system = frame_system::Account::<Test>::get(account(60));
			assert_eq!((system.sufficients, system.providers), (1, 0));
			batch(|batch| batch.bindings = vec![binding(asset, 60, H256::zero())]);
			assert_eq!(bound_to(asset, 60), H256::zero());
			bind(asset, 60, 2);
			assert_eq!(frame_system::Account::<Test>::get(account(60)).sufficients, 1);
		});
	}

	#[test]
	fn the_same_investor_again_changes_nothing_even_in_use() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(5)]));
			System::reset_events();
			assert_eq!(skipped(|batch| batch.bindings = vec![binding(asset, 1, investor(1))]), vec![]);
			assert_eq!(take_events(), vec![]);
		});
	}

	#[test]
	fn an_account_that_holds_something_is_neither_rebound_nor_unbound() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(5)]));
			let items = || vec![binding(asset, 1, investor(2)), binding(asset, 1, H256::zero())];
			assert_eq!(skipped(|batch| batch.bindings = items()), vec![(2, 44), (2, 44)]);
			assert_ok!(transfer(asset, 1, 11, 5));
			assert_eq!(skipped(|batch| batch.bindings = items()), vec![]);
			assert_eq!(bound_to(asset, 1), H256::zero());
		});
	}

	#[test]
	fn no_account_of_an_investor_with_orders_in_flight_is_rebound() {
		keep(|asset| {
			crate::Holders::<Test>::mutate(asset, investor(1), |holder| {
				holder.orders = 1;
				holder.in_flight = 9;
			});
			let item = binding(asset, 11, investor(2));
			let found = <SecurityToken as lockstep_primitives::traits::Registry>::check_binding(&item);
			assert_eq!(found.reasons(), &[Refusal::AccountInUse.with([0.into(), 9.into()])]);
			crate::Holders::<Test>::mutate(asset, investor(1), |holder| {
				holder.orders = 0;
				holder.in_flight = 0;
			});
			assert_eq!(skipped(|batch| batch.bindings = vec![item]), vec![]);
		});
	}

	#[test]
	fn odd_bindings_are_skipped() {
		keep(|asset| {
			let unknown = binding(H256([7; 32]), 60, investor(1));
			let mut nobody = binding(asset, 60, investor(1));
			nobody.account = H256::zero();
			let shapeless = binding(asset, 60, H256([1; 32]));
			assert_eq!(
				skipped(|batch| batch.bindings = vec![unknown, nobody, shapeless]),
				vec![(2, 3), (2, 28), (2, 48)]
			);
			assert_eq!(bound_to(asset, 60), H256::zero());
		});
	}

	fn use_permit(caller: u8, asset: H256, n: u8) -> DispatchResult {
		let permit =
			BindingPermit { asset, account: named(caller), investor: investor(n), expires_at: Eligibility::now() + 60 };
		let signatures = sign(&oracle()[1..], digest_permit(&permit, Eligibility::domain()));
		Eligibility::bind(signed(account(caller)), permit, 1, signatures)
	}

	#[test]
	fn an_account_binds_itself_with_a_permit() {
		keep(|asset| {
			assert_ok!(use_permit(60, asset, 2));
			assert_eq!(bound_to(asset, 60), investor(2));
			assert_eq!(take_events(), vec![Event::AccountBound { asset, account: named(60), investor: investor(2) }]);
			assert_ok!(use_permit(60, asset, 2));
			assert_eq!(take_events(), vec![]);
		});
	}

	#[test]
	fn a_permit_does_not_rebind_an_account_in_use() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(5)]));
			assert_noop!(use_permit(1, asset, 2), lockstep_eligibility::Error::<Test>::Refused(Refusal::AccountInUse));
			assert_noop!(
				use_permit(60, H256([7; 32]), 2),
				lockstep_eligibility::Error::<Test>::Refused(Refusal::AssetUnknown)
			);
		});
	}
}
