//! The protocol's objects as SCALE carries and stores them.
//!
//! Field for field the Solidity structs of [`crate::abi`], with `H256` for bytes32. `Vec` and not `BoundedVec`:
//! an argument with one element too many must be refused with a reason, not die in decoding.

use alloc::{string::String, vec::Vec};

use alloy_sol_types::SolValue;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{sp_core::H256, sp_io::hashing::keccak_256};
use scale_info::TypeInfo;

use crate::abi::{self, bytes32};

macro_rules! message {
	($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
		$(#[$doc])*
		#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
		pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }
	};
}

/// Tokens that were acquired together and unlock together.
///
/// `(amount, 0, 0)` stands for free tokens.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Lot {
	/// Base units.
	pub amount: u128,
	/// UTC seconds.
	pub acquired_at: u64,
	/// UTC seconds; unlocked from this second on.
	pub unlocks_at: u64,
}

message! {
	/// A crossing from one chain to another, as stored at the source and shown to the destination.
	TransferOrder {
		/// Domain of the chain that sends.
		source: H256,
		/// Domain of the chain that receives.
		destination: H256,
		/// Number on the lane, from 1.
		nonce: u64,
		/// The asset.
		asset: H256,
		/// Version of the asset's terms at the source.
		terms: u32,
		/// Who sends.
		from_investor: H256,
		/// Who receives; the same for a crossing to oneself.
		to_investor: H256,
		/// Account at the source.
		sender: H256,
		/// Account at the destination.
		recipient: H256,
		/// The free part first, if any, then locked lots ascending by (unlocks_at, acquired_at).
		lots: Vec<Lot>,
		/// Class whose seat travels along, 0 for none.
		seat: u16,
		/// Source block time, UTC seconds.
		initiated_at: u64,
		/// UTC seconds; deliverable before, expirable from.
		deadline: u64,
	}
}

message! {
	/// What an investor asks for; the chain makes the order of it.
	InitiateRequest {
		/// The asset.
		asset: H256,
		/// Domain of the chain that shall receive.
		destination: H256,
		/// Who shall receive.
		to_investor: H256,
		/// Account at the destination.
		recipient: H256,
		/// Lots by name, in the form of an order.
		lots: Vec<Lot>,
		/// UTC seconds.
		deadline: u64,
	}
}

message! {
	/// Attestors' leave to deliver any of these orders.
	Approval {
		/// Order ids.
		orders: Vec<H256>,
		/// UTC seconds, at most an hour ahead.
		expires_at: u64,
	}
}

message! {
	/// Attestors' verdict that an order shall not be delivered.
	Rejection {
		/// Order id.
		order: H256,
		/// Refusal number.
		reason: u32,
	}
}

message! {
	/// Attestors' word on what the destination decided, for the source.
	TransferReceipt {
		/// Order id.
		order: H256,
		/// 1 delivered, 2 rejected, 3 expired.
		outcome: u8,
		/// Refusal number, 0 when delivered.
		reason: u32,
		/// Destination block time, UTC seconds.
		decided_at: u64,
	}
}

message! {
	/// An investor's eligibility for an asset, in an oracle batch.
	EligibilityItem {
		/// The asset.
		asset: H256,
		/// The investor.
		investor: H256,
		/// UTC seconds; receiving is refused from then on.
		valid_until: u64,
		/// Class number, 0 for none.
		class: u16,
		/// Bits RECEIVE 1, SEND 2, BRIDGE 4.
		permissions: u8,
		/// Added to the investor's part of the holding cap.
		limit_delta: i128,
	}
}

message! {
	/// Binds an account to an investor (0 unbinds), in an oracle batch.
	BindingItem {
		/// The asset.
		asset: H256,
		/// The account.
		account: H256,
		/// The investor, or 0.
		investor: H256,
	}
}

message! {
	/// Changes a class's part of its holder cap, in an oracle batch.
	QuotaItem {
		/// The asset.
		asset: H256,
		/// The class.
		class: u16,
		/// Added to the quota.
		delta: i64,
	}
}

message! {
	/// What the oracle tells one chain; without items a sign of life.
	OracleBatch {
		/// Number of the batch for this chain, from 1 without gaps.
		number: u64,
		/// UTC seconds.
		issued_at: u64,
		/// Eligibilities.
		eligibilities: Vec<EligibilityItem>,
		/// Bindings, applied after the eligibilities.
		bindings: Vec<BindingItem>,
		/// Quotas, applied last.
		quotas: Vec<QuotaItem>,
	}
}

