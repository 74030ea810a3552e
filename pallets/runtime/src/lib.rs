//! The Lockstep chain's runtime.
//!
//! A solochain: Aura makes a block every two seconds. This file names the pallets and the types that
//! the chain's users see; `configs` sets each pallet up, `apis` answers nodes and clients, `genesis` describes the first block.

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "512"]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
#[macro_use]
mod benchmarks;

mod apis;
mod configs;
mod filter;
mod genesis;

#[cfg(test)]
mod tests;

use alloc::{borrow::Cow, vec::Vec};

use polkadot_sdk::{
	frame_executive, frame_support, frame_system, pallet_aura, pallet_balances, pallet_timestamp,
	pallet_transaction_payment, sp_runtime, sp_version,
};
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::{runtime_version, RuntimeVersion};

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

/// Length of an Aura slot in milliseconds. It can't change after genesis without stopping the chain.
pub const SLOT_DURATION_MS: u64 = 2_000;

/// Smallest balance of the native coin that keeps an account alive, in base units.
pub const EXISTENTIAL_DEPOSIT: Balance = 1_000_000_000;

/// One unit of the native coin (12 decimals), in base units.
pub const UNIT: Balance = 1_000_000_000_000;

/// Any of sr25519, ed25519 and ecdsa.
pub type Signature = MultiSignature;
/// An account: 32 bytes.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// Native coin, in base units.
pub type Balance = u128;
/// Number of signed extrinsics an account has sent.
pub type Nonce = u32;
/// Hash of blocks and tries.
pub type Hash = polkadot_sdk::sp_core::H256;
/// Height of a block.
pub type BlockNumber = u32;
/// What an extrinsic may carry as an address.
pub type Address = MultiAddress<AccountId, ()>;
/// Block header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// Block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

/// What every signed extrinsic carries besides the call.
pub type TxExtension = (
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

/// Extrinsic as it comes from the network.
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;

/// Runs blocks.
pub type Executive =
	frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;

/// The version that nodes and wallets compare.
#[runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("lockstep"),
	impl_name: Cow::Borrowed("lockstep"),
	authoring_version: 1,
	spec_version: 3,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 2,
	system_version: 1,
};

// Hooks run in the order of these indices. 3 is kept for finality, 6 to 9 for session and consensus pallets,
// so that the chain's own pallets keep their numbers when these come.
#[frame_support::runtime]
mod runtime {
	use super::*;

	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;

	#[runtime::pallet_index(2)]
	pub type Aura = pallet_aura;

	#[runtime::pallet_index(4)]
	pub type Balances = pallet_balances;

	#[runtime::pallet_index(5)]
	pub type TransactionPayment = pallet_transaction_payment;

	#[runtime::pallet_index(20)]
	pub type Eligibility = lockstep_eligibility;

	#[runtime::pallet_index(21)]
	pub type SecurityToken = lockstep_security_token;

	#[runtime::pallet_index(22)]
	pub type Bridge = lockstep_bridge;
}
