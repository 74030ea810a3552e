//! Weights of the calls, counted from the storage they touch.
//!
//! They stand in for measured ones: reads and writes at the chain's own prices, plus the work of sorting lots.

use core::marker::PhantomData;

use frame_support::{traits::Get, weights::Weight};
use polkadot_sdk::{frame_support, frame_system};

/// Picoseconds of a call's own work.
const BASE: u64 = 30_000_000;
/// Picoseconds of handling one lot.
const LOT: u64 = 1_000_000;
/// Lots of the positions that a call may have to read.
const HELD_LOTS: u64 = 64;

/// Weights of the calls.
pub trait WeightInfo {
	/// Registering an asset.
	fn register_asset() -> Weight;
	/// Issuing `lots` lots.
	fn issue(lots: u32) -> Weight;
	/// A transfer in which both positions' lots have to be read and written.
	fn transfer() -> Weight;
	/// A pause of an asset or its end.
	fn pause_asset() -> Weight;
}

/// Weights at the database prices of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn register_asset() -> Weight {
		// Admin, the asset.
		Weight::from_parts(BASE, 0).saturating_add(T::DbWeight::get().reads_writes(2, 1))
	}

	fn issue(lots: u32) -> Weight {
		let work = BASE + LOT.saturating_mul(u64::from(lots).saturating_add(HELD_LOTS));
		// Clock, Domain, Timestamp, the asset; account, holder, lots and supply are also written.
		Weight::from_parts(work, 0).saturating_add(T::DbWeight::get().reads_writes(8, 4))
	}

	fn transfer() -> Weight {
		// Clock, Timestamp, the asset; two accounts, two holders and their lots are also written.
		Weight::from_parts(BASE + LOT * HELD_LOTS, 0)
			.saturating_add(T::DbWeight::get().reads_writes(9, 6))
	}

	fn pause_asset() -> Weight {
		// Admin, guardian, the asset.
		Weight::from_parts(BASE, 0).saturating_add(T::DbWeight::get().reads_writes(3, 1))
	}
}

impl WeightInfo for () {
	fn register_asset() -> Weight {
		Weight::zero()
	}

	fn issue(_: u32) -> Weight {
		Weight::zero()
	}

	fn transfer() -> Weight {
		Weight::zero()
	}

	fn pause_asset() -> Weight {
		Weight::zero()
	}
}
