//! Chance for tests that play random lives: from a seed, which repeats a life, or from a tape, which a property test
//! draws and cuts down to the shortest that still fails.

use alloc::{boxed::Box, vec::Vec};
use core::iter;

/// Rolls numbers; a life ends when its dice do.
pub struct Dice {
	rolls: Box<dyn Iterator<Item = u64>>,
	left: Option<usize>,
}

impl Dice {
	/// Endless dice, the same for the same seed (SplitMix64).
	pub fn of_seed(mut seed: u64) -> Self {
		let rolls = iter::from_fn(move || {
			seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
			let mut z = seed;
			z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
			z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
			Some(z ^ (z >> 31))
		});
		Self { rolls: Box::new(rolls), left: None }
	}

	/// Dice that roll what a tape says, and zeros after its end.
	pub fn of_tape(tape: Vec<u64>) -> Self {
		let left = Some(tape.len());
		Self { rolls: Box::new(tape.into_iter().chain(iter::repeat(0))), left }
	}

	/// 0 to `sides - 1`.
	pub fn roll(&mut self, sides: u64) -> u64 {
		self.left = self.left.map(|left| left.saturating_sub(1));
		self.rolls.next().unwrap_or_default() % sides
	}

	/// 1 to `most`.
	pub fn amount(&mut self, most: u128) -> u128 {
		1 + u128::from(self.roll(u64::try_from(most.max(1)).expect("small amounts")))
	}

	/// One of the values, which are not none.
	pub fn pick<V: Copy>(&mut self, values: &[V]) -> V {
		values[self.roll(values.len() as u64) as usize]
	}

	/// Whether the tape has come to its end.
	pub fn over(&self) -> bool {
		self.left == Some(0)
	}
}