message! {
	/// The oracle's leave for an account to bind itself.
	BindingPermit {
		/// The asset.
		asset: H256,
		/// The account that must call.
		account: H256,
		/// The investor.
		investor: H256,
		/// UTC seconds, at most an hour ahead.
		expires_at: u64,
	}
}

message! {
	/// The terms of an asset, equal on all its chains.
	AssetTerms {
		/// Version, from 1.
		terms: u32,
		/// Decimals, at most 8 by default.
		decimals: u8,
		/// Pair rule: 0 Forbid, 1 Keep, 2 Restart.
		default_rule: u8,
		/// Seconds that a Restart locks.
		holding_period: u64,
		/// Seconds of oracle silence after which receiving stops.
		max_oracle_age: u64,
		/// Smallest lot that someone else may make, base units.
		min_lot: u128,
		/// Most that may ever be outstanding, base units.
		authorised_issue: u128,
		/// Hash of the terms document.
		document: H256,
	}
}

/// An exception from an asset's default rule, for one pair of classes in one direction.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct PairRule {
	/// The sender's class.
	pub from_class: u16,
	/// The receiver's class.
	pub to_class: u16,
	/// 0 Forbid, 1 Keep, 2 Restart.
	pub rule: u8,
}

/// Why somebody acted on what belongs to others. Neither may be zero.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Action {
	/// An opaque code of the controller's own list.
	pub reason: u16,
	/// Salted hash of the document that orders it.
	pub document: H256,
}

message! {
	/// What registers an asset on a chain.
	AssetParams {
		/// Domain of the chain where lots are issued.
		home_domain: H256,
		/// The issuer's account on the home chain.
		issuer: H256,
		/// Makes the id differ between assets of one issuer.
		salt: H256,
		/// The terms.
		terms: AssetTerms,
		/// At most 32 exceptions, strictly ascending by (from_class, to_class).
		pairs: Vec<PairRule>,
		/// UTF-8, at most 64 bytes.
		name: Vec<u8>,
		/// UTF-8, at most 64 bytes.
		symbol: Vec<u8>,
	}
}

impl Action {
	/// What a proposal to free `lots` of an investor is known by:
	/// keccak256(abi.encode(bytes32 asset, bytes32 investor, Lot[] lots, uint16 reason, bytes32 document)).
	pub fn release_id(&self, asset: H256, investor: H256, lots: &[Lot]) -> H256 {
		let lots: Vec<abi::Lot> = lots.iter().map(abi::Lot::from).collect();
		let encoded =
			(bytes32(asset), bytes32(investor), lots, self.reason, bytes32(self.document)).abi_encode_params();
		H256(keccak_256(&encoded))
	}
}

impl AssetParams {
	/// The asset's id.
	pub fn asset_id(&self) -> H256 {
		crate::ids::asset_id(self.home_domain, self.issuer, self.salt)
	}

	/// The rule for free tokens that move from an investor of one class to one of another (or the same).
	pub fn rule(&self, from_class: u16, to_class: u16) -> u8 {
		let found = self.pairs.binary_search_by_key(&(from_class, to_class), |pair| (pair.from_class, pair.to_class));
		found.map_or(self.terms.default_rule, |place| self.pairs[place].rule)
	}

	/// The asset as the views show it. Bytes that are no UTF-8 show as replacement characters.
	pub fn info(&self, pause: u8) -> abi::AssetInfo {
		abi::AssetInfo {
			homeDomain: bytes32(self.home_domain),
			issuer: bytes32(self.issuer),
			salt: bytes32(self.salt),
			terms: (&self.terms).into(),
			pause,
			name: String::from_utf8_lossy(&self.name).into_owned(),
			symbol: String::from_utf8_lossy(&self.symbol).into_owned(),
		}
	}
}

impl OracleBatch {
	/// Number of items, all kinds together.
	pub fn len(&self) -> usize {
		self.eligibilities.len().saturating_add(self.bindings.len()).saturating_add(self.quotas.len())
	}

	/// True for a heartbeat.
	pub fn is_empty(&self) -> bool {
		self.len() == 0
	}
}

impl From<&BindingPermit> for BindingItem {
	fn from(permit: &BindingPermit) -> Self {
		Self { asset: permit.asset, account: permit.account, investor: permit.investor }
	}
}
