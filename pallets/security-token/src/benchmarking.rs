//! What the calls cost, at their worst: accounts of replaced investors, all places full, lots that fold, one investor that
//! leaves its class and another that joins one.

use alloc::{vec, vec::Vec};

use frame_benchmarking::v2::*;
use frame_support::assert_ok;
use frame_system::RawOrigin;
use lockstep_eligibility as eligibility;
use lockstep_primitives::{
	ids::{domain, BRIDGE, MAX_LOTS, PAUSE_ALL, RECEIVE, RULE_RESTART, SEND},
	shape::MAX_PAIRS,
	traits::Registry,
	Action, AssetParams, AssetTerms, BindingItem, EligibilityItem, Lot, PairRule, QuotaItem,
};
use polkadot_sdk::{frame_benchmarking, frame_support, frame_system, pallet_timestamp, sp_core::H256};

use crate::{
	pallet::{
		AssetDocuments, Assets, Call, Config, Holders, Lots, MovedFrom, MovedTo, Pallet, Predecessors, Releases,
		Successors,
	},
	types::{Forwards, MAX_DOCUMENTS, MAX_FORWARDS, MAX_URI},
	Pallet as SecurityToken,
};

/// Seconds since 1970 at which everything is prepared.
const NOW: u64 = 1_800_000_000;
/// When short lots have come due and the calls happen.
const LATER: u64 = NOW + 1_000;
/// Classes that don't decide anything by themselves.
const MANY_CLASSES: u16 = 900;

fn admin<T: Config>() -> T::AccountId {
	[0xad; 32].into()
}

fn controller<T: Config>() -> T::AccountId {
	[0xc0; 32].into()
}

fn by<T: Config>(account: T::AccountId) -> RawOrigin<T::AccountId> {
	RawOrigin::Signed(account)
}

fn set_time<T: Config>(seconds: u64) {
	pallet_timestamp::Now::<T>::put(seconds.saturating_mul(1_000));
}

fn action() -> Action {
	Action { reason: 7, document: H256([0xac; 32]) }
}

fn params() -> AssetParams {
	let exception = |class: usize| PairRule { from_class: MANY_CLASSES, to_class: class as u16, rule: RULE_RESTART };
	AssetParams {
		home_domain: domain("polkadot:benchmark", H256::zero(), H256::zero()),
		issuer: H256([0x15; 32]),
		salt: H256([0x5a; 32]),
		terms: AssetTerms {
			terms: 1,
			decimals: 2,
			default_rule: RULE_RESTART,
			holding_period: 86_400,
			max_oracle_age: 86_400,
			min_lot: 1,
			authorised_issue: 1 << 90,
			document: H256([0xdc; 32]),
		},
		pairs: (0..MAX_PAIRS).map(exception).collect(),
		name: vec![b'n'; 64],
		symbol: vec![b's'; 64],
	}
}

/// A chain with a name, a time, an admin and a fresh oracle.
fn chain<T: Config>() {
	eligibility::Admin::<T>::put(admin::<T>());
	eligibility::Domain::<T>::put(params().home_domain);
	eligibility::Clock::<T>::mutate(|clock| clock.at = NOW);
	set_time::<T>(NOW);
}

/// An asset of this chain, with all exceptions and a velocity that lets everything pass.
pub(crate) fn asset<T: Config>() -> H256 {
	chain::<T>();
	let asset = params().asset_id();
	if !Assets::<T>::contains_key(asset) {
		let origin = || by::<T>(admin::<T>()).into();
		assert_ok!(SecurityToken::<T>::register_asset(origin(), params(), controller::<T>()));
		assert_ok!(SecurityToken::<T>::set_velocity(origin(), asset, 1 << 90, 1));
	}
	asset
}

fn account<T: Config>(n: u8) -> T::AccountId {
	[n; 32].into()
}

fn investor(n: u8) -> H256 {
	H256::from_low_u64_be(0x200 + u64::from(n))
}

