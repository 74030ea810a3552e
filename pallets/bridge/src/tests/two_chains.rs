//! Two chains at the ends of one lane: seats, limits and tokens over both, and random lives of their investors.

use lockstep_eligibility::dice::Dice;
use lockstep_primitives::{ids::RULE_KEEP, lots, InitiateRequest, Lot, Refusal, TransferOrder};
use polkadot_sdk::{
	sp_core::{H256, U256},
	sp_io::TestExternalities,
};
use proptest::{collection::vec, prelude::*};

use crate::mock::*;

/// What was granted to each investor on each chain.
const LIMIT: i128 = 1_000_000_000_000_000_000;

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
	Sent,
	/// With its outcome.
	Decided(u8),
}

/// An order that isn't settled yet.
#[derive(Clone, Debug)]
struct Flight {
	order: TransferOrder,
	from: usize,
	stage: Stage,
}

/// Two chains with an asset that is at home on the first; investors 1 and 2 have accounts `a` and `b` on both.
struct World {
	chains: [TestExternalities; 2],
	domains: [H256; 2],
	asset: H256,
	time: u64,
}

impl World {
	fn new() -> Self {
		let mut chains = [new_chain(7), new_chain(8)];
		let domains = [0, 1].map(|index: usize| chains[index].execute_with(Eligibility::domain));
		let asset = [0, 1].map(|index: usize| {
			chains[index].execute_with(|| {
				let lane = domains[1 - index];
				open_lane(lane, 2);
				heartbeat();
				let asset = asset_on(lane, domains[0], RULE_KEEP);
				admit(asset, 1, b'a', ALL);
				admit(asset, 2, b'b', ALL);
				asset
			})
		})[0];
		Self { chains, domains, asset, time: NOW }
	}

	fn on<R>(&mut self, chain: usize, work: impl FnOnce() -> R) -> R {
		self.chains[chain].execute_with(work)
	}

	fn pass(&mut self, seconds: u64) {
		self.time += seconds;
		let time = self.time;
		for chain in 0..2 {
			self.on(chain, || {
				set_time(time);
				heartbeat();
			});
		}
	}

	/// Investor `number` sends lots to investor `to` from that chain.
	fn send(&mut self, from: usize, number: u64, to: u64, lots: Vec<Lot>) -> Option<Flight> {
		let (asset, destination) = (self.asset, self.domains[1 - from]);
		self.on(from, || {
			let request = InitiateRequest {
				asset,
				destination,
				to_investor: investor(to),
				recipient: bytes(letter(to)),
				lots,
				deadline: now() + 100,
			};
			let nonce = crate::Lanes::<Test>::get(destination).expect("open").next_nonce;
			Bridge::initiate(origin(letter(number)), request).ok()?;
			let order = crate::Orders::<Test>::get(destination, nonce).expect("stored");
			Some(Flight { order, from, stage: Stage::Sent })
		})
	}

	fn deliver(&mut self, flight: &mut Flight) -> u16 {
		let code = self.on(1 - flight.from, || deliver(&flight.order));
		if code == 0 {
			flight.stage = Stage::Decided(1);
		}
		code
	}

	fn reject(&mut self, flight: &mut Flight) {
		let late = self.time >= flight.order.deadline;
		let reason = if late { Refusal::DeadlinePassed } else { Refusal::ReceiverNotEligible };
		self.on(1 - flight.from, || reject(&flight.order, reason.number().into())).expect("never refused");
		flight.stage = Stage::Decided(if late { 3 } else { 2 });
	}

	/// Settles what is decided, after every other outcome was refused for want of signatures that say so.
	fn settle(&mut self, flight: &Flight) {
		let Stage::Decided(outcome) = flight.stage else { panic!("nothing is decided") };
		let order = &flight.order;
		self.on(flight.from, || settle(order, receipt(order, outcome))).expect("always lands");
	}

	/// The class's quota and holders on that chain.
	fn class(&mut self, chain: usize) -> (i64, u64) {
		let asset = self.asset;
		let count = self.on(chain, || SecurityToken::quota(asset, CLASS));
		(count.quota, count.holders)
	}

	fn limits(&mut self) -> i128 {
		let asset = self.asset;
		let mut sum = 0;
		for (chain, number) in [(0, 1), (0, 2), (1, 1), (1, 2)] {
			sum += self.on(chain, || SecurityToken::limit(asset, investor(number)).0);
		}
		sum
	}

	/// (supplies of both chains, in flight as the audit counts it, in flight as positions count it, issued).
	fn audit(&mut self) -> (u128, u128, u128, u128) {
		let (asset, domains) = (self.asset, self.domains);
		let [home, away] = [0, 1].map(|chain| {
			self.on(chain, || {
				let flow = crate::Flows::<Test>::get(asset, domains[1 - chain]).expect("open");
				let positions: u128 =
					[1, 2].iter().map(|number| SecurityToken::position(asset, investor(*number)).0.in_flight).sum();
				(SecurityToken::supply(asset), flow, positions)
			})
		});
		let out = home.1.sent - home.1.refunded - away.1.arrived;
		let back = away.1.sent - away.1.refunded - home.1.arrived;
		let issued = home.0.issued - home.0.redeemed - away.0.redeemed;
		(home.0.supply + away.0.supply, out + back, home.2 + away.2, issued)
	}

