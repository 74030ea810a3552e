//! Pair exceptions, velocity, terms, documents and controller.

use lockstep_primitives::{ids, AssetTerms, PairRule, Refusal};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::DispatchResult},
	sp_core::H256,
};

use super::support::*;
use crate::{mock::*, Event};

fn pair(from_class: u16, to_class: u16, rule: u8) -> PairRule {
	PairRule { from_class, to_class, rule }
}

fn next_terms(asset: H256) -> AssetTerms {
	let terms = SecurityToken::asset(asset).expect("registered").params.terms;
	AssetTerms { terms: terms.terms + 1, ..terms }
}

fn set_pairs(asset: H256, pairs: Vec<PairRule>) -> DispatchResult {
	SecurityToken::set_terms(signed(admin()), asset, next_terms(asset), pairs)
}

fn set_velocity(asset: H256, capacity: u128, rate: u128) -> DispatchResult {
	SecurityToken::set_velocity(signed(admin()), asset, capacity, rate)
}

mod pairs {
	use super::*;

	#[test]
	fn an_exception_holds_for_exactly_its_pair_in_its_direction() {
		with_asset(ids::RULE_FORBID, |asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			assert_ok!(issue(asset, 2, vec![free(100)]));
			assert_ok!(set_pairs(asset, vec![pair(1, 2, ids::RULE_KEEP)]));
			assert_eq!(explain(asset, 1, 2, 10), Vec::<u16>::new());
			assert_eq!(explain(asset, 2, 1, 10), vec![18]);
			assert_eq!(explain(asset, 1, 3, 10), vec![18]);
			assert_eq!(explain_arrival(&incoming_of_terms(asset, 1, 2, 2)), Vec::<u16>::new());
			assert_eq!(explain_arrival(&incoming_of_terms(asset, 2, 1, 2)), vec![18]);
		});
	}

	fn incoming_of_terms(asset: H256, from: u8, to: u8, terms: u32) -> lockstep_primitives::TransferOrder {
		let order = incoming(asset, investor(from), to, to, vec![free(10)]);
		lockstep_primitives::TransferOrder { terms, ..order }
	}

	#[test]
	fn an_exception_may_forbid_or_restart_what_is_kept_by_default() {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(100)]));
			assert_ok!(set_pairs(asset, vec![pair(1, 2, ids::RULE_FORBID), pair(1, 3, ids::RULE_RESTART)]));
			assert_eq!(explain(asset, 1, 2, 10), vec![18]);
			assert_eq!(explain(asset, 1, 3, MIN_LOT - 1), vec![42]);
			assert_ok!(transfer(asset, 1, 3, 10));
			assert_eq!(holding(asset, 3), (0, vec![lot(10, START, START + HOLDING)]));
		});
	}

	#[test]
	fn without_a_record_here_of_who_sends_no_exception_helps() {
		with_asset(ids::RULE_FORBID, |asset| {
			assert_ok!(set_pairs(asset, vec![pair(0, 2, ids::RULE_KEEP)]));
			let order = incoming(asset, investor(9), 2, 2, vec![free(10)]);
			let order = lockstep_primitives::TransferOrder { terms: 2, ..order };
			assert_eq!(explain_arrival(&order), vec![18]);
		});
	}

	#[test]
	fn at_most_thirty_two_ascending_and_known_ones() {
		keep(|asset| {
			let many = |n: u16| (0..n).map(|class| pair(1, class, 1)).collect::<Vec<_>>();
			assert_ok!(set_pairs(asset, many(32)));
			assert_eq!(SecurityToken::pair_rules(asset), many(32));
			for odd in
				[many(33), vec![pair(1, 2, 3)], vec![pair(1, 2, 1), pair(1, 2, 0)], vec![pair(2, 1, 1), pair(1, 9, 1)]]
			{
				assert_noop!(set_pairs(asset, odd), refused(Refusal::Malformed));
			}
			let terms = AssetTerms { holding_period: 0, ..next_terms(asset) };
			assert_noop!(
				SecurityToken::set_terms(signed(admin()), asset, terms, vec![pair(1, 2, ids::RULE_RESTART)]),
				refused(Refusal::Malformed)
			);
			let mut registered = params(ids::RULE_FORBID);
			registered.pairs = many(33);
			assert_noop!(
				SecurityToken::register_asset(signed(admin()), registered, controller()),
				refused(Refusal::Malformed)
			);
		});
	}
}

mod velocity {
	use super::*;

