//! Weights of the calls, counted from the storage they touch.
//!
//! They stand in for measured ones: reads and writes at the chain's own prices, plus signature recoveries and the
//! hashing of orders, which are the only heavy computation.

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

/// Weights of the calls.
pub trait WeightInfo {
	/// Opening, pausing or resuming.
	fn admin() -> Weight;
	/// An order of `lots` lots.
	fn initiate(lots: u32) -> Weight;
	/// `orders` orders with `lots` lots in all, under `signatures` signatures.
	fn deliver(orders: u32, lots: u32, signatures: u32) -> Weight;
	/// A rejection of an order of `lots` lots.
	fn reject(lots: u32, signatures: u32) -> Weight;
	/// A settlement of an order of `lots` lots.
	fn settle(lots: u32, signatures: u32) -> Weight;
}

/// Weights at the database prices of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn admin() -> Weight {
		// Admin, lane, asset, flow; one of them is written.
		Weight::from_parts(ADMIN, 0).saturating_add(T::DbWeight::get().reads_writes(4, 1))
	}

	fn initiate(lots: u32) -> Weight {
		// Now, domain, clock, lane, flow, asset, account, position, lots, supply; lane, flow, order, account, position,
		// lots, supply.
		work(1, lots, 0).saturating_add(T::DbWeight::get().reads_writes(10, 7))
	}

	fn deliver(orders: u32, lots: u32, signatures: u32) -> Weight {
		let count = u64::from(orders);
		// Now, domain, signers once; per order outcome, lane, flow, asset, supply, clock, account, two positions, lots.
		work(orders, lots, signatures)
			.saturating_add(T::DbWeight::get().reads(count.saturating_mul(10).saturating_add(3)))
			.saturating_add(T::DbWeight::get().writes(count.saturating_mul(6)))
	}

	fn reject(lots: u32, signatures: u32) -> Weight {
		// Now, domain, lane, outcome, signers; the outcome.
		work(1, lots, signatures).saturating_add(T::DbWeight::get().reads_writes(5, 1))
	}

	fn settle(lots: u32, signatures: u32) -> Weight {
		// Clock, order, domain, signers, now, account, position, lots, supply, flow; order and the last five.
		work(1, lots, signatures).saturating_add(T::DbWeight::get().reads_writes(10, 6))
	}
}

fn work(orders: u32, lots: u32, signatures: u32) -> Weight {
	let time = u64::from(orders)
		.saturating_mul(ORDER)
		.saturating_add(u64::from(lots).saturating_mul(LOT))
		.saturating_add(u64::from(signatures).saturating_mul(RECOVERY));
	Weight::from_parts(time, 0)
}

impl WeightInfo for () {
	fn admin() -> Weight {
		Weight::zero()
	}

	fn initiate(_: u32) -> Weight {
		Weight::zero()
	}

	fn deliver(_: u32, _: u32, _: u32) -> Weight {
		Weight::zero()
	}

	fn reject(_: u32, _: u32) -> Weight {
		Weight::zero()
	}

	fn settle(_: u32, _: u32) -> Weight {
		Weight::zero()
	}
}
