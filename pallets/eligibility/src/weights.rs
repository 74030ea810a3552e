//! Weights of the calls, counted from the storage they touch at worst.
//!
//! They stand in for measured ones: reads and writes at the chain's own prices, plus the signature recoveries and hashing,
//! which are the only heavy computation. A test of the runtime compares them with what usual calls touch.

use core::marker::PhantomData;

use frame_support::{traits::Get, weights::Weight};
use polkadot_sdk::{frame_support, frame_system};

/// Picoseconds of one secp256k1 recovery with its checks, rounded up from 60 microseconds.
const RECOVERY: u64 = 100_000_000;
/// Picoseconds of decoding, hashing and checking one item.
const ITEM: u64 = 20_000_000;
/// Picoseconds of a call's own work.
const BASE: u64 = 20_000_000;
/// Timestamp, the chain's own domain, the signers.
const GATE: u64 = 3;
/// What an item reads at worst, a binding: the asset; the account, its investor, that one's successor and its position;
/// where the account was moved, that account and its investor; the new investor and its successor; the system account.
const BINDING_READS: u64 = 12;
/// What an item writes at worst, an eligibility: the position and the counts of two classes.
const ITEM_WRITES: u64 = 3;

/// Weights of the calls.
pub trait WeightInfo {
	/// What that many reads, writes and picoseconds cost.
	fn price(reads: u64, writes: u64, work: u64) -> Weight;

	/// A batch of `items` items under `signatures` signatures.
	fn submit_batch(items: u32, signatures: u32) -> Weight {
		let items = u64::from(items);
		let work = recoveries(signatures).saturating_add(items.saturating_mul(ITEM));
		// The clock besides, which is written.
		let reads = items.saturating_mul(BINDING_READS).saturating_add(GATE + 1);
		Self::price(reads, items.saturating_mul(ITEM_WRITES).saturating_add(1), work)
	}

	/// A binding under `signatures` signatures.
	fn bind(signatures: u32) -> Weight {
		Self::price(GATE + BINDING_READS, ITEM_WRITES, recoveries(signatures))
	}

	/// A pause or its end.
	fn pause() -> Weight {
		// Admin, guardian, clock.
		Self::price(3, 1, BASE)
	}

	/// A proposal of `signers` signers under `signatures` signatures.
	fn propose_signers(signers: u32, signatures: u32) -> Weight {
		// The admin, the proposals of both roles, the other role's signers, the delay; per signer whether it was struck in
		// either role.
		let reads = u64::from(signers).saturating_mul(2).saturating_add(GATE + 5);
		Self::price(reads, 1, recoveries(signatures))
	}

	/// An activation.
	fn activate_signers() -> Weight {
		// The proposal, the time, the grace, the signers; proposal and signers.
		Self::price(4, 2, BASE)
	}

	/// A cancellation or a retirement.
	fn retire_signers() -> Weight {
		// Admin, guardian, the proposal or the signers.
		Self::price(3, 1, BASE)
	}

	/// A strike.
	fn strike_signer() -> Weight {
		// Admin, guardian, signers, proposal; the latter two, and the name.
		Self::price(4, 3, BASE)
	}
}

/// Weights at the database prices of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn price(reads: u64, writes: u64, work: u64) -> Weight {
		Weight::from_parts(work, 0).saturating_add(T::DbWeight::get().reads_writes(reads, writes))
	}
}

fn recoveries(signatures: u32) -> u64 {
	u64::from(signatures).saturating_mul(RECOVERY).saturating_add(BASE)
}

impl WeightInfo for () {
	fn price(_: u64, _: u64, _: u64) -> Weight {
		Weight::zero()
	}
}
