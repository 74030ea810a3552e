//! A position taken out of storage, changed by one operation, and written back.

use alloc::vec::Vec;

use lockstep_primitives::{ids, lots, EligibilityWord, Lot};
use polkadot_sdk::sp_core::H256;

use crate::{
	pallet::{Config, Event, Holders, Lots, Pallet},
	types::{Holder, StoredLots},
};

/// A position on its way through an operation. Lots are read only when the operation needs them.
#[derive(Clone, Debug)]
pub struct Position {
	/// The asset.
	pub asset: H256,
	/// Whose position it is.
	pub investor: H256,
	/// Counters and eligibility, kept in step with the lots.
	pub holder: Holder,
	/// The lots, if they were read.
	lots: Option<Vec<Lot>>,
	/// Base units that became free because their lots were due.
	folded: u128,
}

impl Position {
	/// Takes a position out of storage, without its lots.
	pub fn open<T: Config>(asset: H256, investor: H256) -> Self {
		let holder = Holders::<T>::get(asset, investor);
		Self { asset, investor, holder, lots: None, folded: 0 }
	}

	/// The investor's eligibility.
	pub fn eligibility(&self) -> EligibilityWord {
		EligibilityWord::unpack(self.holder.word)
	}

	/// The lots, read when they were not.
	pub fn lots<T: Config>(&mut self) -> &[Lot] {
		let (asset, investor) = (self.asset, self.investor);
		self.lots.get_or_insert_with(|| Lots::<T>::get(asset, investor).into_inner())
	}

	/// Replaces free amount and lots.
	pub fn set_holding(&mut self, holding: lots::Holding) {
		self.holder.free = holding.free;
		self.holder.lots = count(holding.lots.len());
		self.holder.next_unlock = lots::next_unlock(&holding.lots);
		self.lots = Some(holding.lots);
	}

	/// Turns due lots into free tokens. Reads the lots only when there is one.
	pub fn fold<T: Config>(&mut self, now: u64) {
		if self.holder.has_due_lots(now) {
			let free = self.holder.free;
			let (holding, folded) = lots::fold(free, self.lots::<T>(), now);
			self.folded = self.folded.saturating_add(folded);
			self.set_holding(holding);
		}
	}

	/// Adds arriving lots. Reads and folds the position's own lots only when something that was locked arrives, even if it
	/// is due by now.
	pub fn credit<T: Config>(&mut self, arriving: &[Lot], now: u64) {
		if arriving.iter().all(lots::is_free) {
			let gained = lots::sum(arriving).low_u128();
			self.holder.free = self.holder.free.saturating_add(gained);
			return;
		}
		self.fold::<T>(now);
		let free = self.holder.free;
		let holding = lots::credit(free, self.lots::<T>(), arriving, now);
		self.set_holding(holding);
	}

	/// Places in use: lots here and places kept for lots in flight.
	pub fn places(&self) -> u32 {
		u32::from(self.holder.lots).saturating_add(self.holder.reserved.into())
	}

	/// Writes the position back and tells what was folded.
	pub(crate) fn write<T: Config>(self) {
		let Self { asset, investor, mut holder, lots, folded } = self;
		if let Some(lots) = lots {
			let stored = fit(lots);
			holder.lots = count(stored.len());
			holder.next_unlock = lots::next_unlock(&stored);
			if stored.is_empty() {
				Lots::<T>::remove(asset, investor);
			} else {
				Lots::<T>::insert(asset, investor, stored);
			}
		}
		Holders::<T>::insert(asset, investor, holder);
		if folded > 0 {
			Pallet::<T>::deposit_event(Event::LotsFolded { asset, investor, amount: folded });
		}
	}
}

/// A number of lots as stored; the rules keep it at 32.
pub(crate) fn count(lots: usize) -> u8 {
	lots.try_into().unwrap_or(u8::MAX)
}

/// Lots as stored. The rules keep them within their places; should a mistake break that, the two that unlock last
/// merge to the later times: tokens are neither lost nor unlocked early, and a refund still lands.
fn fit(mut lots: Vec<Lot>) -> StoredLots {
	while lots.len() > ids::MAX_LOTS as usize {
		lots.sort_by_key(lots::sort_key);
		if let (Some(last), Some(before)) = (lots.pop(), lots.pop()) {
			lots.push(Lot {
				amount: last.amount.saturating_add(before.amount),
				acquired_at: last.acquired_at.max(before.acquired_at),
				unlocks_at: last.unlocks_at,
			});
		}
	}
	StoredLots::truncate_from(lots)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn lots_beyond_their_places_merge_to_the_later_unlock_and_keep_the_sum() {
		let lots: Vec<Lot> =
			(1..=34).map(|n| Lot { amount: n, acquired_at: 100 - n as u64, unlocks_at: n as u64 }).collect();
		let stored = fit(lots.clone());
		assert_eq!(stored.len(), 32);
		assert_eq!(lots::sum(&stored), lots::sum(&lots));
		assert_eq!(stored[31], Lot { amount: 32 + 33 + 34, acquired_at: 68, unlocks_at: 34 });
	}
}
