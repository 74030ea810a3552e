//! What a transfer must be refused for, told from the views alone, rule by rule as the protocol's book has them.

use lockstep_primitives::{ids, lots, EligibilityWord};
use polkadot_sdk::sp_core::H256;

use crate::{mock::*, tests::support::*, Holders};

/// Numbers of all rules that a transfer must fail, ascending.
pub(super) fn expected(asset: H256, from: u8, to: u8, amount: u128) -> Vec<u16> {
	let mut codes = vec![];
	let mut fails = |failed: bool, code: u16| {
		if failed {
			codes.push(code);
		}
		failed
	};
	let now = Eligibility::now();
	let (giver, getter) = (SecurityToken::account(asset, named(from)), SecurityToken::account(asset, named(to)));
	let (held, giver_lots) = SecurityToken::position(asset, giver.investor);
	let (other, getter_lots) = SecurityToken::position(asset, getter.investor);
	let word = EligibilityWord::unpack(SecurityToken::eligibility(asset, giver.investor));
	let other_word = EligibilityWord::unpack(SecurityToken::eligibility(asset, getter.investor));
	let between = giver.is_bound() && getter.is_bound() && giver.investor != getter.investor;

	// Nothing is asked of no amount that needs one.
	fails(!giver.is_bound(), 4);
	fails(!getter.is_bound(), 5);
	fails(giver.is_bound() && word.permissions & ids::SEND == 0, 6);
	fails(giver.is_bound() && (giver.flags | held.flags) & 1 != 0, 7);
	fails(getter.is_bound() && (getter.flags | other.flags) & 1 != 0, 8);
	fails(between && other_word.permissions & ids::RECEIVE == 0, 9);
	fails(amount == 0, 12);
	let short = fails(giver.balance < amount, 13);
	let due: u128 = giver_lots.iter().filter(|lot| lot.unlocks_at <= now).map(|lot| lot.amount).sum();
	let locked = fails(between && !short && held.free + due < amount, 14);
	let stopped = frozen_stops(asset, giver.investor, amount);
	let taken = !short && !locked && !stopped;

	let params = SecurityToken::asset(asset).expect("registered").params;
	let exception = params.pairs.iter().find(|pair| (pair.from_class, pair.to_class) == (word.class, other_word.class));
	let rule = exception.map_or(params.terms.default_rule, |pair| pair.rule);
	let unlocks_at = now + params.terms.holding_period;
	let still = getter_lots.iter().filter(|lot| lot.unlocks_at > now).count() as u32;
	let merges = getter_lots.iter().any(|lot| (lot.acquired_at, lot.unlocks_at) == (now, unlocks_at));
	let crowded = rule == ids::RULE_RESTART && !merges && still + u32::from(other.reserved) >= 24;
	fails(between && crowded, 15);

	let recorded = !other_word.is_absent();
	let (granted, used, _) = limit(asset, number(getter.investor));
	fails(between && recorded && amount > 0 && (used + amount) as i128 > granted, 16);
	let (quota, counted) = class(asset, other_word.class);
	let leaves = amount > 0 && taken && held.in_flight == 0 && held.free + lots::sum(&giver_lots).low_u128() == amount;
	let counted = counted - u64::from(leaves && word.class == other_word.class);
	fails(between && recorded && amount > 0 && used == 0 && counted as i128 >= i128::from(quota), 17);
	fails(between && rule == ids::RULE_FORBID, 18);
	fails(between && amount > 0 && too_fast(asset, giver.investor, amount, now), 19);
	fails(between && rule == ids::RULE_RESTART && amount < params.terms.min_lot, 42);
	fails(between && !short && stopped, 47);
	codes
}

/// The number behind a test investor's id.
fn number(investor: H256) -> u8 {
	(investor.to_low_u64_be() & 0xff) as u8
}

fn frozen_stops(asset: H256, investor: H256, amount: u128) -> bool {
	let frozen = SecurityToken::frozen(asset, investor);
	let (held, lots) = SecurityToken::position(asset, investor);
	let total = held.free + lots::sum(&lots).low_u128();
	frozen > 0 && total.saturating_sub(frozen) < amount
}

fn too_fast(asset: H256, investor: H256, amount: u128, now: u64) -> bool {
	let (capacity, rate) = SecurityToken::velocity(asset);
	let held = Holders::<Test>::get(asset, investor);
	let drained = rate * u128::from(now.saturating_sub(held.spent_at));
	capacity > 0 && held.spent.saturating_sub(drained) + amount > capacity
}
