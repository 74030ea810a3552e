//! A position taken out of storage, changed by one operation, and written back.

use alloc::vec::Vec;

use lockstep_primitives::{ids, lots, EligibilityWord, Lot};
use polkadot_sdk::sp_core::H256;

use crate::{
	pallet::{Classes, Config, Event, Holders, Lots, Pallet},
	types::{Holder, StoredLots},
};

/// A position on its way through an operation. Lots are read only when the operation needs them.
///
/// Writing it keeps the counts of classes: whoever comes to hold something is counted, whoever holds nothing more is not,
/// and a change of class moves the count. No operation counts by itself, so none can forget to.
#[derive(Clone, Debug)]
pub struct Position {
	/// The asset.
	pub asset: H256,
	/// Whose position it is.
	pub investor: H256,
	/// Counters and eligibility, kept in step with the lots.
	pub holder: Holder,
	/// The class that counted the investor when the position was read.
	counted_in: Option<u16>,
	/// The lots, if they were read.
	lots: Option<Vec<Lot>>,
	/// Base units that became free because their lots were due.
	folded: u128,
}

impl Position {
	/// Takes a position out of storage, without its lots.
	pub fn open<T: Config>(asset: H256, investor: H256) -> Self {
		let holder = Holders::<T>::get(asset, investor);
		Self { asset, investor, holder, counted_in: holder.counted_in(), lots: None, folded: 0 }
	}

	/// The investor's eligibility.
	pub fn eligibility(&self) -> EligibilityWord {
		self.holder.eligibility()
	}

	/// The class that counted the investor when the position was read.
	pub fn counted_in(&self) -> Option<u16> {
		self.counted_in
	}

	/// The lots, read when they were not.
	pub fn lots<T: Config>(&mut self) -> &[Lot] {
		let (asset, investor) = (self.asset, self.investor);
		self.lots.get_or_insert_with(|| Lots::<T>::get(asset, investor).into_inner())
	}

	/// Replaces free amount and lots.
	pub fn set_holding(&mut self, holding: lots::Holding) {
		self.holder.free = holding.free;
		self.holder.locked = lots::sum(&holding.lots).low_u128();
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

	/// Merges the nearest lots until they fit their places: for credits that can't be refused.
	pub fn make_fit(&mut self) {
		if self.places() <= ids::MAX_LOTS {
			return;
		}
		// Lots that were not read were not added to, and fit.
		if let Some(held) = self.lots.take() {
			let lots = lots::fit(held, self.holder.reserved.into());
			self.set_holding(lots::Holding { free: self.holder.free, lots });
		}
	}

	/// Takes `amount` out: free tokens first, then locked lots from the one that unlocks next. Returns what was taken in
	/// the form of an order. The caller knows that the total covers it.
	pub fn take_any<T: Config>(&mut self, amount: u128, now: u64) -> Vec<Lot> {
		self.fold::<T>(now);
		let free = self.holder.free;
		// Reading lots costs: only when free tokens don't suffice.
		if amount <= free {
			self.holder.free = free.saturating_sub(amount);
			return alloc::vec![Lot { amount, acquired_at: 0, unlocks_at: 0 }];
		}
		let taken = lots::take_any(free, self.lots::<T>(), amount, now);
		self.set_holding(taken.rest);
		taken.taken
	}

	/// Places in use: lots here and places kept for lots in flight.
	pub fn places(&self) -> u32 {
		u32::from(self.holder.lots).saturating_add(self.holder.reserved.into())
	}

	/// Writes the position back, keeps the counts of classes, and tells what was folded.
	pub(crate) fn write<T: Config>(self) {
		let Self { asset, investor, mut holder, counted_in, lots, folded } = self;
		if let Some(lots) = lots {
			// The rules keep lots within their places; should a mistake break that, the nearest merge to the later times:
			// tokens are neither lost nor unlocked early.
			let stored = StoredLots::truncate_from(lots::fit(lots, 0));
			holder.lots = count(stored.len());
			holder.next_unlock = lots::next_unlock(&stored);
			if stored.is_empty() {
				Lots::<T>::remove(asset, investor);
			} else {
				Lots::<T>::insert(asset, investor, stored);
			}
		}
		Holders::<T>::insert(asset, investor, holder);
		count_holder::<T>(asset, counted_in, holder.counted_in());
		if folded > 0 {
			Pallet::<T>::deposit_event(Event::LotsFolded { asset, investor, amount: folded });
		}
	}
}

/// Moves a holder from the class that counted it to the one that does now; None: not counted.
fn count_holder<T: Config>(asset: H256, before: Option<u16>, after: Option<u16>) {
	if before == after {
		return;
	}
	if let Some(class) = before {
		Classes::<T>::mutate(asset, class, |count| count.holders = count.holders.saturating_sub(1));
	}
	if let Some(class) = after {
		Classes::<T>::mutate(asset, class, |count| count.holders = count.holders.saturating_add(1));
	}
}

/// A number of lots as stored; the rules keep it at 32.
pub(crate) fn count(lots: usize) -> u8 {
	lots.try_into().unwrap_or(u8::MAX)
}
