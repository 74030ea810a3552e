//! A token bucket: how much may move now, and how long to wait for more.
//!
//! A bucket keeps what was spent and when; it drains by `rate` a second. An amount may pass when what is spent and the
//! amount together stay within the capacity. Amounts in base units, times in UTC seconds.

use polkadot_sdk::sp_core::U256;

/// The wait for an amount that will never pass.
pub const NEVER: u64 = u64::MAX;

/// A bucket as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
	/// What was spent at `at`, base units.
	pub spent: u128,
	/// When `spent` was written, UTC seconds.
	pub at: u64,
	/// What may be spent at once, base units.
	pub capacity: u128,
	/// What drains each second, base units.
	pub rate: u128,
	/// The bucket's share: capacity and rate are divided by it. Zero counts as one.
	pub divisor: u128,
}

/// Why an amount does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow {
	/// Seconds until it would pass; [`NEVER`] for more than the capacity.
	pub wait: u64,
	/// What would pass now, base units.
	pub available: u128,
}

impl Bucket {
	fn divisor(&self) -> u128 {
		self.divisor.max(1)
	}

	fn share(&self) -> u128 {
		self.capacity / self.divisor()
	}

	/// What is still spent at `now`. A clock that stands behind `at` drains nothing.
	pub fn spent_now(&self, now: u64) -> u128 {
		let elapsed = now.saturating_sub(self.at);
		// 128 and 64 bits: the product fits 256.
		let drained = U256::from(self.rate) * U256::from(elapsed) / U256::from(self.divisor());
		U256::from(self.spent).saturating_sub(drained).low_u128()
	}

	/// What may pass at `now`.
	pub fn available(&self, now: u64) -> u128 {
		self.share().saturating_sub(self.spent_now(now))
	}

	/// What is spent once `amount` has passed at `now`; an [`Overflow`] when it may not.
	pub fn check(&self, amount: u128, now: u64) -> Result<u128, Overflow> {
		let available = self.available(now);
		if amount <= available {
			return Ok(self.spent_now(now).saturating_add(amount));
		}
		Err(Overflow { wait: self.wait(amount, available), available })
	}

	/// What is still spent at `now` when `amount` is given back.
	pub fn give_back(&self, amount: u128, now: u64) -> u128 {
		self.spent_now(now).saturating_sub(amount)
	}

	/// Seconds until `amount` passes, rounded up: at that second it does.
	fn wait(&self, amount: u128, available: u128) -> u64 {
		if amount > self.share() || self.rate == 0 {
			return NEVER;
		}
		let missing = U256::from(amount.saturating_sub(available)) * U256::from(self.divisor());
		let rate = U256::from(self.rate);
		let wait = missing / rate + U256::from(u8::from(!(missing % rate).is_zero()));
		wait.min(NEVER.into()).low_u64()
	}
}
