//! What may be read. Values are as stored: due lots that nobody folded yet show as lots.

use alloc::vec::Vec;

use lockstep_primitives::{lots, Lot};
use polkadot_sdk::sp_core::{H256, U256};

use crate::{
	pallet::{Accounts, Assets, Classes, Config, Holders, Lots, Pallet, Supplies},
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

	/// An account; all zero for one that was never bound.
	pub fn account(asset: H256, account: H256) -> Account {
		Accounts::<T>::get(asset, account).unwrap_or_default()
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
