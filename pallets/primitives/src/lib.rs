//! # Lockstep primitives
//!
//! The protocol's words in Rust, shared by the pallets, the runtime and (through vector files) checked against
//! the Python and Solidity sides.
//!
//! ## Overview
//!
//! - [`abi`] and [`digests`]: the signed objects as EIP-712 typed data, and the interface of the views.
//! - [`messages`]: the same objects as they travel in extrinsics and rest in storage (SCALE).
//! - [`refusal`] and [`evaluation`]: every rule's number, and the result of asking all rules at once.
//! - [`bucket`], [`lots`], [`shape`], [`quorum`], [`word`]: the arithmetic that the rules stand on.
//! - [`traits`]: what one pallet asks of another.
//!
//! Nothing here has storage, a clock or I/O: time and signature recovery are handed in.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod abi;
pub mod bucket;
mod conversions;
pub mod digests;
pub mod evaluation;
pub mod ids;
pub mod lots;
pub mod messages;
pub mod quorum;
pub mod refusal;
pub mod shape;
pub mod traits;
pub mod word;

#[cfg(test)]
mod tests;

pub use bucket::Bucket;
pub use evaluation::{Evaluation, Reason, RefusalSet};
pub use messages::{
	Action, Approval, AssetParams, AssetTerms, BindingItem, BindingPermit, EligibilityItem, InitiateRequest, Lot,
	OracleBatch, PairRule, QuotaItem, Rejection, TransferOrder, TransferReceipt,
};
pub use quorum::{PendingSet, SignerProposal, SignerSet, SignerSets, Timing};
pub use refusal::Refusal;
pub use word::EligibilityWord;
