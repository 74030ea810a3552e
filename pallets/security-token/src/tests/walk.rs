//! A random walk over everything that moves tokens: sums are kept, and no lot unlocks earlier than it did.

use std::collections::BTreeMap;

use lockstep_primitives::{ids, lots, InitiateRequest, Lot, TransferOrder};
use polkadot_sdk::sp_core::H256;

use crate::mock::*;

const STEPS: usize = 1_500;
const ACCOUNTS: [u8; 5] = [1, 11, 2, 12, 3];

/// A small generator whose walk a seed repeats: SplitMix64.
struct Dice(u64);

impl Dice {
	fn roll(&mut self, sides: u64) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		(z ^ (z >> 31)) % sides
	}

	fn pick<V: Copy>(&mut self, values: &[V]) -> V {
		values[self.roll(values.len() as u64) as usize]
	}
}

/// The walk's own book: what is in flight, and what was counted.
struct Walk {
	asset: H256,
	dice: Dice,
	now: u64,
	in_flight: Vec<TransferOrder>,
	/// Sums delivered elsewhere and arrived from elsewhere.
	gone: u128,
	come: u128,
	done: BTreeMap<&'static str, usize>,
}

/// Locked amount by unlock time.
type Locks = BTreeMap<u64, u128>;

impl Walk {
	fn new(asset: H256, seed: u64) -> Self {
		let (in_flight, done) = (vec![], BTreeMap::new());
		Self { asset, dice: Dice(seed), now: START, in_flight, gone: 0, come: 0, done }
	}

	/// What is locked per investor here and in flight from here.
	fn locks(&self) -> [Locks; 4] {
		let mut locks: [Locks; 4] = Default::default();
		for n in 1..=3u8 {
			let mine = &mut locks[usize::from(n)];
			let (_, held) = holding(self.asset, n);
			let orders = self.in_flight.iter().filter(|order| order.from_investor == investor(n));
			let flying = orders.flat_map(|order| order.lots.iter().copied());
			for lot in held.into_iter().chain(flying).filter(|lot| !lots::is_free(lot)) {
				*mine.entry(lot.unlocks_at).or_default() += lot.amount;
			}
		}
		locks
	}

	fn note(&mut self, what: &'static str, happened: bool) -> bool {
		if happened {
			*self.done.entry(what).or_default() += 1;
		}
		happened
	}

	fn issue(&mut self) {
		let to = self.dice.pick(&ACCOUNTS);
		let mut issued = vec![free(1 + u128::from(self.dice.roll(200)))];
		for n in 0..self.dice.roll(3) {
			let unlocks_at = self.now + 1 + n * 1_000 + self.dice.roll(500);
			issued.push(lot(1 + u128::from(self.dice.roll(50)), self.now, unlocks_at));
		}
		let happened = issue(self.asset, to, issued).is_ok();
		self.note("issue", happened);
	}

	fn transfer(&mut self) {
		let (from, to) = (self.dice.pick(&ACCOUNTS), self.dice.pick(&ACCOUNTS));
		let amount = 1 + u128::from(self.dice.roll(150));
		let happened = transfer(self.asset, from, to, amount).is_ok();
		self.note("transfer", happened);
	}

	fn leave(&mut self) {
		let from = self.dice.pick(&ACCOUNTS);
		let owner = SecurityToken::account(self.asset, named(from)).investor;
		let (holder, held) = SecurityToken::position(self.asset, owner);
		let mut wanted = Vec::<Lot>::new();
		if holder.free > 0 && self.dice.roll(3) > 0 {
			wanted.push(free(1 + u128::from(self.dice.roll(holder.free.min(60) as u64))));
		}
		for lot in held {
			if self.dice.roll(3) == 0 {
				let amount = 1 + u128::from(self.dice.roll(lot.amount as u64));
				wanted.push(Lot { amount, ..lot });
			}
		}
		let to_investor = if self.dice.roll(2) == 0 { owner } else { investor(3) };
		let request = InitiateRequest {
			asset: self.asset,
			destination: H256([0xee; 32]),
			to_investor,
			recipient: H256::from_low_u64_be(1),
			lots: wanted,
			deadline: self.now + 1_000,
		};
		let found = SecurityToken::evaluate_initiate([from; 32], &request, self.now);
		let Some(departure) = found.plan else { return };
		self.in_flight.push(TransferOrder {
			source: Eligibility::domain(),
			destination: request.destination,
			nonce: 1,
			asset: self.asset,
			terms: departure.terms,
			from_investor: departure.from_investor,
			to_investor,
			sender: named(from),
			recipient: request.recipient,
			lots: departure.order_lots.clone(),
			seat: 0,
			initiated_at: self.now,
			deadline: request.deadline,
		});
		SecurityToken::depart(departure);
		self.note("leave", true);
	}

