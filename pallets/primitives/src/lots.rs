//! Arithmetic of lots: pure functions over a free amount and a list of lots.
//!
//! Promises kept here: the sum over free and lots never changes except by what is taken or credited, and no lot comes
//! out with an earlier unlock time than it went in. Lists that come out are canonical: ascending by
//! (unlocks_at, acquired_at), no two with equal times. Amounts in base units, times in UTC seconds.

use alloc::vec::Vec;

use polkadot_sdk::sp_core::U256;

use crate::{
	evaluation::Reason,
	messages::Lot,
	refusal::Refusal,
	shape::{malformed, AT_LOTS},
};

/// A free amount with its lots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
	/// Free tokens.
	pub free: u128,
	/// Locked lots, canonical.
	pub lots: Vec<Lot>,
}

/// What [`take`] leaves and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
	/// What is left.
	pub rest: Holding,
	/// What was taken, in the form of an order: the free part first, then locked lots.
	pub taken: Vec<Lot>,
}

/// The order in which lots stand.
pub fn sort_key(lot: &Lot) -> (u64, u64) {
	(lot.unlocks_at, lot.acquired_at)
}

/// True for the lot that stands for free tokens.
pub fn is_free(lot: &Lot) -> bool {
	lot.acquired_at == 0 && lot.unlocks_at == 0
}

/// True when the lot no longer holds anything back.
pub fn is_due(lot: &Lot, now: u64) -> bool {
	lot.unlocks_at <= now
}

/// Sum of the amounts; can't overflow.
pub fn sum(lots: &[Lot]) -> U256 {
	lots.iter().fold(U256::zero(), |sum, lot| sum.saturating_add(lot.amount.into()))
}

/// Least unlock time of `lots`, 0 when there are none.
pub fn next_unlock(lots: &[Lot]) -> u64 {
	lots.iter().map(|lot| lot.unlocks_at).min().unwrap_or(0)
}

/// Number of locked lots in a list in the form of an order.
pub fn locked_count(lots: &[Lot]) -> u32 {
	lots.iter().filter(|lot| !is_free(lot)).count() as u32
}

/// Checks the form of an order's lots.
///
/// AmountZero for an empty list or a zero amount anywhere. Else Malformed(AT_LOTS) unless there is at most one free
/// part, first, and the rest is strictly ascending by (unlocks_at, acquired_at) with unlocks_at > 0.
pub fn check_form(lots: &[Lot]) -> Result<(), Reason> {
	if lots.is_empty() || lots.iter().any(|lot| lot.amount == 0) {
		return Err(Refusal::AmountZero.bare());
	}
	let locked = match lots.split_first() {
		Some((first, rest)) if is_free(first) => rest,
		_ => lots,
	};
	let named = locked.iter().all(|lot| lot.unlocks_at > 0);
	let ascending = locked.windows(2).all(|pair| sort_key(&pair[0]) < sort_key(&pair[1]));
	if named && ascending {
		Ok(())
	} else {
		Err(malformed(AT_LOTS))
	}
}

/// Lots with equal times merged, sorted.
fn canonical(mut lots: Vec<Lot>) -> Vec<Lot> {
	lots.sort_by_key(sort_key);
	lots.dedup_by(|later, kept| {
		let equal = sort_key(later) == sort_key(kept);
		if equal {
			kept.amount = kept.amount.saturating_add(later.amount);
		}
		equal
	});
	lots
}

/// Turns lots that are due into free tokens. Returns the holding and how much became free.
pub fn fold(free: u128, lots: &[Lot], now: u64) -> (Holding, u128) {
	let (due, locked): (Vec<Lot>, Vec<Lot>) = lots.iter().copied().partition(|lot| is_due(lot, now));
	let folded = due.iter().fold(0u128, |sum, lot| sum.saturating_add(lot.amount));
	(Holding { free: free.saturating_add(folded), lots: canonical(locked) }, folded)
}

/// Takes the lots named by `wanted` out of a holding.
///
/// A name whose time has come is served from the free part (its lot may have been folded meanwhile). A larger lot is
/// split; both parts keep their times. Fails with AmountZero or Malformed by form, LotsLocked(free, nextUnlock, demand)
/// when the free part doesn't cover the free demand, LotUnknown(acquiredAt, unlocksAt, have) for the first named lot
/// that is missing or smaller.
pub fn take(free: u128, lots: &[Lot], wanted: &[Lot], now: u64) -> Result<Taken, Reason> {
	check_form(wanted)?;
	let (mut rest, _) = fold(free, lots, now);
	let (due, locked): (Vec<Lot>, Vec<Lot>) = wanted.iter().copied().partition(|lot| is_due(lot, now));
	let demand = sum(&due);
	let left = U256::from(rest.free)
		.checked_sub(demand)
		.ok_or_else(|| Refusal::LotsLocked.with([rest.free.into(), next_unlock(&rest.lots).into(), demand]))?;
	let mut taken = Vec::with_capacity(locked.len().saturating_add(1));
	if !demand.is_zero() {
		// demand <= rest.free, so both fit u128.
		taken.push(Lot { amount: demand.low_u128(), acquired_at: 0, unlocks_at: 0 });
	}
	rest.free = left.low_u128();
	for want in locked {
		subtract(&mut rest.lots, &want)?;
		taken.push(want);
	}
	Ok(Taken { rest, taken })
}

/// Takes `want` out of the lot of its times; LotUnknown when that is missing or smaller.
fn subtract(lots: &mut Vec<Lot>, want: &Lot) -> Result<(), Reason> {
	let unknown = |have: u128| Refusal::LotUnknown.with([want.acquired_at.into(), want.unlocks_at.into(), have.into()]);
	let place = lots.iter().position(|lot| sort_key(lot) == sort_key(want)).ok_or_else(|| unknown(0))?;
	let have = lots[place].amount;
	match have.checked_sub(want.amount) {
		None => return Err(unknown(have)),
		Some(0) => {
			lots.remove(place);
		},
		Some(left) => lots[place].amount = left,
	}
	Ok(())
}

/// Adds arriving lots to a holding: free and due parts become free, equal times merge, others are appended.
///
/// The holding's own due lots are left as they are: folding is the holder's move, not the sender's.
pub fn credit(free: u128, lots: &[Lot], arriving: &[Lot], now: u64) -> Holding {
	let (due, locked): (Vec<Lot>, Vec<Lot>) = arriving.iter().copied().partition(|lot| is_due(lot, now));
	let gained = due.iter().fold(0u128, |sum, lot| sum.saturating_add(lot.amount));
	let mut all = lots.to_vec();
	all.extend(locked);
	Holding { free: free.saturating_add(gained), lots: canonical(all) }
}
