//! Arithmetic of lots: pure functions over a free amount and a list of lots.
//!
//! Promises kept here: the sum over free and lots never changes except by what is taken or credited, and no lot comes
//! out with an earlier unlock time than it went in. Lists that come out are canonical: ascending by
//! (unlocks_at, acquired_at), no two with equal times. Amounts in base units, times in UTC seconds.

use alloc::vec::Vec;

use polkadot_sdk::sp_core::U256;

use crate::{
	evaluation::Reason,
	ids::MAX_LOTS,
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

/// Takes `amount` without names: free tokens first, due lots included, then locked lots ascending by
/// (unlocks_at, acquired_at), the last one split. The caller knows that the total covers it.
pub fn take_any(free: u128, lots: &[Lot], amount: u128, now: u64) -> Taken {
	let (folded, _) = fold(free, lots, now);
	let from_free = folded.free.min(amount);
	let mut taken = Vec::new();
	if from_free > 0 {
		taken.push(Lot { amount: from_free, acquired_at: 0, unlocks_at: 0 });
	}
	let mut rest = Holding { free: folded.free.saturating_sub(from_free), lots: Vec::new() };
	let mut missing = amount.saturating_sub(from_free);
	for lot in folded.lots {
		let part = missing.min(lot.amount);
		missing = missing.saturating_sub(part);
		if part > 0 {
			taken.push(Lot { amount: part, ..lot });
		}
		if part < lot.amount {
			rest.lots.push(Lot { amount: lot.amount.saturating_sub(part), ..lot });
		}
	}
	Taken { rest, taken }
}

/// One lot of the sum, with the later times of all: nothing unlocks earlier than it did.
fn together(lots: &[Lot]) -> Lot {
	lots.iter().fold(Lot::default(), |sum, lot| Lot {
		amount: sum.amount.saturating_add(lot.amount),
		acquired_at: sum.acquired_at.max(lot.acquired_at),
		unlocks_at: sum.unlocks_at.max(lot.unlocks_at),
	})
}

/// Merges the two neighbours whose unlock times are nearest, the first such pair, to the later times of both.
pub fn merge_nearest(lots: &[Lot]) -> Vec<Lot> {
	let mut ordered = canonical(lots.to_vec());
	let distance = |pair: &[Lot]| pair[1].unlocks_at.saturating_sub(pair[0].unlocks_at);
	let nearest = (0..ordered.len().saturating_sub(1)).min_by_key(|place| distance(&ordered[*place..*place + 2]));
	if let Some(place) = nearest {
		let merged = together(&ordered[place..place + 2]);
		ordered.splice(place..place + 2, [merged]);
	}
	canonical(ordered)
}

/// Merges nearest lots until they and `reserved` places fit a position; a single lot always stays.
pub fn fit(lots: Vec<Lot>, reserved: u32) -> Vec<Lot> {
	let mut fitted = canonical(lots);
	while fitted.len() as u64 + u64::from(reserved) > MAX_LOTS.into() && fitted.len() > 1 {
		fitted = merge_nearest(&fitted);
	}
	fitted
}

/// Merges whole lots to the later times of all; due lots are no lots any more. Returns the lots afterwards and what the
/// named ones became.
///
/// Fails with LotUnknown(acquiredAt, unlocksAt, have) for the first named lot that is not there in times and amount.
pub fn merge_lots(lots: &[Lot], named: &[Lot], now: u64) -> Result<(Vec<Lot>, Lot), Reason> {
	let (folded, _) = fold(0, lots, now);
	for want in named {
		let have = folded.lots.iter().find(|lot| sort_key(lot) == sort_key(want)).map_or(0, |lot| lot.amount);
		if have != want.amount {
			return Err(Refusal::LotUnknown.with([want.acquired_at.into(), want.unlocks_at.into(), have.into()]));
		}
	}
	let into = together(named);
	let mut left: Vec<Lot> = folded.lots.into_iter().filter(|lot| !named.contains(lot)).collect();
	left.push(into);
	Ok((canonical(left), into))
}

/// Frees the named parts before their time: the controller's lawful early release, the one way that a lot is loosened.
/// A named lot that is due by now is free already and skipped.
///
/// Fails with LotUnknown(acquiredAt, unlocksAt, have) for the first named lot that is missing or smaller.
pub fn release(free: u128, lots: &[Lot], named: &[Lot], now: u64) -> Result<Holding, Reason> {
	let (mut holding, _) = fold(free, lots, now);
	for want in named.iter().filter(|lot| !is_due(lot, now)) {
		subtract(&mut holding.lots, want)?;
		holding.free = holding.free.saturating_add(want.amount);
	}
	Ok(holding)
}