	/// Ends a flight. Returns the order when it was delivered elsewhere.
	fn settle(&mut self) -> Option<TransferOrder> {
		if self.in_flight.is_empty() {
			return None;
		}
		let place = self.dice.roll(self.in_flight.len() as u64) as usize;
		let order = self.in_flight.swap_remove(place);
		if self.dice.roll(2) == 0 {
			SecurityToken::refund(&order);
			self.note("refund", true);
			return None;
		}
		SecurityToken::settle_delivered(&order);
		self.gone += lots::sum(&order.lots).low_u128();
		self.note("settle", true);
		Some(order)
	}

	fn arrive(&mut self) {
		let to = self.dice.pick(&ACCOUNTS);
		let to_investor = SecurityToken::account(self.asset, named(to)).investor;
		let own = self.dice.roll(2) == 0;
		let mut arriving = vec![free(10 + u128::from(self.dice.roll(40)))];
		if own {
			arriving.push(lot(7, self.now - 5, self.now + self.dice.roll(900)));
		}
		let order = TransferOrder {
			source: H256([0xee; 32]),
			destination: Eligibility::domain(),
			nonce: 1,
			asset: self.asset,
			terms: 1,
			from_investor: if own { to_investor } else { investor(1) },
			to_investor,
			sender: H256::from_low_u64_be(1),
			recipient: named(to),
			lots: arriving,
			seat: 0,
			initiated_at: self.now,
			deadline: self.now + 100,
		};
		let found = SecurityToken::evaluate_arrival(&order, self.now);
		if let Some(arrival) = found.plan {
			self.come += arrival.sum;
			SecurityToken::arrive(arrival);
			self.note("arrive", true);
		}
	}

	fn step(&mut self) {
		if self.dice.roll(4) == 0 {
			self.now += self.dice.roll(60);
			travel(self.now);
		}
		let before = self.locks();
		let delivered = match self.dice.roll(12) {
			0 => {
				self.issue();
				None
			},
			1..=5 => {
				self.transfer();
				None
			},
			6..=8 => {
				self.leave();
				None
			},
			9..=10 => self.settle(),
			_ => {
				self.arrive();
				None
			},
		};
		self.check(&before, delivered.as_ref());
	}

	/// Sums hold, and beyond every later moment at least as much is locked as before, but for what was delivered
	/// elsewhere.
	fn check(&self, before: &[Locks; 4], delivered: Option<&TransferOrder>) {
		check_all(self.asset);
		let supply = SecurityToken::supply(self.asset);
		let flying: u128 =
			self.in_flight.iter().map(|order| lots::sum(&order.lots).low_u128()).sum();
		assert_eq!(supply.supply + flying + self.gone, supply.issued + self.come, "conservation");
		let after = self.locks();
		for n in 1..=3u8 {
			let (holder, _) = SecurityToken::position(self.asset, investor(n));
			let mine = self.in_flight.iter().filter(|order| order.from_investor == investor(n));
			let sum: u128 = mine.clone().map(|order| lots::sum(&order.lots).low_u128()).sum();
			assert_eq!(holder.in_flight, sum, "in flight");
			assert_eq!(usize::from(holder.orders), mine.count(), "orders");
			let gone: &[Lot] = delivered
				.filter(|order| order.from_investor == investor(n))
				.map_or(&[], |order| &order.lots);
			for moment in before[usize::from(n)].keys().filter(|time| **time > self.now) {
				let beyond = |locks: &Locks| locks.range(moment..).map(|(_, sum)| sum).sum::<u128>();
				let left: u128 =
					gone.iter().filter(|lot| lot.unlocks_at >= *moment).map(|lot| lot.amount).sum();
				assert!(
					beyond(&after[usize::from(n)]) + left >= beyond(&before[usize::from(n)]),
					"a lot unlocked early"
				);
			}
		}
	}
}

fn walk(default_rule: u8, seed: u64) {
	with_asset(default_rule, |asset| {
		let mut walk = Walk::new(asset, seed);
		for _ in 0..STEPS {
			walk.step();
		}
		// A walk on which everything is refused would prove nothing.
		for what in ["issue", "transfer", "leave", "refund", "settle", "arrive"] {
			let times = walk.done.get(what).copied().unwrap_or_default();
			assert!(times > 20, "{what} happened only {times} times: {:?}", walk.done);
		}
	});
}

#[test]
fn whatever_happens_under_keep_sums_hold_and_no_lot_unlocks_early() {
	for seed in 0..4 {
		walk(ids::RULE_KEEP, seed);
	}
}

#[test]
fn whatever_happens_under_restart_sums_hold_and_no_lot_unlocks_early() {
	for seed in 10..14 {
		walk(ids::RULE_RESTART, seed);
	}
}
