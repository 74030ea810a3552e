//! Weights of the calls, counted from the storage they touch at worst.
//!
//! They stand in for measured ones: reads and writes at the chain's own prices, plus signature recoveries and the hashing
//! of orders, which are the only heavy computation. Worst means: limits are set, accounts were recovered and investors
//! replaced, and lots are read on both sides. A test of the runtime compares them with what usual calls touch.

use core::marker::PhantomData;

use polkadot_sdk::{
	frame_support::{traits::Get, weights::Weight},
	frame_system,
};

/// Picoseconds of one secp256k1 recovery with its checks, rounded up from 60 microseconds.
const RECOVERY: u64 = 100_000_000;
/// Picoseconds of hashing and checking one lot.
const LOT: u64 = 5_000_000;
/// Picoseconds of evaluating and hashing one order without its lots.
const ORDER: u64 = 60_000_000;
/// Picoseconds of an administrative call.
const ADMIN: u64 = 20_000_000;

/// Timestamp and the chain's own domain.
const HERE: u64 = 2;
/// Lane and flow.
const LANE: u64 = 2;
/// Clock and asset.
const SCENE: u64 = 2;
/// An account, where it was moved, and that account.
const ACCOUNT: u64 = 3;
/// An investor's position, its successor and that one's position.
const INVESTOR: u64 = 3;
/// Lots of a position, an asset's totals.
const HOLDING: u64 = 2;
/// The counts of the investor's class and of the seat's.
const CLASSES: u64 = 2;

/// Weights of the calls.
pub trait WeightInfo {
	/// What that many reads, writes and picoseconds cost.
	fn price(reads: u64, writes: u64, work: u64) -> Weight;

	/// Opening, limiting, pausing or resuming.
	fn admin() -> Weight {
		// Admin, guardian, lane, asset, flow; one of them is written.
		Self::price(5, 1, ADMIN)
	}

	/// An order of `lots` lots.
	fn initiate(lots: u32) -> Weight {
		// The sender's share besides; written: account, position, lots, totals, lane, flow, share, order.
		Self::price(HERE + LANE + 1 + SCENE + 1 + INVESTOR + HOLDING, 8, work(1, lots, 0))
	}

	/// `orders` orders with `lots` lots in all, under `signatures` signatures.
	fn deliver(orders: u32, lots: u32, signatures: u32) -> Weight {
		// Per order its outcome, the recipient's account and investor, who the receiver is, and who the sender is here.
		let each = 1 + LANE + 1 + ACCOUNT + 3 * INVESTOR + HOLDING + CLASSES;
		let count = u64::from(orders);
		// The clock and the signers once; written per order: outcome, flow, account, position, lots, totals, two classes.
		let reads = count.saturating_mul(each).saturating_add(HERE + 2);
		Self::price(reads, count.saturating_mul(8), work(orders, lots, signatures))
	}

	/// A rejection of an order of `lots` lots.
	fn reject(lots: u32, signatures: u32) -> Weight {
		// Lane, outcome, signers; the outcome.
		Self::price(HERE + 3, 1, work(1, lots, signatures))
	}

	/// A settlement of an order of `lots` lots.
	fn settle(lots: u32, signatures: u32) -> Weight {
		// Clock, order, signers, flow, share; written: order, flow, share, account, position, lots, totals, two classes.
		let reads = HERE + 5 + ACCOUNT + 2 * INVESTOR + HOLDING + CLASSES;
		Self::price(reads, 9, work(1, lots, signatures))
	}
}

/// Weights at the database prices of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn price(reads: u64, writes: u64, work: u64) -> Weight {
		Weight::from_parts(work, 0).saturating_add(T::DbWeight::get().reads_writes(reads, writes))
	}
}

fn work(orders: u32, lots: u32, signatures: u32) -> u64 {
	u64::from(orders)
		.saturating_mul(ORDER)
		.saturating_add(u64::from(lots).saturating_mul(LOT))
		.saturating_add(u64::from(signatures).saturating_mul(RECOVERY))
		.saturating_add(ADMIN)
}

impl WeightInfo for () {
	fn price(_: u64, _: u64, _: u64) -> Weight {
		Weight::zero()
	}
}
