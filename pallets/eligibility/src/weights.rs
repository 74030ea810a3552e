//! Weights of the calls, counted from the storage they touch.
//!
//! They stand in for measured ones: reads and writes at the chain's own prices, plus the signature recoveries
//! and hashing, which are the only heavy computation.

use core::marker::PhantomData;

use frame_support::{traits::Get, weights::Weight};
use polkadot_sdk::{frame_support, frame_system};

/// Picoseconds of one secp256k1 recovery with its checks, rounded up from 60 microseconds.
const RECOVERY: u64 = 100_000_000;
/// Picoseconds of decoding, hashing and checking one item.
const ITEM: u64 = 20_000_000;
/// Picoseconds of a call's own work.
const BASE: u64 = 20_000_000;

/// Weights of the calls.
pub trait WeightInfo {
	/// A batch of `items` items under `signatures` signatures.
	fn submit_batch(items: u32, signatures: u32) -> Weight;
	/// A binding under `signatures` signatures.
	fn bind(signatures: u32) -> Weight;
	/// A pause or its end.
	fn pause() -> Weight;
}

/// Weights at the database prices of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn submit_batch(items: u32, signatures: u32) -> Weight {
		let (items, signatures) = (u64::from(items), u64::from(signatures));
		let work = BASE + items.saturating_mul(ITEM).saturating_add(signatures.saturating_mul(RECOVERY));
		// Clock, Domain, SignerSets; per item the asset, the account or record, its holder, the system account.
		Weight::from_parts(work, 0)
			.saturating_add(T::DbWeight::get().reads(3 + 4 * items))
			.saturating_add(T::DbWeight::get().writes(1 + 2 * items))
	}

	fn bind(signatures: u32) -> Weight {
		// Domain, SignerSets, the asset, the account, its holder, the system account.
		Weight::from_parts(BASE + u64::from(signatures).saturating_mul(RECOVERY), 0)
			.saturating_add(T::DbWeight::get().reads_writes(6, 2))
	}

	fn pause() -> Weight {
		Weight::from_parts(BASE, 0).saturating_add(T::DbWeight::get().reads_writes(3, 1))
	}
}

impl WeightInfo for () {
	fn submit_batch(_: u32, _: u32) -> Weight {
		Weight::zero()
	}

	fn bind(_: u32) -> Weight {
		Weight::zero()
	}

	fn pause() -> Weight {
		Weight::zero()
	}
}
