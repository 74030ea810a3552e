//! What the pallet keeps in storage.

use codec::{Decode, Encode, MaxEncodedLen};
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

/// An asset's counters on a lane, base units. They only grow.
///
/// An issue is at most 2^96 - 1, so 128 bits last for 2^32 crossings of everything: additions saturate without
/// ever reaching it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Flow {
	/// Sent from here to the lane.
	pub sent: u128,
	/// Come back because the remote chain rejected.
	pub refunded: u128,
	/// Arrived here from the lane.
	pub arrived: u128,
}