	/// What of an investor unlocks after `at`, on both chains and between them.
	fn locked_after(&mut self, number: u64, flights: &[Flight], at: u64) -> U256 {
		let asset = self.asset;
		let mut held: Vec<Lot> = Vec::new();
		for chain in 0..2 {
			held.extend(self.on(chain, || SecurityToken::position(asset, investor(number)).1));
		}
		for flight in flights.iter().filter(|flight| flight.stage != Stage::Decided(1)) {
			if flight.order.from_investor == investor(number) {
				held.extend(flight.order.lots.iter().copied());
			}
		}
		held.retain(|lot| lot.unlocks_at > at);
		lots::sum(&held)
	}

	/// Everything that is true at every moment.
	fn check(&mut self, flights: &[Flight]) {
		let (asset, domains) = (self.asset, self.domains);
		for chain in 0..2 {
			self.on(chain, || {
				assert_eq!(Bridge::check_invariants(), Ok(()));
				assert_eq!(SecurityToken::check_invariants(asset), Ok(()));
				let supply = SecurityToken::supply(asset);
				let flow = crate::Flows::<Test>::get(asset, domains[1 - chain]).expect("open");
				let gained = supply.issued + flow.refunded + flow.arrived;
				assert_eq!(supply.supply, gained - supply.redeemed - flow.sent);
			});
		}
		let sum = |flight: &Flight| lots::sum(&flight.order.lots).low_u128();
		let delivered: Vec<&Flight> =
			flights.iter().filter(|flight| flight.stage == Stage::Decided(1)).collect();
		let (supplies, in_flight, positions, issued) = self.audit();
		assert_eq!(supplies + in_flight, issued);
		assert_eq!(positions, flights.iter().map(sum).sum::<u128>());
		assert_eq!(in_flight, positions - delivered.iter().map(|flight| sum(flight)).sum::<u128>());
		let own = delivered.iter().filter(|flight| flight.order.from_investor == flight.order.to_investor);
		assert_eq!(self.limits(), 4 * LIMIT + own.map(|flight| sum(flight) as i128).sum::<i128>());
		let seats = delivered.iter().filter(|flight| flight.order.seat != 0).count() as i64;
		assert_eq!(self.class(0).0 + self.class(1).0, 2_000 + seats);
	}
}

fn letter(number: u64) -> u8 {
	b'a' + number as u8 - 1
}

fn issue_at_home(world: &mut World, number: u64, lots: Vec<Lot>) {
	let asset = world.asset;
	world.on(0, || issue(asset, letter(number), lots));
}

#[test]
fn a_seat_travels_there_and_back_and_no_quota_is_made_or_lost() {
	let mut world = World::new();
	issue_at_home(&mut world, 1, vec![free(100), locked(50, 500)]);
	let asset = world.asset;
	world.on(1, || grant_quota(asset, CLASS, -1_000));
	assert_eq!((world.class(0), world.class(1)), ((1_000, 1), (0, 0)));

	let part = world.send(0, 1, 1, vec![free(1)]).expect("sent");
	let refused = world.deliver(&mut part.clone());
	assert_eq!(refused, Refusal::HolderCapReached.number(), "a part brings no seat");
	let mut part = part;
	world.reject(&mut part);
	world.settle(&part);

	let mut whole = world.send(0, 1, 1, vec![free(100), locked(50, 500)]).expect("sent");
	assert_eq!(whole.order.seat, CLASS);
	assert_eq!((world.class(0), world.class(1)), ((1_000, 1), (0, 0)));
	assert_eq!(world.deliver(&mut whole), 0);
	assert_eq!((world.class(0), world.class(1)), ((1_000, 1), (1, 1)), "never too low between the two");
	world.settle(&whole);
	assert_eq!((world.class(0), world.class(1)), ((999, 0), (1, 1)));

	let mut back = world.send(1, 1, 1, vec![free(100), locked(50, 500)]).expect("sent");
	assert_eq!(world.deliver(&mut back), 0);
	world.settle(&back);
	assert_eq!((world.class(0), world.class(1)), ((1_000, 1), (0, 0)));
}

#[test]
fn between_deliver_and_settle_the_audit_counts_nothing_twice() {
	let mut world = World::new();
	issue_at_home(&mut world, 1, vec![free(100)]);
	assert_eq!(world.audit(), (100, 0, 0, 100));
	let mut flight = world.send(0, 1, 1, vec![free(40)]).expect("sent");
	assert_eq!(world.audit(), (60, 40, 40, 100));
	assert_eq!(world.deliver(&mut flight), 0);
	// Delivered and not settled: the source still keeps its places and counts, but it is in flight no more.
	assert_eq!(world.audit(), (100, 0, 40, 100));
	world.settle(&flight);
	assert_eq!(world.audit(), (100, 0, 0, 100));
}

