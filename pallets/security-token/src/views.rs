//! What may be read. Values are as stored: due lots that nobody folded yet show as lots.

use alloc::vec::Vec;

use lockstep_primitives::{lots, Lot, PairRule};
use polkadot_sdk::sp_core::{H256, U256};

use crate::{
	follow::End,
	pallet::{AssetDocuments, Assets, Classes, Config, Holders, Lots, MovedTo, Pallet, Releases, Successors, Supplies},
	types::{Account, Asset, ClassCount, Holder, Supply},
};

impl<T: Config> Pallet<T> {
	/// An asset, None when it isn't registered here.
	pub fn asset(asset: H256) -> Option<Asset<T::AccountId>> {
		Assets::<T>::get(asset)
	}

	/// Pause bits of an asset by itself; 0 for an unknown one.
	pub fn asset_pause(asset: H256) -> u8 {
		Assets::<T>::get(asset).map_or(0, |record| record.pause)
	}

	/// An asset's totals, base units.
	pub fn supply(asset: H256) -> Supply {
		Supplies::<T>::get(asset)
	}

	/// An account with the investor that stands for it today; all zero for one that was never bound.
	pub fn account(asset: H256, account: H256) -> Account {
		End::open::<T>(asset, account).account
	}

	/// What limits an investor here: the limit, what of it is used, and the room left, negative above the limit.
	pub fn limit(asset: H256, investor: H256) -> (i128, u128, i128) {
		let holder = Holders::<T>::get(asset, investor);
		(holder.eligibility().limit, holder.used(), holder.room())
	}

	/// What is frozen of an investor's position, base units.
	pub fn frozen(asset: H256, investor: H256) -> u128 {
		Holders::<T>::get(asset, investor).frozen
	}

	/// Exceptions from an asset's default rule, ascending by (from_class, to_class).
	pub fn pair_rules(asset: H256) -> Vec<PairRule> {
		Assets::<T>::get(asset).map_or_else(Vec::new, |record| record.params.pairs)
	}

	/// How fast an investor may send: (capacity, rate), both zero without a limit.
	pub fn velocity(asset: H256) -> (u128, u128) {
		Assets::<T>::get(asset).map_or((0, 0), |record| (record.velocity.capacity, record.velocity.rate))
	}

	/// Where what is meant for a recovered account goes; zero: nowhere else.
	pub fn moved_to(asset: H256, account: H256) -> H256 {
		MovedTo::<T>::get(asset, account).unwrap_or_default()
	}

	/// Who stands for an investor that was replaced; zero: itself.
	pub fn successor(asset: H256, investor: H256) -> H256 {
		Successors::<T>::get(asset, investor).unwrap_or_default()
	}

	/// Names of an asset's documents, ascending.
	pub fn documents(asset: H256) -> Vec<H256> {
		AssetDocuments::<T>::get(asset).keys().copied().collect()
	}

	/// An asset's document: address, hash, and when it was set (UTC seconds).
	pub fn document(asset: H256, name: H256) -> Option<(Vec<u8>, H256, u64)> {
		let document = AssetDocuments::<T>::get(asset).get(&name).cloned()?;
		Some((document.uri.into_inner(), document.hash, document.updated_at))
	}

	/// When an announced release may be carried out, UTC seconds; 0: not announced.
	pub fn release(asset: H256, id: H256) -> u64 {
		Releases::<T>::get(asset, id).unwrap_or_default()
	}

	/// An investor's position with its lots ascending by (unlocks_at, acquired_at).
	pub fn position(asset: H256, investor: H256) -> (Holder, Vec<Lot>) {
		let mut held = Lots::<T>::get(asset, investor).into_inner();
		held.sort_by_key(lots::sort_key);
		(Holders::<T>::get(asset, investor), held)
	}

	/// An investor's eligibility word, 0 for no record.
	pub fn eligibility(asset: H256, investor: H256) -> U256 {
		Holders::<T>::get(asset, investor).word
	}

	/// A class's quota and holders.
	pub fn quota(asset: H256, class: u16) -> ClassCount {
		Classes::<T>::get(asset, class)
	}
}