fn record(asset: H256, investor: H256, class: u16) -> EligibilityItem {
	let permissions = RECEIVE | SEND | BRIDGE;
	EligibilityItem { asset, investor, valid_until: NOW + 1_000_000, class, permissions, limit_delta: 1 << 100 }
}

/// Account `n` of an investor whose first id was replaced, with these lots.
fn holder<T: Config>(asset: H256, n: u8, lots: Vec<Lot>) -> T::AccountId {
	let (class, first) = (MANY_CLASSES + u16::from(n), H256::from_low_u64_be(0x100 + u64::from(n)));
	for id in [first, investor(n)] {
		assert!(SecurityToken::<T>::apply_eligibility(1, &record(asset, id, class)).is_ok());
	}
	assert!(SecurityToken::<T>::apply_quota(&QuotaItem { asset, class, delta: 1 }).is_ok());
	let binding = BindingItem { asset, account: H256([n; 32]), investor: first };
	assert!(SecurityToken::<T>::apply_binding(&binding).is_ok());
	Successors::<T>::insert(asset, first, investor(n));
	Holders::<T>::mutate(asset, first, |holder| holder.flags = crate::types::FLAG_RETIRED);
	if !lots.is_empty() {
		let origin = by::<T>(controller::<T>()).into();
		assert_ok!(SecurityToken::<T>::issue(origin, asset, account::<T>(n), lots));
	}
	account::<T>(n)
}

/// `count` lots of ten that are due at [`LATER`].
fn short(count: u32) -> Vec<Lot> {
	(1..=u64::from(count)).map(|n| Lot { amount: 10, acquired_at: NOW, unlocks_at: NOW + n }).collect()
}

/// `count` lots of ten that stay locked.
fn long(count: u32) -> Vec<Lot> {
	let unlocks_at = |n: u64| NOW + 500_000 + n * 7;
	(1..=u64::from(count)).map(|n| Lot { amount: 10, acquired_at: NOW, unlocks_at: unlocks_at(n) }).collect()
}

