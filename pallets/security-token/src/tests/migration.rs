//! Bytes as the first version of the pallet wrote them, and what the upgrade makes of them.

use codec::{Decode, Encode};
use lockstep_primitives::{ids, EligibilityWord};
use polkadot_sdk::{
	frame_support::{
		storage::unhashed,
		traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion},
	},
	sp_core::{H256, U256},
};

use crate::{
	migrations::{v0, MigrateToV1},
	mock::*,
	Accounts, Assets, Classes, Holders, Lots, Pallet, Supplies,
};

/// An eligibility word of that class, as the first version stored it.
fn packed(class: u16) -> U256 {
	EligibilityWord { valid_until: VALID_UNTIL, class, permissions: ALL, sequence: 3, limit: 17 }.pack()
}

/// A position as the first version stored it: seven fields by hand, in their order.
fn old_holder(class: u16, free: u128, in_flight: u128, lots: u8, next_unlock: u64) -> Vec<u8> {
	let orders = u8::from(in_flight > 0);
	(packed(class), free, in_flight, next_unlock, lots, 0u8, orders, 0u8).encode()
}

/// A chain of version 0 with one asset: investor 1 of class 5 holds 10 free and 7 + 5 locked, investor 2 of class 5 has 9
/// in flight, investor 3 of class 6 holds nothing, investor 4 of class 6 holds 1.
fn old_chain() -> H256 {
	let params = params(ids::RULE_KEEP);
	let asset = params.asset_id();
	let old = (
		(params.home_domain, params.issuer, params.salt, params.terms, params.name, params.symbol),
		controller(),
		ids::PAUSE_DELIVER,
	);
	unhashed::put_raw(&Assets::<Test>::hashed_key_for(asset), &old.encode());
	let positions = [
		(1, old_holder(5, 10, 0, 2, START + 10)),
		(2, old_holder(5, 0, 9, 0, 0)),
		(3, old_holder(6, 0, 0, 0, 0)),
		(4, old_holder(6, 1, 0, 0, 0)),
	];
	for (n, bytes) in positions {
		unhashed::put_raw(&Holders::<Test>::hashed_key_for(asset, investor(n)), &bytes);
	}
	let held = vec![lot(7, START, START + 10), lot(5, START, START + 20)];
	Lots::<Test>::insert(asset, investor(1), crate::StoredLots::truncate_from(held));
	for (of, n, balance) in [(1, 1, 22), (2, 2, 0), (3, 3, 0), (4, 4, 1)] {
		Accounts::<Test>::insert(asset, named(of), crate::Account { investor: investor(n), balance, flags: 0 });
	}
	Supplies::<Test>::insert(asset, crate::Supply { supply: 23, issued: 32, redeemed: 0 });
	// The first version counted nobody, or wrongly.
	Classes::<Test>::insert(asset, 5, crate::ClassCount { quota: 40, holders: 0 });
	Classes::<Test>::insert(asset, 7, crate::ClassCount { quota: -3, holders: 9 });
	StorageVersion::new(0).put::<Pallet<Test>>();
	asset
}

#[test]
fn positions_learn_what_is_locked_and_classes_whom_they_count() {
	new_test_ext().execute_with(|| {
		let asset = old_chain();
		#[cfg(feature = "try-runtime")]
		let state = MigrateToV1::<Test>::pre_upgrade().expect("an old chain");
		MigrateToV1::<Test>::on_runtime_upgrade();
		#[cfg(feature = "try-runtime")]
		MigrateToV1::<Test>::post_upgrade(state).expect("a sound chain");

		assert_eq!(Pallet::<Test>::on_chain_storage_version(), StorageVersion::new(1));
		let holder = Holders::<Test>::get(asset, investor(1));
		assert_eq!((holder.word, holder.free, holder.locked), (packed(5), 10, 12));
		assert_eq!((holder.lots, holder.next_unlock, holder.in_flight), (2, START + 10, 0));
		assert_eq!((holder.frozen, holder.spent, holder.spent_at), (0, 0, 0));
		assert_eq!(Holders::<Test>::get(asset, investor(2)).in_flight, 9);
		let count = |class| {
			let count = Classes::<Test>::get(asset, class);
			(count.quota, count.holders)
		};
		assert_eq!((count(5), count(6), count(7)), ((40, 2), (0, 1), (-3, 0)));
		let stored = SecurityToken::asset(asset).expect("kept");
		assert_eq!(stored.params, params(ids::RULE_KEEP));
		assert_eq!((stored.controller, stored.pause), (controller(), ids::PAUSE_DELIVER));
		assert_eq!(SecurityToken::velocity(asset), (0, 0));
		check_all(asset);
	});
}

#[test]
fn it_runs_once() {
	new_test_ext().execute_with(|| {
		let asset = old_chain();
		MigrateToV1::<Test>::on_runtime_upgrade();
		let after = Holders::<Test>::get(asset, investor(1));
		MigrateToV1::<Test>::on_runtime_upgrade();
		assert_eq!(Holders::<Test>::get(asset, investor(1)), after);
	});
}

#[test]
fn the_bytes_of_the_first_version_are_read_field_by_field() {
	let bytes = old_holder(5, 1, 2, 3, 4);
	assert_eq!(bytes.len(), 32 + 16 + 16 + 8 + 4);
	let old = v0::Holder::decode(&mut &bytes[..]).expect("old bytes");
	assert_eq!((old.free, old.in_flight, old.lots, old.next_unlock, old.orders), (1, 2, 3, 4, 1));
}
