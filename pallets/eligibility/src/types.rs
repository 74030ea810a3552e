//! What the pallet stores and hands out.

use alloc::{string::String, vec::Vec};

use codec::{Decode, Encode, MaxEncodedLen};
use lockstep_primitives::Timing;
use polkadot_sdk::sp_core::{H160, H256};
use scale_info::TypeInfo;

/// What a chain waits that names no times of its own: two days to notice a proposal, one day of grace. Long, because a
/// forgotten setting must not let a stolen key act at once.
pub const DEFAULT_TIMING: Timing = Timing { delay: 2 * 24 * 3_600, grace: 24 * 3_600 };

/// The oracle's clock on this chain, and the pause of everything, in one value: most calls read both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ClockState {
	/// Number of the last batch, 0 before the first.
	pub number: u64,
	/// The oracle's time of the last batch, UTC seconds.
	pub at: u64,
	/// Pause bits of the whole chain.
	pub pause: u8,
}

/// The parts of this chain's domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainName {
	/// CAIP-2 id, `polkadot:` and the first 32 hex digits of the genesis hash.
	pub caip2: String,
	/// What stands for the bridge where an EVM chain has a contract.
	pub bridge: H256,
	/// What was drawn for this genesis.
	pub deployment: H256,
}

/// A role's first signer set in the genesis configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisSigners {
	/// How many must sign: more than half.
	pub threshold: u8,
	/// Their addresses, strictly ascending; at most 25.
	pub signers: Vec<H160>,
}
