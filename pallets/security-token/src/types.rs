//! What the pallet stores.

use codec::{Decode, Encode, MaxEncodedLen};
use lockstep_primitives::{ids, AssetParams, Bucket, EligibilityWord, Lot};
use polkadot_sdk::{
	frame_support::{traits::ConstU32, BoundedBTreeMap, BoundedVec},
	sp_core::{H256, U256},
};
use scale_info::TypeInfo;

/// Flag bit of a position: part of it is frozen.
pub const FLAG_PARTLY_FROZEN: u8 = 2;
/// Flag bit of a position: its investor has a successor, to whom everything went.
pub const FLAG_RETIRED: u8 = 4;
/// Names that may lead to one account or investor.
pub const MAX_FORWARDS: u32 = 32;
/// Documents of an asset.
pub const MAX_DOCUMENTS: u32 = 32;
/// Longest address of a document, in bytes.
pub const MAX_URI: u32 = 256;

/// A position's locked lots; their order in storage means nothing.
pub type StoredLots = BoundedVec<Lot, ConstU32<{ ids::MAX_LOTS }>>;

/// What leads to an account or investor; a thirty-third is refused, for none may be forgotten.
pub type Forwards = BoundedVec<H256, ConstU32<MAX_FORWARDS>>;

/// An asset's documents by name.
pub type Documents = BoundedBTreeMap<H256, Document, ConstU32<MAX_DOCUMENTS>>;

/// How fast one investor may send to others. Both zero: as fast as they like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Velocity {
	/// What may be sent at once, base units.
	pub capacity: u128,
	/// What may be sent each second over time, base units.
	pub rate: u128,
}

/// A registered asset.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Asset<AccountId> {
	/// What it is and which rules it has.
	pub params: AssetParams,
	/// Who may issue and act on holdings.
	pub controller: AccountId,
	/// Pause bits of this asset.
	pub pause: u8,
	/// How fast an investor may send.
	pub velocity: Velocity,
}

/// An asset's totals on this chain, base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Supply {
	/// Sum of all positions; tokens in flight are not in it.
	pub supply: u128,
	/// Ever issued here; grows only.
	pub issued: u128,
	/// Ever redeemed here; grows only.
	pub redeemed: u128,
}

/// An account of an asset. The record stays when the account is unbound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Account {
	/// Whose account it is; zero: nobody's. An investor that has retired stands for its successor.
	pub investor: H256,
	/// Base units.
	pub balance: u128,
	/// Bit 0: frozen.
	pub flags: u8,
}

impl Account {
	/// True when the account belongs to an investor.
	pub fn is_bound(&self) -> bool {
		!self.investor.is_zero()
	}

	/// True when nothing may leave or enter the account.
	pub fn is_frozen(&self) -> bool {
		self.flags & ids::FLAG_FROZEN != 0
	}
}

/// An investor's position and eligibility in an asset, without the lots: a transfer reads this one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Holder {
	/// Eligibility word; its high half is zero when there is no record.
	pub word: U256,
	/// Free tokens, base units. Due lots that nobody folded yet are not in it.
	pub free: u128,
	/// Tokens in flight from this chain, base units.
	pub in_flight: u128,
	/// Least `unlocks_at` of the lots, 0 without lots. UTC seconds.
	pub next_unlock: u64,
	/// Number of lots.
	pub lots: u8,
	/// Places kept for lots in flight, so that a refund always lands.
	pub reserved: u8,
	/// Orders in flight from this chain.
	pub orders: u8,
	/// Bit 0: frozen, bit 1: partly frozen, bit 2: retired.
	pub flags: u8,
	/// Sum of the lots as stored, base units.
	pub locked: u128,
	/// What the controller has frozen of the total, base units; may be more than the total.
	pub frozen: u128,
	/// Velocity: what was sent lately as of `spent_at`, base units.
	pub spent: u128,
	/// When `spent` was written, UTC seconds.
	pub spent_at: u64,
}

impl Holder {
	/// The investor's eligibility.
	pub fn eligibility(&self) -> EligibilityWord {
		EligibilityWord::unpack(self.word)
	}

	/// Everything held here, locked or not.
	pub fn total(&self) -> u128 {
		self.free.saturating_add(self.locked)
	}

	/// What counts against limit and quota: held here or in flight from here.
	pub fn used(&self) -> u128 {
		self.total().saturating_add(self.in_flight)
	}

	/// How much more the investor may hold here.
	pub fn room(&self) -> i128 {
		self.eligibility().room(self.used())
	}

	/// The class that counts the investor, None while it holds nothing.
	pub fn counted_in(&self) -> Option<u16> {
		(self.used() > 0).then(|| self.eligibility().class)
	}

	/// True when nothing may leave or enter the position.
	pub fn is_frozen(&self) -> bool {
		self.flags & ids::FLAG_FROZEN != 0
	}

	/// True when the investor has a successor.
	pub fn is_retired(&self) -> bool {
		self.flags & FLAG_RETIRED != 0
	}

	/// Freezes `amount` of the position in place of what was frozen of it.
	pub fn freeze_amount(&mut self, amount: u128) {
		self.frozen = amount;
		let flag = if amount > 0 { FLAG_PARTLY_FROZEN } else { 0 };
		self.flags = (self.flags & !FLAG_PARTLY_FROZEN) | flag;
	}

	/// Sets or clears the flag that freezes the whole position.
	pub fn freeze(&mut self, frozen: bool) {
		let flag = if frozen { ids::FLAG_FROZEN } else { 0 };
		self.flags = (self.flags & !ids::FLAG_FROZEN) | flag;
	}

	/// Moves the limit without touching the rest of the word. Crossings move it together with what is used.
	pub fn move_limit(&mut self, change: impl FnOnce(i128) -> i128) {
		let mut word = self.eligibility();
		word.limit = change(word.limit);
		self.word = word.pack();
	}

	/// The investor's bucket under an asset's velocity.
	pub fn bucket(&self, velocity: &Velocity) -> Bucket {
		let Velocity { capacity, rate } = *velocity;
		Bucket { spent: self.spent, at: self.spent_at, capacity, rate, divisor: 1 }
	}

	/// True when some lot has unlocked that isn't folded into free yet.
	pub fn has_due_lots(&self, now: u64) -> bool {
		self.lots > 0 && self.next_unlock <= now
	}
}

/// A class's counters on this chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ClassCount {
	/// This chain's part of the class's holder cap.
	pub quota: i64,
	/// Investors of the class counted here: those that hold something or have something in flight from here.
	pub holders: u64,
}

/// A document of an asset (ERC-1643).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Document {
	/// Where it can be read.
	pub uri: BoundedVec<u8, ConstU32<MAX_URI>>,
	/// Hash of its content.
	pub hash: H256,
	/// When it was set, UTC seconds.
	pub updated_at: u64,
}