#[test]
fn a_refund_brings_everything_back_over_both_chains() {
	let mut world = World::new();
	issue_at_home(&mut world, 1, vec![free(100), locked(50, 500)]);
	world.pass(10);
	let before = (world.audit(), world.class(0), world.limits());
	let mut flight = world.send(0, 1, 1, vec![free(100), locked(50, 500)]).expect("sent");
	world.pass(100);
	assert_eq!(world.deliver(&mut flight.clone()), Refusal::DeadlinePassed.number());
	world.reject(&mut flight);
	assert_eq!(flight.stage, Stage::Decided(3));
	world.check(core::slice::from_ref(&flight));
	world.settle(&flight);
	assert_eq!((world.audit(), world.class(0), world.limits()), before);
}

/// A part of what an investor holds there, often all of it.
fn some_lots(world: &mut World, dice: &mut Dice, chain: usize, number: u64) -> Vec<Lot> {
	let asset = world.asset;
	let (holder, held) = world.on(chain, || SecurityToken::position(asset, investor(number)));
	let all = dice.roll(3) == 0;
	let mut part = |amount: u128| if all { amount } else { 1 + u128::from(dice.roll(amount as u64)) };
	let mut wanted = Vec::new();
	if holder.free > 0 {
		wanted.push(free(part(holder.free)));
	}
	for lot in held {
		let amount = part(lot.amount);
		if all || amount % 2 == 0 {
			wanted.push(Lot { amount, ..lot });
		}
	}
	wanted
}

/// One step of a life; the flights that are left.
fn step(world: &mut World, dice: &mut Dice, flights: &mut Vec<Flight>) {
	let asset = world.asset;
	let chain = dice.roll(2) as usize;
	let number = 1 + dice.roll(2);
	match dice.roll(8) {
		0..=2 => {
			let to = if dice.roll(4) == 0 { 3 - number } else { number };
			let lots = some_lots(world, dice, chain, number);
			flights.extend(world.send(chain, number, to, lots));
		},
		3..=5 if !flights.is_empty() => {
			let place = dice.roll(flights.len() as u64) as usize;
			let mut flight = flights[place].clone();
			match flight.stage {
				Stage::Sent if dice.roll(3) == 0 => world.reject(&mut flight),
				Stage::Sent => drop(world.deliver(&mut flight)),
				Stage::Decided(_) => {
					assert_eq!(world.deliver(&mut flight.clone()), Refusal::OrderConsumed.number());
					world.settle(&flight);
					flights.remove(place);
					return;
				},
			}
			flights[place] = flight;
		},
		6 => {
			let held = world.on(chain, || SecurityToken::account(asset, bytes(letter(number))).balance);
			let amount = 1 + u128::from(dice.roll(held as u64 + 1));
			let to = account(letter(3 - number));
			// Often refused: what is locked doesn't move to another.
			let _ = world.on(chain, || SecurityToken::transfer(origin(letter(number)), asset, to, amount));
		},
		_ => world.pass(dice.roll(60)),
	}
}

/// How many orders were sent in a life of at most 50 steps.
fn live(mut dice: Dice) -> usize {
	let mut world = World::new();
	issue_at_home(&mut world, 1, vec![free(500), locked(50, 300), locked(70, 900), locked(20, 5_000)]);
	issue_at_home(&mut world, 2, vec![free(300), locked(30, 600)]);
	let mut flights = Vec::new();
	let mut sent = 0;
	for _ in 0..50 {
		if dice.over() {
			break;
		}
		let before = flights.len();
		let probes = [world.time, world.time + 400, world.time + 2_000];
		let locked = |world: &mut World, flights: &[Flight]| {
			[1, 2].map(|number| probes.map(|at| world.locked_after(number, flights, at)))
		};
		let was = locked(&mut world, &flights);
		let time = world.time;
		step(&mut world, &mut dice, &mut flights);
		// Lots that came due by the passing of time alone are counted before it.
		if world.time == time {
			assert_eq!(locked(&mut world, &flights), was, "no lock loosens, and none is made");
		}
		world.check(&flights);
		sent += flights.len().saturating_sub(before);
	}
	sent
}

#[test]
fn random_lives_over_two_chains_make_and_lose_nothing() {
	let sent: usize = (0..40).map(|seed| live(Dice::of_seed(seed))).sum();
	assert!(sent > 200, "the lives must cross often to prove anything: {sent}");
}

proptest! {
	#![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

	#[test]
	fn no_drawn_life_over_two_chains_makes_or_loses_anything(tape in vec(any::<u64>(), 0..300)) {
		live(Dice::of_tape(tape));
	}
}
