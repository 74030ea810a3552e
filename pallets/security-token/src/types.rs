//! What the pallet stores.

use codec::{Decode, Encode, MaxEncodedLen};
use lockstep_primitives::{ids, AssetParams, Lot};
use polkadot_sdk::{
	frame_support::{traits::ConstU32, BoundedVec},
	sp_core::{H256, U256},
};
use scale_info::TypeInfo;

/// A position's locked lots; their order in storage means nothing.
pub type StoredLots = BoundedVec<Lot, ConstU32<{ ids::MAX_LOTS }>>;

/// A registered asset.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Asset<AccountId> {
	/// What it is and which rules it has.
	pub params: AssetParams,
	/// Who may issue.
	pub controller: AccountId,
	/// Pause bits of this asset.
	pub pause: u8,
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
	/// Whose account it is; zero: nobody's.
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
	/// Eligibility word; zero: no record.
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
	/// Bit 0: frozen.
	pub flags: u8,
}

impl Holder {
	/// True when nothing may leave or enter the position.
	pub fn is_frozen(&self) -> bool {
		self.flags & ids::FLAG_FROZEN != 0
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
	/// Investors of the class counted here.
	pub holders: u64,
}
