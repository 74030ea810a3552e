//! The walk's own book of what was granted, sent and loosened, and the checks against it.

use std::collections::BTreeMap;

use lockstep_eligibility::dice::Dice;
use lockstep_primitives::{lots, Lot, TransferOrder};
use polkadot_sdk::sp_core::H256;

use crate::{mock::*, tests::support::*, Holders};

/// Locked amount by unlock time.
type Locks = BTreeMap<u64, u128>;

/// What a step did to locks, as far as it may.
#[derive(Default)]
pub(super) struct Step {
	/// Lots that lawfully left or were lawfully freed.
	pub loosened: Vec<Lot>,
	/// Lots moved between investors: only all of them together are compared.
	pub moved: bool,
}

pub(super) struct Walk {
	pub asset: H256,
	pub dice: Dice,
	pub now: u64,
	pub in_flight: Vec<TransferOrder>,
	/// Sums delivered elsewhere, arrived from elsewhere, redeemed.
	pub gone: u128,
	pub come: u128,
	pub redeemed: u128,
	/// Limits by investor number and quotas by class, as granted.
	pub limits: BTreeMap<u8, i128>,
	pub quotas: BTreeMap<u16, i64>,
	/// Investors that are not retired, and all accounts ever used.
	pub investors: Vec<u8>,
	pub accounts: Vec<u8>,
	pub next: u8,
	pub done: BTreeMap<&'static str, usize>,
}

impl Walk {
	pub fn new(asset: H256, dice: Dice) -> Self {
		Self {
			asset,
			dice,
			now: START,
			in_flight: vec![],
			gone: 0,
			come: 0,
			redeemed: 0,
			limits: (1..=3).map(|n| (n, LIMIT)).collect(),
			quotas: (0..=3).map(|class| (class, QUOTA)).collect(),
			investors: vec![1, 2, 3],
			accounts: vec![1, 11, 2, 12, 3],
			next: 20,
			done: BTreeMap::new(),
		}
	}

	pub fn note(&mut self, what: &'static str) {
		*self.done.entry(what).or_default() += 1;
	}

	/// The investor that stands for `investor` today.
	fn today(&self, investor: H256) -> H256 {
		match SecurityToken::successor(self.asset, investor) {
			none if none.is_zero() => investor,
			successor => successor,
		}
	}

	/// The number of the investor that owns an account today, None for nobody's.
	pub fn owner(&self, of: u8) -> Option<u8> {
		let owner = SecurityToken::account(self.asset, named(of)).investor;
		self.investors.iter().copied().find(|n| investor(*n) == owner)
	}

	pub fn number(&self, id: H256) -> u8 {
		let today = self.today(id);
		self.investors.iter().copied().find(|n| investor(*n) == today).expect("somebody")
	}

	/// What is locked per investor, here and in flight from here.
	pub fn locks(&self) -> BTreeMap<H256, Locks> {
		let mut all = BTreeMap::<H256, Locks>::new();
		let mut add = |investor: H256, lots: &[Lot]| {
			let mine = all.entry(investor).or_default();
			for lot in lots.iter().filter(|lot| !lots::is_free(lot)) {
				*mine.entry(lot.unlocks_at).or_default() += lot.amount;
			}
		};
		for n in &self.investors {
			add(investor(*n), &holding(self.asset, *n).1);
		}
		for order in &self.in_flight {
			add(self.today(order.from_investor), &order.lots);
		}
		all
	}

	pub fn step(&mut self) {
		if self.dice.roll(4) == 0 {
			self.now += self.dice.roll(60);
			travel(self.now);
		}
		let before = self.locks();
		let step = self.act();
		self.check_sums();
		self.check_locks(&before, &step);
		self.check_grants();
	}

	fn check_sums(&self) {
		check_all(self.asset);
		let supply = SecurityToken::supply(self.asset);
		let flying: u128 = self.in_flight.iter().map(sum).sum();
		assert_eq!(supply.supply + flying + self.gone + self.redeemed, supply.issued + self.come, "conservation");
		assert_eq!(supply.redeemed, self.redeemed);
		for n in &self.investors {
			let holder = Holders::<Test>::get(self.asset, investor(*n));
			let mine = self.in_flight.iter().filter(|order| self.today(order.from_investor) == investor(*n));
			assert_eq!(holder.in_flight, mine.clone().map(sum).sum::<u128>(), "in flight");
			assert_eq!(usize::from(holder.orders), mine.clone().count(), "orders");
			let places: u32 = mine.map(|order| lots::locked_count(&order.lots)).sum();
			assert_eq!(u32::from(holder.reserved), places, "places for lots in flight");
		}
	}

	/// Beyond every later moment at least as much is locked as before, but for what lawfully left or was freed: of each
	/// investor, or of all together when lots changed hands.
	fn check_locks(&self, before: &BTreeMap<H256, Locks>, step: &Step) {
		let after = self.locks();
		if step.moved {
			self.compare(&merged(before), &merged(&after), &step.loosened);
		} else {
			let nothing = Locks::new();
			for (investor, locks) in before {
				self.compare(locks, after.get(investor).unwrap_or(&nothing), &step.loosened);
			}
		}
	}

	fn compare(&self, before: &Locks, after: &Locks, loosened: &[Lot]) {
		for moment in before.keys().filter(|time| **time > self.now) {
			let beyond = |locks: &Locks| locks.range(moment..).map(|(_, sum)| sum).sum::<u128>();
			let left: u128 = loosened.iter().filter(|lot| lot.unlocks_at >= *moment).map(|lot| lot.amount).sum();
			assert!(beyond(after) + left >= beyond(before), "a lot unlocked early: {before:?} {after:?}");
		}
	}

	/// Limits and quotas are what was granted, and the room is what is left of a limit.
	fn check_grants(&self) {
		for n in &self.investors {
			let (granted, used, room) = limit(self.asset, *n);
			let (holder, held) = SecurityToken::position(self.asset, investor(*n));
			let total = holder.free + lots::sum(&held).low_u128() + holder.in_flight;
			assert_eq!((granted, used), (self.limits[n], total), "limit and used of investor {n}");
			assert_eq!(room, granted - used as i128, "room of investor {n}");
		}
		for (of, quota) in &self.quotas {
			assert_eq!(class(self.asset, *of).0, *quota, "quota of class {of}");
		}
	}
}

fn merged(locks: &BTreeMap<H256, Locks>) -> Locks {
	let mut all = Locks::new();
	for (time, sum) in locks.values().flatten() {
		*all.entry(*time).or_default() += sum;
	}
	all
}

pub(super) fn sum(order: &TransferOrder) -> u128 {
	lots::sum(&order.lots).low_u128()
}