/// What leads to one name, all places taken but one.
fn crowd() -> Forwards {
	Forwards::truncate_from((1..u64::from(MAX_FORWARDS)).map(|n| H256::from_low_u64_be(0x9000 + n)).collect())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register_asset() {
		chain::<T>();

		#[extrinsic_call]
		_(by::<T>(admin::<T>()), params(), controller::<T>());

		assert!(Assets::<T>::contains_key(params().asset_id()));
	}

	#[benchmark]
	fn issue(l: Linear<1, { MAX_LOTS }>) {
		let asset = asset::<T>();
		let to = holder::<T>(asset, 1, vec![]);

		#[extrinsic_call]
		_(by::<T>(controller::<T>()), asset, to, long(l));

		assert_eq!(SecurityToken::<T>::supply(asset).supply, u128::from(l) * 10);
	}

	#[benchmark]
	fn transfer() {
		let asset = asset::<T>();
		let from = holder::<T>(asset, 1, short(MAX_LOTS));
		let to = holder::<T>(asset, 2, vec![]);
		set_time::<T>(LATER);

		#[extrinsic_call]
		_(by::<T>(from), asset, to, 10 * u128::from(MAX_LOTS));

		assert_eq!(Holders::<T>::get(asset, investor(1)).used(), 0);
		assert_eq!(Holders::<T>::get(asset, investor(2)).lots, 1);
	}

	#[benchmark]
	fn pause_asset() {
		let asset = asset::<T>();

		#[extrinsic_call]
		_(by::<T>(admin::<T>()), asset, PAUSE_ALL);

		assert_eq!(SecurityToken::<T>::asset_pause(asset), PAUSE_ALL);
	}

	#[benchmark]
	fn resume_asset() {
		let asset = asset::<T>();

		#[extrinsic_call]
		_(by::<T>(admin::<T>()), asset, PAUSE_ALL);

		assert_eq!(SecurityToken::<T>::asset_pause(asset), 0);
	}

	#[benchmark]
	fn redeem(l: Linear<1, { MAX_LOTS }>) {
		let asset = asset::<T>();
		let from = holder::<T>(asset, 1, long(l));

		#[extrinsic_call]
		_(by::<T>(controller::<T>()), asset, from, long(l), action());

		assert_eq!(SecurityToken::<T>::supply(asset).supply, 0);
	}

	#[benchmark]
	fn freeze_account() {
		let asset = asset::<T>();

		#[extrinsic_call]
		_(by::<T>(controller::<T>()), asset, account::<T>(9), true, action());

		assert!(SecurityToken::<T>::account(asset, H256([9; 32])).is_frozen());
	}

	#[benchmark]
	fn freeze_investor() {
		let asset = asset::<T>();

		#[extrinsic_call]
		_(by::<T>(controller::<T>()), asset, investor(1), true, action());

		assert!(Holders::<T>::get(asset, investor(1)).is_frozen());
	}

	#[benchmark]
	fn freeze_amount() {
		let asset = asset::<T>();

		#[extrinsic_call]
		_(by::<T>(controller::<T>()), asset, investor(1), 5, action());

		assert_eq!(SecurityToken::<T>::frozen(asset, investor(1)), 5);
	}

	#[benchmark]
	fn force_transfer() {
		let asset = asset::<T>();
		let from = holder::<T>(asset, 1, long(MAX_LOTS));
		let to = holder::<T>(asset, 2, short(MAX_LOTS));

		#[extrinsic_call]
		_(by::<T>(controller::<T>()), asset, from, to, 10 * u128::from(MAX_LOTS), action());

		assert_eq!(u32::from(Holders::<T>::get(asset, investor(2)).lots), MAX_LOTS);
	}

	#[benchmark]
	fn recover() {
		let asset = asset::<T>();
		let from = holder::<T>(asset, 1, short(1));
		let lost = H256([1; 32]);
		// The new account was recovered from itself once, to the one that is lost now.
		let mut incoming = crowd();
		assert!(incoming.try_push(H256([9; 32])).is_ok());
		for earlier in &incoming {
			MovedTo::<T>::insert(asset, earlier, lost);
		}
		MovedFrom::<T>::insert(asset, lost, incoming);

		#[extrinsic_call]
		_(by::<T>(controller::<T>()), asset, from, account::<T>(9), action());

		assert_eq!(MovedTo::<T>::get(asset, crowd()[9]), Some(H256([9; 32])));
		assert_eq!(SecurityToken::<T>::account(asset, H256([9; 32])).balance, 10);
	}

	#[benchmark]
	fn replace_investor() {
		let asset = asset::<T>();
		holder::<T>(asset, 1, short(MAX_LOTS));
		holder::<T>(asset, 2, long(MAX_LOTS));
		for earlier in crowd() {
			Successors::<T>::insert(asset, earlier, investor(1));
		}
		Predecessors::<T>::insert(asset, investor(1), crowd());

		#[extrinsic_call]
		_(by::<T>(controller::<T>()), asset, investor(1), investor(2), action());

		assert_eq!(Successors::<T>::get(asset, crowd()[9]), Some(investor(2)));
		assert_eq!(u32::from(Holders::<T>::get(asset, investor(2)).lots), MAX_LOTS);
	}

	#[benchmark]
	fn move_lots(l: Linear<1, { MAX_LOTS }>) {
		let asset = asset::<T>();
		let from = holder::<T>(asset, 1, long(l));
		let to = holder::<T>(asset, 2, short(MAX_LOTS));

		#[extrinsic_call]
		_(by::<T>(controller::<T>()), asset, from, to, long(l), action());

		assert_eq!(u32::from(Holders::<T>::get(asset, investor(2)).lots), MAX_LOTS);
	}

	#[benchmark]
	fn propose_release(l: Linear<1, { MAX_LOTS }>) {
		let asset = asset::<T>();

		#[extrinsic_call]
		_(by::<T>(admin::<T>()), asset, investor(1), long(l), action());

		assert_eq!(Releases::<T>::iter_prefix(asset).count(), 1);
	}

	#[benchmark]
	fn release_lots(l: Linear<1, { MAX_LOTS }>) {
		let asset = asset::<T>();
		holder::<T>(asset, 1, long(l));
		Releases::<T>::insert(asset, action().release_id(asset, investor(1), &long(l)), NOW);

		#[extrinsic_call]
		_(by::<T>(admin::<T>()), asset, investor(1), long(l), action());

		assert_eq!(Holders::<T>::get(asset, investor(1)).locked, 0);
	}

	#[benchmark]
	fn cancel_release() {
		let asset = asset::<T>();
		let id = H256([3; 32]);
		Releases::<T>::insert(asset, id, NOW);

		#[extrinsic_call]
		_(by::<T>(admin::<T>()), asset, id);

		assert!(!Releases::<T>::contains_key(asset, id));
	}

	#[benchmark]
	fn merge_lots(l: Linear<2, { MAX_LOTS }>) {
		let asset = asset::<T>();
		let caller = holder::<T>(asset, 1, long(l));

		#[extrinsic_call]
		_(by::<T>(caller), asset, long(l));

		assert_eq!(Lots::<T>::get(asset, investor(1)).len(), 1);
	}

	#[benchmark]
	fn set_document(u: Linear<1, { MAX_URI }>) {
		let asset = asset::<T>();
		for n in 2..=u64::from(MAX_DOCUMENTS) {
			let origin = by::<T>(controller::<T>()).into();
			let (name, uri) = (H256::from_low_u64_be(n), vec![b'u'; MAX_URI as usize]);
			assert_ok!(SecurityToken::<T>::set_document(origin, asset, name, uri, H256([1; 32])));
		}

		#[extrinsic_call]
		_(by::<T>(controller::<T>()), asset, H256([0xff; 32]), vec![b'u'; u as usize], H256([1; 32]));

		assert_eq!(AssetDocuments::<T>::get(asset).len() as u32, MAX_DOCUMENTS);
	}

	#[benchmark]
	fn remove_document() {
		let asset = asset::<T>();
		for n in 1..=u64::from(MAX_DOCUMENTS) {
			let origin = by::<T>(controller::<T>()).into();
			let (name, uri) = (H256::from_low_u64_be(n), vec![b'u'; MAX_URI as usize]);
			assert_ok!(SecurityToken::<T>::set_document(origin, asset, name, uri, H256([1; 32])));
		}

		#[extrinsic_call]
		_(by::<T>(controller::<T>()), asset, H256::from_low_u64_be(9));

		assert_eq!(AssetDocuments::<T>::get(asset).len() as u32, MAX_DOCUMENTS - 1);
	}

	#[benchmark]
	fn set_velocity() {
		let asset = asset::<T>();

		#[extrinsic_call]
		_(by::<T>(admin::<T>()), asset, 7, 3);

		assert_eq!(SecurityToken::<T>::velocity(asset), (7, 3));
	}

	#[benchmark]
	fn set_terms(p: Linear<0, { MAX_PAIRS as u32 }>) {
		let asset = asset::<T>();
		let terms = AssetTerms { terms: 2, ..params().terms };
		let pairs: Vec<PairRule> = params().pairs.into_iter().take(p as usize).collect();

		#[extrinsic_call]
		_(by::<T>(admin::<T>()), asset, terms, pairs);

		assert_eq!(SecurityToken::<T>::pair_rules(asset).len() as u32, p);
	}

	#[benchmark]
	fn set_controller() {
		let asset = asset::<T>();

		#[extrinsic_call]
		_(by::<T>(admin::<T>()), asset, account::<T>(9));

		assert_eq!(SecurityToken::<T>::asset(asset).map(|record| record.controller), Some(account::<T>(9)));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
