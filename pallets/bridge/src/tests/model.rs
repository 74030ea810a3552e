//! Random lives of a position: whatever happens in whatever order, tokens are conserved and locks never loosen.

use lockstep_eligibility::dice::Dice;
use lockstep_primitives::{ids::MAX_LOTS, lots, Lot, TransferOrder};
use polkadot_sdk::sp_core::{H256, U256};
use proptest::{collection::vec, prelude::*};

use crate::mock::*;

/// Everything of investor 1 that unlocks after `at`, here and in flight.
fn locked_after(asset: H256, in_flight: &[TransferOrder], at: u64) -> U256 {
	let here = SecurityToken::position(asset, investor(1)).1;
	let away = in_flight.iter().flat_map(|order| order.lots.iter());
	let later: Vec<Lot> = here.iter().chain(away).filter(|lot| lot.unlocks_at > at).copied().collect();
	lots::sum(&later)
}

/// A part of what investor 1 holds, in the form of an order.
fn some_lots(dice: &mut Dice, asset: H256) -> Vec<Lot> {
	let (holder, held) = SecurityToken::position(asset, investor(1));
	let mut wanted = Vec::new();
	if holder.free > 0 && dice.roll(2) == 0 {
		wanted.push(free(1 + u128::from(dice.roll(holder.free as u64))));
	}
	for lot in held {
		if dice.roll(3) == 0 {
			wanted.push(Lot { amount: 1 + u128::from(dice.roll(lot.amount as u64)), ..lot });
		}
	}
	wanted
}

fn arriving_lots(dice: &mut Dice) -> Vec<Lot> {
	let mut lots = vec![free(1 + u128::from(dice.roll(50)))];
	lots.extend((0..dice.roll(4)).map(|n| locked(1 + u128::from(dice.roll(50)), 100 * n + dice.roll(90))));
	lots.sort_by_key(lots::sort_key);
	lots
}

/// How often investor 1 crossed in a life of at most 60 steps.
fn live(mut dice: Dice) -> usize {
	let asset = home_with_holder();
	let mut in_flight: Vec<TransferOrder> = Vec::new();
	let mut arrived = 0;
	let mut crossings = 0;
	for _ in 0..60 {
		if dice.over() {
			break;
		}
		match dice.roll(5) {
			0 => {
				let request = request(asset, some_lots(&mut dice, asset));
				let before = locked_after(asset, &in_flight, now());
				let nonce = crate::Lanes::<Test>::get(LANE).expect("open").next_nonce;
				if Bridge::initiate(origin(b'a'), request).is_ok() {
					in_flight.push(crate::Orders::<Test>::get(LANE, nonce).expect("stored"));
					crossings += 1;
				}
				assert_eq!(locked_after(asset, &in_flight, now()), before);
			},
			1 | 2 if !in_flight.is_empty() => {
				let place = dice.roll(in_flight.len() as u64) as usize;
				let outcome = 1 + dice.roll(3) as u8;
				let before = locked_after(asset, &in_flight, now());
				let order = in_flight.remove(place);
				let gone: Vec<Lot> = order.lots.iter().filter(|lot| lot.unlocks_at > now()).copied().collect();
				settle(&order, receipt(&order, outcome)).expect("a refund always lands");
				let delivered = if outcome == 1 { lots::sum(&gone) } else { U256::zero() };
				assert_eq!(locked_after(asset, &in_flight, now()) + delivered, before);
			},
			3 => {
				arrived += 1;
				let order = incoming(asset, arrived, arriving_lots(&mut dice));
				let before = locked_after(asset, &in_flight, now());
				let gained: Vec<Lot> = order.lots.iter().filter(|lot| lot.unlocks_at > now()).copied().collect();
				let gained = if deliver(&order) == 0 { lots::sum(&gained) } else { U256::zero() };
				assert_eq!(locked_after(asset, &in_flight, now()), before + gained);
			},
			_ => {
				set_time(now() + dice.roll(40));
				heartbeat();
			},
		}
		assert_conserved(asset);
		let (holder, _) = SecurityToken::position(asset, investor(1));
		assert!(u32::from(holder.lots) + u32::from(holder.reserved) <= MAX_LOTS);
		let away = in_flight.iter().fold(U256::zero(), |sum, order| sum + lots::sum(&order.lots));
		assert_eq!(U256::from(holder.in_flight), away);
	}
	crossings
}

#[test]
fn tokens_are_conserved_and_locks_never_loosen_through_random_crossings() {
	let mut crossings = 0;
	for seed in 0..60 {
		on_chain(|| crossings += live(Dice::of_seed(seed)));
	}
	assert!(crossings > 300, "the lives must cross often to prove anything: {crossings}");
}

proptest! {
	#![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

	#[test]
	fn no_drawn_life_makes_tokens_or_loosens_a_lock(tape in vec(any::<u64>(), 0..300)) {
		on_chain(|| {
			live(Dice::of_tape(tape));
		});
	}
}