	fn limited(capacity: u128, rate: u128, test: impl FnOnce(H256)) {
		keep(|asset| {
			assert_ok!(issue(asset, 1, vec![free(1_000)]));
			assert_ok!(set_velocity(asset, capacity, rate));
			test(asset);
		});
	}

	fn wait(asset: H256, amount: u128) -> Option<u64> {
		let now = Eligibility::now();
		let found = SecurityToken::evaluate_transfer(asset, [1; 32], [2; 32], amount.into(), now).refused;
		found
			.reasons()
			.iter()
			.find(|reason| reason.refusal == Refusal::VelocityExceeded)
			.map(|reason| reason.values[0].low_u64())
	}

	#[test]
	fn the_capacity_may_be_reached_and_not_passed_and_drains() {
		limited(100, 10, |asset| {
			assert_eq!((wait(asset, 100), wait(asset, 101)), (None, Some(u64::MAX)));
			assert_ok!(transfer(asset, 1, 2, 60));
			assert_eq!((wait(asset, 40), wait(asset, 41), wait(asset, 51)), (None, Some(1), Some(2)));
			travel(START + 2);
			assert_eq!((wait(asset, 60), wait(asset, 61)), (None, Some(1)));
			assert_noop!(transfer(asset, 1, 2, 61), refused(Refusal::VelocityExceeded));
			assert_ok!(transfer(asset, 1, 2, 60));
			assert_eq!(wait(asset, 1), Some(1));
		});
	}

	#[test]
	fn all_accounts_of_an_investor_share_one_bucket_and_own_moves_are_free() {
		limited(100, 10, |asset| {
			assert_ok!(transfer(asset, 1, 11, 900));
			assert_ok!(transfer(asset, 11, 2, 100));
			assert_eq!(wait(asset, 1), Some(1));
			assert_eq!(explain(asset, 1, 11, 100), Vec::<u16>::new());
			assert_eq!(codes(&evaluate_leaving(asset, 11, investor(1), vec![free(500)]).refused), Vec::<u16>::new());
			assert_eq!(codes(&evaluate_leaving(asset, 11, investor(2), vec![free(500)]).refused), vec![19]);
			assert_eq!(explain(asset, 2, 1, 100), Vec::<u16>::new(), "the receiver's own bucket is another");
		});
	}

	#[test]
	fn a_refund_gives_nothing_back() {
		limited(100, 10, |asset| {
			let order = depart(asset, 1, investor(2), vec![free(100)]);
			SecurityToken::refund(&order);
			assert_eq!(wait(asset, 1), Some(1));
		});
	}

	#[test]
	fn it_is_asked_whatever_else_fails_but_of_amounts_only() {
		limited(100, 10, |asset| {
			assert_eq!(explain(asset, 1, 2, 2_000), vec![13, 19]);
			assert_eq!(explain(asset, 1, 2, 0), vec![12]);
			assert_eq!(explain(asset, 1, 2, ids::MAX_AMOUNT + 1), vec![43]);
			assert_eq!(explain(asset, 1, 99, 500), vec![5]);
		});
	}

	#[test]
	fn it_is_set_by_the_admin_to_both_or_none() {
		keep(|asset| {
			System::reset_events();
			assert_ok!(set_velocity(asset, ids::MAX_AMOUNT, 1));
			assert_eq!(take_events(), vec![Event::VelocitySet { asset, capacity: ids::MAX_AMOUNT, rate: 1 }]);
			assert_eq!(SecurityToken::velocity(asset), (ids::MAX_AMOUNT, 1));
			assert_ok!(set_velocity(asset, 0, 0));
			for (capacity, rate) in [(0, 1), (1, 0), (ids::MAX_AMOUNT + 1, 1), (1, u128::MAX)] {
				assert_noop!(set_velocity(asset, capacity, rate), refused(Refusal::Malformed));
			}
			assert_noop!(set_velocity(H256([7; 32]), 1, 1), refused(Refusal::AssetUnknown));
			assert_noop!(SecurityToken::set_velocity(signed(controller()), asset, 1, 1), refused(Refusal::NotAdmin));
		});
	}
}

mod terms {
	use super::*;

	#[test]
	fn the_admin_gives_the_next_terms_and_old_orders_no_longer_fit() {
		keep(|asset| {
			let order = incoming(asset, investor(1), 1, 1, vec![free(1)]);
			let terms = AssetTerms { min_lot: 99, document: H256([1; 32]), ..next_terms(asset) };
			System::reset_events();
			assert_ok!(SecurityToken::set_terms(signed(admin()), asset, terms.clone(), vec![]));
			assert_eq!(take_events(), vec![Event::TermsSet { asset, terms: terms.clone() }]);
			assert_eq!(SecurityToken::asset(asset).expect("registered").params.terms, terms);
			assert_eq!(explain_arrival(&order), vec![39]);
		});
	}

