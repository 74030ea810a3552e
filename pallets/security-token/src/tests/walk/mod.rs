//! A random walk over everything that moves, locks, counts or renames holdings. After each step: sums are kept, no lot
//! unlocks earlier than it did, counts equal a recount, limits and quotas are what the walk's own book says, and what
//! `explain` shows is what enforcement does and what a model of the rules expects.

mod book;
mod model;
mod steps;

use std::collections::BTreeMap;

use lockstep_eligibility::dice::Dice;
use lockstep_primitives::ids;
use proptest::{collection::vec, prelude::*};

use crate::mock::*;
use book::Walk;

const STEPS: usize = 1_500;
/// Walks for each rule unless the environment variable LOCKSTEP_WALKS asks for more.
const WALKS: u64 = 2;

/// What must happen on all walks together more than that often, or they prove nothing about it.
const OFTEN: [(&str, usize); 20] = [
	("issue", 20),
	("transfer", 60),
	("leave", 20),
	("leave with a seat", 2),
	("refund", 10),
	("settle", 10),
	("arrive", 20),
	("force", 20),
	("force out of a frozen part", 2),
	("recover", 10),
	("replace", 2),
	("move lots", 10),
	("redeem", 10),
	("freeze an amount", 10),
	("merge lots", 3),
	("release", 2),
	("limit", 10),
	("quota", 10),
	("class", 10),
	("refused by a cap", 20),
];

fn walk(default_rule: u8, first_seed: u64) {
	let walks = std::env::var("LOCKSTEP_WALKS").ok().and_then(|walks| walks.parse().ok()).unwrap_or(WALKS);
	let mut done = BTreeMap::<&str, usize>::new();
	for seed in first_seed..first_seed.saturating_add(walks) {
		with_asset(default_rule, |asset| {
			let mut walk = Walk::new(asset, Dice::of_seed(seed));
			for _ in 0..STEPS {
				walk.step();
			}
			for (what, times) in walk.done {
				*done.entry(what).or_default() += times;
			}
		});
	}
	for (what, least) in OFTEN {
		let times = done.get(what).copied().unwrap_or_default();
		assert!(times > least, "{what} happened only {times} times: {done:?}");
	}
}

#[test]
fn whatever_happens_under_keep_every_promise_holds() {
	walk(ids::RULE_KEEP, 0);
}

#[test]
fn whatever_happens_under_restart_every_promise_holds() {
	walk(ids::RULE_RESTART, 1_000);
}

#[test]
fn whatever_happens_under_forbid_with_exceptions_every_promise_holds() {
	walk(ids::RULE_FORBID, 2_000);
}

proptest! {
	#![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

	#[test]
	fn no_drawn_walk_breaks_a_promise(
		rule in prop::sample::select(vec![ids::RULE_KEEP, ids::RULE_RESTART, ids::RULE_FORBID]),
		tape in vec(any::<u64>(), 0..600),
	) {
		with_asset(rule, |asset| {
			let mut walk = Walk::new(asset, Dice::of_tape(tape));
			while !walk.dice.over() {
				walk.step();
			}
		});
	}
}
