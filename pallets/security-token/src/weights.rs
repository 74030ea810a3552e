//! Weights of the calls, counted from the storage they touch at worst.
//!
//! They stand in for measured ones: reads and writes at the chain's own prices, plus the work of sorting lots. Worst means:
//! both accounts belong to replaced investors, lots fold on both sides, one investor leaves its class and another joins
//! one. The benchmarks show that no call touches more.

use core::marker::PhantomData;

use frame_support::{traits::Get, weights::Weight};
use polkadot_sdk::{frame_support, frame_system};

/// Picoseconds of a call's own work.
const BASE: u64 = 30_000_000;
/// Picoseconds of handling one lot.
const LOT: u64 = 1_000_000;
/// Picoseconds of one step of merging nearest lots, which looks at all of them.
const MERGE: u64 = 4_000_000;
/// Lots of one position.
const HELD: u64 = 32;

/// Clock, Timestamp, the asset.
const SCENE: u64 = 3;
/// An account, its investor, the investor's successor and that one's position; written: account and position.
const END: u64 = 4;
/// Lots of a position.
const LOTS: u64 = 1;
/// A class's count.
const CLASS: u64 = 1;
/// An asset's totals.
const SUPPLY: u64 = 1;
/// Whether an account is known, and its system account; a system account is written.
const SYSTEM: u64 = 2;
/// Admin or guardian.
const ROLES: u64 = 2;
/// Names that lead to an account or an investor, read, checked and rewritten one by one.
const FORWARDS: u64 = 32 + 4;

/// Weights of the calls.
pub trait WeightInfo {
	/// What that many reads, writes and picoseconds cost.
	fn price(reads: u64, writes: u64, work: u64) -> Weight;

	/// Registering an asset.
	fn register_asset() -> Weight {
		Self::price(ROLES, 1, BASE)
	}

	/// Issuing `lots` lots.
	fn issue(lots: u32) -> Weight {
		let work = BASE + LOT.saturating_mul(u64::from(lots).saturating_add(HELD));
		// The chain's own domain besides.
		Self::price(SCENE + 1 + END + LOTS + CLASS + SUPPLY, 2 + LOTS + CLASS + SUPPLY, work)
	}

	/// A transfer between two investors.
	fn transfer() -> Weight {
		Self::price(SCENE + 2 * (END + LOTS + CLASS), 2 * (2 + LOTS + CLASS), BASE + 2 * HELD * LOT)
	}

	/// A pause of an asset or its end.
	fn pause_asset() -> Weight {
		Self::price(ROLES + 1, 1, BASE)
	}

	/// Redeeming `lots` lots.
	fn redeem(lots: u32) -> Weight {
		let work = BASE + LOT.saturating_mul(u64::from(lots).saturating_add(HELD));
		Self::price(SCENE + END + LOTS + CLASS + SUPPLY, 2 + LOTS + CLASS + SUPPLY, work)
	}

	/// Freezing or thawing an account, even one that nobody knew.
	fn freeze_account() -> Weight {
		Self::price(SCENE + END + SYSTEM, 2, BASE)
	}

	/// Freezing an investor, or an amount of its position.
	fn freeze_investor() -> Weight {
		Self::price(SCENE + 1, 1, BASE)
	}

	/// A forced transfer in which all places are full.
	fn force_transfer() -> Weight {
		let work = BASE + 2 * HELD * LOT + HELD * MERGE;
		Self::price(SCENE + 2 * (END + LOTS + CLASS), 2 * (2 + LOTS + CLASS), work)
	}

	/// A recovery to an account that nobody knew, of one that many lead to.
	fn recover() -> Weight {
		Self::price(SCENE + 3 * END + SYSTEM + FORWARDS, 2 + 1 + FORWARDS, BASE)
	}

	/// A replacement of an investor that stands for many.
	fn replace_investor() -> Weight {
		let work = BASE + 2 * HELD * LOT + HELD * MERGE;
		Self::price(SCENE + 2 * (1 + LOTS + CLASS) + FORWARDS, 2 * (1 + LOTS + CLASS) + FORWARDS, work)
	}

	/// Moving `lots` lots to another investor whose places are full.
	fn move_lots(lots: u32) -> Weight {
		let lots = u64::from(lots);
		let work = BASE + LOT.saturating_mul(lots.saturating_add(2 * HELD)) + HELD * MERGE;
		Self::price(SCENE + 2 * (END + LOTS + CLASS), 2 * (2 + LOTS + CLASS), work)
	}

	/// Announcing the release of `lots` lots.
	fn propose_release(lots: u32) -> Weight {
		// Roles, Timestamp, the asset, the delay, the proposal.
		Self::price(ROLES + 4, 1, BASE + LOT.saturating_mul(lots.into()))
	}

	/// Releasing `lots` lots.
	fn release_lots(lots: u32) -> Weight {
		let work = BASE + LOT.saturating_mul(u64::from(lots).saturating_add(HELD));
		// Roles, Timestamp, the asset, the proposal; position, lots.
		Self::price(ROLES + 3 + 1 + LOTS, 2 + LOTS, work)
	}

	/// Calling a release off.
	fn cancel_release() -> Weight {
		Self::price(ROLES + 1, 1, BASE)
	}

	/// Merging `lots` lots.
	fn merge_lots(lots: u32) -> Weight {
		let work = BASE + LOT.saturating_mul(u64::from(lots).saturating_add(HELD));
		Self::price(SCENE + END + LOTS, 1 + LOTS, work)
	}

	/// Publishing a document at an address of that many bytes.
	fn set_document(uri: u32) -> Weight {
		// Timestamp, the asset, its documents.
		Self::price(3, 1, BASE + LOT.saturating_mul(u64::from(uri / 32)))
	}

	/// Withdrawing a document.
	fn remove_document() -> Weight {
		Self::price(3, 1, BASE)
	}

	/// Setting an asset's velocity.
	fn set_velocity() -> Weight {
		Self::price(ROLES + 1, 1, BASE)
	}

	/// Setting an asset's terms with that many exceptions.
	fn set_terms(pairs: u32) -> Weight {
		Self::price(ROLES + 1, 1, BASE + LOT.saturating_mul(pairs.into()))
	}

	/// Naming an asset's controller.
	fn set_controller() -> Weight {
		Self::price(ROLES + 1, 1, BASE)
	}
}

/// Weights at the database prices of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn price(reads: u64, writes: u64, work: u64) -> Weight {
		Weight::from_parts(work, 0).saturating_add(T::DbWeight::get().reads_writes(reads, writes))
	}
}

impl WeightInfo for () {
	fn price(_: u64, _: u64, _: u64) -> Weight {
		Weight::zero()
	}
}
