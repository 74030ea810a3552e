//! What must hold after every call, recomputed from scratch.

use alloc::{collections::BTreeMap, string::String};

use lockstep_primitives::{ids, lots};
use polkadot_sdk::sp_core::{H256, U256};

use crate::pallet::{Accounts, Config, Holders, Lots, Pallet, Supplies};

impl<T: Config> Pallet<T> {
	/// Recomputes an asset's sums and counts. Reads every record of the asset: for tests and monitoring, not for calls.
	///
	/// ## Errors
	///
	/// A sentence naming the first broken promise.
	pub fn check_invariants(asset: H256) -> Result<(), String> {
		let mut balances = BTreeMap::<H256, U256>::new();
		for (_, account) in Accounts::<T>::iter_prefix(asset) {
			if !account.is_bound() && account.balance > 0 {
				return Err("an account of nobody holds tokens".into());
			}
			let sum = balances.entry(account.investor).or_default();
			*sum = sum.saturating_add(account.balance.into());
		}
		let mut supply = U256::zero();
		for (investor, holder) in Holders::<T>::iter_prefix(asset) {
			let held = Lots::<T>::get(asset, investor);
			let total = lots::sum(&held).saturating_add(holder.free.into());
			supply = supply.saturating_add(total);
			check(usize::from(holder.lots) == held.len(), "a position's lot count is wrong")?;
			check(holder.next_unlock == lots::next_unlock(&held), "a next unlock time is wrong")?;
			check(held.iter().all(|lot| lot.amount > 0), "a lot is empty")?;
			let places = u32::from(holder.lots).saturating_add(holder.reserved.into());
			check(places <= ids::MAX_LOTS, "a position uses more than its places")?;
			let balance = balances.remove(&investor).unwrap_or_default();
			check(balance == total, "an investor's accounts don't sum to its position")?;
		}
		check(balances.values().all(U256::is_zero), "a bound account has no position")?;
		check(supply == Supplies::<T>::get(asset).supply.into(), "positions don't sum to the supply")
	}
}

fn check(holds: bool, broken: &str) -> Result<(), String> {
	if holds {
		Ok(())
	} else {
		Err(broken.into())
	}
}