	#[test]
	fn neither_another_version_nor_other_decimals_nor_anything_out_of_range() {
		keep(|asset| {
			let attempt = |change: fn(&mut AssetTerms)| {
				let mut terms = next_terms(asset);
				change(&mut terms);
				SecurityToken::set_terms(signed(admin()), asset, terms, vec![])
			};
			assert_noop!(attempt(|terms| terms.terms += 1), refused(Refusal::Malformed));
			assert_noop!(attempt(|terms| terms.terms -= 1), refused(Refusal::Malformed));
			assert_noop!(attempt(|terms| terms.decimals += 1), refused(Refusal::DecimalsMismatch));
			assert_noop!(attempt(|terms| terms.default_rule = 3), refused(Refusal::Malformed));
			assert_noop!(attempt(|terms| terms.authorised_issue = 0), refused(Refusal::Malformed));
			assert_noop!(attempt(|terms| terms.authorised_issue = u128::MAX), refused(Refusal::AmountTooLarge));
			let terms = next_terms(asset);
			assert_noop!(
				SecurityToken::set_terms(signed(controller()), asset, terms.clone(), vec![]),
				refused(Refusal::NotAdmin)
			);
			assert_noop!(
				SecurityToken::set_terms(signed(admin()), H256([7; 32]), terms, vec![]),
				refused(Refusal::AssetUnknown)
			);
		});
	}

	#[test]
	fn the_admin_names_another_controller() {
		keep(|asset| {
			assert_ok!(SecurityToken::set_controller(signed(admin()), asset, account(77)));
			assert_eq!(take_events(), vec![Event::ControllerSet { asset, controller: named(77) }]);
			assert_noop!(issue(asset, 1, vec![free(1)]), refused(Refusal::NotController));
			assert_noop!(
				SecurityToken::set_controller(signed(account(77)), asset, account(77)),
				refused(Refusal::NotAdmin)
			);
		});
	}
}

mod documents {
	use super::*;

	fn set(asset: H256, name: u64, uri: &[u8], hash: u8) -> DispatchResult {
		let name = H256::from_low_u64_be(name);
		SecurityToken::set_document(signed(controller()), asset, name, uri.to_vec(), H256([hash; 32]))
	}

	#[test]
	fn a_document_is_published_replaced_and_withdrawn() {
		keep(|asset| {
			let name = H256::from_low_u64_be(2);
			assert_ok!(set(asset, 2, b"https://example.com/a", 1));
			assert_ok!(set(asset, 1, b"https://example.com/b", 2));
			travel(START + 5);
			System::reset_events();
			assert_ok!(set(asset, 2, b"https://example.com/c", 3));
			let (uri, hash) = (b"https://example.com/c".to_vec(), H256([3; 32]));
			assert_eq!(take_events(), vec![Event::DocumentUpdated { asset, name, uri: uri.clone(), hash }]);
			assert_eq!(SecurityToken::document(asset, name), Some((uri.clone(), hash, START + 5)));
			assert_eq!(SecurityToken::documents(asset), vec![H256::from_low_u64_be(1), name]);
			assert_ok!(SecurityToken::remove_document(signed(controller()), asset, name));
			assert_eq!(take_events(), vec![Event::DocumentRemoved { asset, name, uri, hash }]);
			assert_noop!(
				SecurityToken::remove_document(signed(controller()), asset, name),
				refused(Refusal::Malformed)
			);
			assert_eq!(SecurityToken::document(asset, name), None);
		});
	}

	#[test]
	fn thirty_two_of_them_with_names_hashes_and_addresses() {
		keep(|asset| {
			for name in 1..=32 {
				assert_ok!(set(asset, name, &[b'a'; 256], 1));
			}
			assert_noop!(set(asset, 33, b"a", 1), refused(Refusal::Malformed));
			assert_ok!(set(asset, 32, b"a", 1));
			for (name, uri, hash) in [(0, &b"a"[..], 1), (1, b"", 1), (1, b"a", 0), (1, &[b'a'; 257], 1)] {
				assert_noop!(set(asset, name, uri, hash), refused(Refusal::Malformed));
			}
			let by_admin = SecurityToken::set_document(signed(admin()), asset, H256([1; 32]), vec![1], H256([1; 32]));
			assert_noop!(by_admin, refused(Refusal::NotController));
			assert_noop!(set(H256([7; 32]), 1, b"a", 1), refused(Refusal::AssetUnknown));
		});
	}
}
