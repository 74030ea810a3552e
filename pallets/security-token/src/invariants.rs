//! What must hold after every call, recomputed from scratch.

use alloc::collections::BTreeMap;

use lockstep_primitives::{ids, lots};
use polkadot_sdk::sp_core::{H256, U256};

use crate::{
	pallet::{Accounts, Classes, Config, Holders, Lots, Pallet, Supplies},
	position::Position,
	types::{Holder, StoredLots, FLAG_PARTLY_FROZEN},
};

#[cfg(feature = "try-runtime")]
use crate::pallet::Assets;

impl<T: Config> Pallet<T> {
	/// Recomputes an asset's sums and counts. Reads every record of the asset: for tests, upgrades and monitoring, not for
	/// calls.
	///
	/// ## Errors
	///
	/// A sentence naming the first broken promise.
	pub fn check_invariants(asset: H256) -> Result<(), &'static str> {
		let mut balances = Self::balances_by_investor(asset)?;
		let mut holders = BTreeMap::<u16, u64>::new();
		let mut supply = U256::zero();
		for (investor, holder) in Holders::<T>::iter_prefix(asset) {
			let held = Lots::<T>::get(asset, investor);
			check_position(&holder, &held)?;
			supply = supply.saturating_add(holder.total().into());
			let balance = balances.remove(&investor).unwrap_or_default();
			check(balance == holder.total().into(), "an investor's accounts don't sum to its position")?;
			if let Some(class) = holder.counted_in() {
				let count = holders.entry(class).or_default();
				*count = count.saturating_add(1);
			}
		}
		check(balances.values().all(U256::is_zero), "a bound account has no position")?;
		check(supply == Supplies::<T>::get(asset).supply.into(), "positions don't sum to the supply")?;
		for (class, count) in Classes::<T>::iter_prefix(asset) {
			let counted = holders.remove(&class).unwrap_or_default();
			check(count.holders == counted, "a class's holders are miscounted")?;
		}
		check(holders.is_empty(), "a class counts nobody although it has holders")
	}

	/// Balances summed by the investor that stands for each account today.
	fn balances_by_investor(asset: H256) -> Result<BTreeMap<H256, U256>, &'static str> {
		let mut balances = BTreeMap::<H256, U256>::new();
		for (_, account) in Accounts::<T>::iter_prefix(asset) {
			if !account.is_bound() {
				check(account.balance == 0, "an account of nobody holds tokens")?;
				continue;
			}
			let investor = Position::follow::<T>(asset, account.investor).investor;
			let sum = balances.entry(investor).or_default();
			*sum = sum.saturating_add(account.balance.into());
		}
		Ok(balances)
	}

	/// Checks every asset.
	#[cfg(feature = "try-runtime")]
	pub(crate) fn do_try_state() -> Result<(), polkadot_sdk::sp_runtime::TryRuntimeError> {
		for asset in Assets::<T>::iter_keys() {
			Self::check_invariants(asset)?;
		}
		Ok(())
	}
}

/// What must hold within one position.
fn check_position(holder: &Holder, held: &StoredLots) -> Result<(), &'static str> {
	check(usize::from(holder.lots) == held.len(), "a position's lot count is wrong")?;
	check(holder.next_unlock == lots::next_unlock(held), "a next unlock time is wrong")?;
	check(lots::sum(held) == holder.locked.into(), "what is locked is not the sum of the lots")?;
	check(holder.locked <= holder.total(), "more is locked than held")?;
	check(held.iter().all(|lot| lot.amount > 0), "a lot is empty")?;
	let places = u32::from(holder.lots).saturating_add(holder.reserved.into());
	// One lot always stays, even when every place is kept for lots in flight.
	check(places <= ids::MAX_LOTS || holder.lots <= 1, "a position uses more than its places")?;
	check(u32::from(holder.reserved) <= ids::MAX_LOTS, "more places are kept than there are")?;
	check(holder.orders <= ids::MAX_ORDERS_IN_FLIGHT, "more orders are in flight than may be")?;
	check((holder.orders > 0) == (holder.in_flight > 0), "orders in flight don't match their sum")?;
	check(holder.orders > 0 || holder.reserved == 0, "places are kept for no order")?;
	check((holder.frozen > 0) == (holder.flags & FLAG_PARTLY_FROZEN != 0), "a frozen part has no flag")?;
	let emptied = holder.used() == 0 && holder.reserved == 0 && holder.frozen == 0;
	check(!holder.is_retired() || emptied, "a retired investor holds something")
}

fn check(holds: bool, broken: &'static str) -> Result<(), &'static str> {
	if holds {
		Ok(())
	} else {
		Err(broken)
	}
}
