//! The eligibility word: an investor's standing for one asset in 256 bits.

use polkadot_sdk::sp_core::U256;

use crate::{
	evaluation::Reason,
	ids::{signed_to_word, BRIDGE, RECEIVE, SEND},
	messages::EligibilityItem,
	refusal::Refusal,
};

const VALID_UNTIL_SHIFT: usize = 192;
const CLASS_SHIFT: usize = 176;
const PERMISSIONS_SHIFT: usize = 168;
const SEQUENCE_SHIFT: usize = 128;
const SEQUENCE_MASK: u64 = (1 << 40) - 1;
/// How far a batch may move the room (limit less what is used) from zero: far beyond every issue, and far from where 128
/// bits end, so that crossings, which move limit and use together, can't overflow.
pub const MAX_ROOM: i128 = 1 << 120;

/// An unpacked eligibility word: `validUntil u64 | class u16 | permissions u8 | sequence u40 | limit i128`, high to low.
///
/// All zero means that there is no record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EligibilityWord {
	/// UTC seconds; receiving is refused from then on, exit never.
	pub valid_until: u64,
	/// Class number, 0 for none.
	pub class: u16,
	/// Bits RECEIVE 1, SEND 2, BRIDGE 4.
	pub permissions: u8,
	/// Number of the batch that wrote the word last; its low 40 bits.
	pub sequence: u64,
	/// This chain's part of the investor's holding cap, base units; may be negative.
	pub limit: i128,
}

impl EligibilityWord {
	/// The word as one number.
	pub fn pack(&self) -> U256 {
		(U256::from(self.valid_until) << VALID_UNTIL_SHIFT)
			| (U256::from(self.class) << CLASS_SHIFT)
			| (U256::from(self.permissions) << PERMISSIONS_SHIFT)
			| (U256::from(self.sequence & SEQUENCE_MASK) << SEQUENCE_SHIFT)
			| (signed_to_word(self.limit) & U256::from(u128::MAX))
	}

	/// The fields of a packed word.
	pub fn unpack(word: U256) -> Self {
		Self {
			valid_until: (word >> VALID_UNTIL_SHIFT).low_u64(),
			class: ((word >> CLASS_SHIFT).low_u64() & 0xffff) as u16,
			permissions: ((word >> PERMISSIONS_SHIFT).low_u64() & 0xff) as u8,
			sequence: (word >> SEQUENCE_SHIFT).low_u64() & SEQUENCE_MASK,
			limit: word.low_u128() as i128,
		}
	}

	/// True when the oracle has never written this word. Only its half of the word counts: crossings move the limit.
	pub fn is_absent(&self) -> bool {
		Self { limit: 0, ..*self } == Self::default()
	}

	/// The word without the limit: what a batch replaces.
	pub fn record(&self) -> U256 {
		Self { limit: 0, ..*self }.pack()
	}

	/// How much more the investor may hold here when `used` is held or in flight; negative above the limit.
	pub fn room(&self, used: u128) -> i128 {
		self.limit.saturating_sub(i128::try_from(used).unwrap_or(i128::MAX))
	}

	/// True when the record allows receiving, whatever the date.
	pub fn may_receive(&self) -> bool {
		self.permissions & RECEIVE != 0
	}

	/// True when the record allows sending.
	pub fn may_send(&self) -> bool {
		self.permissions & SEND != 0
	}

	/// True when the record allows sending to another chain.
	pub fn may_bridge(&self) -> bool {
		self.permissions & BRIDGE != 0
	}

	/// True when receiving is no longer covered. `now` in UTC seconds.
	pub fn is_expired(&self, now: u64) -> bool {
		now >= self.valid_until
	}

	/// The word after batch `number` applied `item`: the limit moves by the item's delta, the rest is replaced. `used` is
	/// what the investor holds here or has in flight.
	///
	/// Fails with AmountTooLarge(delta, 2^120) when the room would leave [-2^120, 2^120].
	pub fn applied(&self, item: &EligibilityItem, number: u64, used: u128) -> Result<Self, Reason> {
		let limit = self.limit.saturating_add(item.limit_delta);
		let applied = Self {
			valid_until: item.valid_until,
			class: item.class,
			permissions: item.permissions,
			sequence: number & SEQUENCE_MASK,
			limit,
		};
		if !(-MAX_ROOM..=MAX_ROOM).contains(&applied.room(used)) {
			let delta = signed_to_word(item.limit_delta);
			return Err(Refusal::AmountTooLarge.with([delta, U256::from(MAX_ROOM as u128)]));
		}
		Ok(applied)
	}
}
