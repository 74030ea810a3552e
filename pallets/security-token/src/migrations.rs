//! Upgrades of the storage.

use alloc::collections::BTreeMap;

use codec::{Decode, Encode};
use lockstep_primitives::{lots, AssetParams, AssetTerms};
use polkadot_sdk::{
	frame_support::{
		migrations::VersionedMigration,
		traits::{Get, UncheckedOnRuntimeUpgrade},
		weights::Weight,
	},
	frame_system,
	sp_core::{H256, U256},
};

use crate::{
	pallet::{Assets, Classes, Config, Holders, Lots, Pallet},
	types::{Asset, Holder, Velocity},
};

/// Version 0: positions that don't know their locked sum, assets without exceptions, classes that count nobody.
pub mod v0 {
	use alloc::vec::Vec;

	use super::*;

	/// What registered an asset.
	#[derive(Encode, Decode)]
	pub struct Params {
		/// Domain of the chain where lots are issued.
		pub home_domain: H256,
		/// The issuer's account on the home chain.
		pub issuer: H256,
		/// Makes the id differ between assets of one issuer.
		pub salt: H256,
		/// The terms.
		pub terms: AssetTerms,
		/// Name.
		pub name: Vec<u8>,
		/// Symbol.
		pub symbol: Vec<u8>,
	}

	/// A registered asset.
	#[derive(Encode, Decode)]
	pub struct Asset<AccountId> {
		/// What it is and which rules it has.
		pub params: Params,
		/// Who may issue.
		pub controller: AccountId,
		/// Pause bits.
		pub pause: u8,
	}

	/// A position without its lots.
	#[derive(Encode, Decode)]
	pub struct Holder {
		/// Eligibility word.
		pub word: U256,
		/// Free tokens.
		pub free: u128,
		/// Tokens in flight.
		pub in_flight: u128,
		/// Least unlock time of the lots.
		pub next_unlock: u64,
		/// Number of lots.
		pub lots: u8,
		/// Places kept for lots in flight.
		pub reserved: u8,
		/// Orders in flight.
		pub orders: u8,
		/// Flags.
		pub flags: u8,
	}
}

/// From version 0 to 1: sums each position's lots and counts each class's holders.
pub type MigrateToV1<T> = VersionedMigration<0, 1, ToV1<T>, Pallet<T>, <T as frame_system::Config>::DbWeight>;

/// The work of [`MigrateToV1`], which asks and writes the version.
pub struct ToV1<T>(core::marker::PhantomData<T>);

impl<T: Config> UncheckedOnRuntimeUpgrade for ToV1<T> {
	fn on_runtime_upgrade() -> Weight {
		let (mut reads, mut writes) = (0u64, 0u64);
		Assets::<T>::translate::<v0::Asset<T::AccountId>, _>(|_, old| {
			(reads, writes) = (reads.saturating_add(1), writes.saturating_add(1));
			Some(upgrade_asset(old))
		});
		let mut holders = BTreeMap::<(H256, u16), u64>::new();
		Holders::<T>::translate::<v0::Holder, _>(|asset, investor, old| {
			(reads, writes) = (reads.saturating_add(2), writes.saturating_add(1));
			let locked = lots::sum(&Lots::<T>::get(asset, investor)).low_u128();
			let holder = upgrade_holder(old, locked);
			if let Some(class) = holder.counted_in() {
				let count = holders.entry((asset, class)).or_default();
				*count = count.saturating_add(1);
			}
			Some(holder)
		});
		Classes::<T>::translate_values(|mut count: crate::ClassCount| {
			(reads, writes) = (reads.saturating_add(1), writes.saturating_add(1));
			count.holders = 0;
			Some(count)
		});
		for ((asset, class), counted) in holders {
			(reads, writes) = (reads.saturating_add(1), writes.saturating_add(1));
			Classes::<T>::mutate(asset, class, |count| count.holders = counted);
		}
		T::DbWeight::get().reads_writes(reads, writes)
	}

	/// How many positions there are.
	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<alloc::vec::Vec<u8>, polkadot_sdk::sp_runtime::TryRuntimeError> {
		Ok((Holders::<T>::iter_keys().count() as u64).encode())
	}

	/// No position was lost, and every promise holds.
	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: alloc::vec::Vec<u8>) -> Result<(), polkadot_sdk::sp_runtime::TryRuntimeError> {
		let before = u64::decode(&mut &state[..]).map_err(|_| "the state of before can't be read")?;
		if Holders::<T>::iter().count() as u64 != before {
			return Err("a position was lost".into());
		}
		Pallet::<T>::do_try_state()
	}
}

fn upgrade_asset<AccountId>(old: v0::Asset<AccountId>) -> Asset<AccountId> {
	let v0::Params { home_domain, issuer, salt, terms, name, symbol } = old.params;
	let params = AssetParams { home_domain, issuer, salt, terms, pairs: Default::default(), name, symbol };
	Asset { params, controller: old.controller, pause: old.pause, velocity: Velocity::default() }
}

fn upgrade_holder(old: v0::Holder, locked: u128) -> Holder {
	let v0::Holder { word, free, in_flight, next_unlock, lots, reserved, orders, flags } = old;
	Holder { word, free, in_flight, next_unlock, lots, reserved, orders, flags, locked, ..Holder::default() }
}
