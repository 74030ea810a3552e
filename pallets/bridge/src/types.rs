//! What the pallet keeps in storage.

use codec::{Decode, Encode, MaxEncodedLen};
use lockstep_primitives::{ids::SHARE_DIVISOR, Bucket};
use scale_info::TypeInfo;

/// The connection to one remote chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Lane {
	/// Kind of the remote chain's accounts: 1 EVM, 2 AccountId32.
	pub account_kind: u8,
	/// Least seconds between initiating and the deadline.
	pub min_flight: u64,
	/// Most seconds between initiating and the deadline.
	pub max_flight: u64,
	/// Number of the next order, from 1.
	pub next_nonce: u64,
	/// Pause bits.
	pub pause: u8,
}

/// One direction of an asset's rate limit on a lane. All zero: no limit was ever set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct RateLimit {
	/// What may pass at once, base units.
	pub capacity: u128,
	/// What comes back each second, base units.
	pub rate: u128,
	/// What passed lately.
	pub spent: Spent,
}

impl RateLimit {
	/// The whole limit.
	pub fn bucket(&self) -> Bucket {
		self.bucket_of(self.spent, 1)
	}

	/// One investor's share of the limit.
	pub fn share(&self, spent: Spent) -> Bucket {
		self.bucket_of(spent, SHARE_DIVISOR)
	}

	fn bucket_of(&self, spent: Spent, divisor: u128) -> Bucket {
		Bucket { spent: spent.amount, at: spent.at, capacity: self.capacity, rate: self.rate, divisor }
	}
}

/// What passed lately, as of a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Spent {
	/// Base units.
	pub amount: u128,
	/// UTC seconds.
	pub at: u64,
}

/// An asset's counters on a lane, base units, with its rate limits there: in one value, since every crossing needs both.
///
/// Counters only grow. An issue is at most 2^96 - 1, so 128 bits last for 2^32 crossings of everything: additions
/// saturate without ever reaching it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Flow {
	/// Sent from here to the lane.
	pub sent: u128,
	/// Come back because the remote chain rejected.
	pub refunded: u128,
	/// Arrived here from the lane.
	pub arrived: u128,
	/// How fast tokens may leave.
	pub outbound: RateLimit,
	/// How fast tokens may arrive; at least twice the outbound capacity, so that what left can come back.
	pub inbound: RateLimit,
}

impl Flow {
	/// True when limits are set; both directions have one, or neither.
	pub fn is_limited(&self) -> bool {
		self.outbound.capacity > 0
	}
}
