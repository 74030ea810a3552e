//! What is always true of the pallet's storage, and of its storage together with the token's.

use alloc::collections::BTreeMap;

use lockstep_eligibility::Pallet as Eligibility;
use lockstep_primitives::{ids::PAUSE_ALL, lots, TransferOrder};
use lockstep_security_token::{Holders, Pallet as SecurityToken};
use polkadot_sdk::sp_core::{H256, U256};

use crate::{types::Flow, Config, Flows, Lanes, Orders, Pallet};

/// What is in flight of an investor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Away {
	sum: U256,
	orders: u32,
	places: u32,
}

impl<T: Config> Pallet<T> {
	/// Err names what is broken.
	pub fn check_invariants() -> Result<(), &'static str> {
		if Lanes::<T>::iter_values().any(|lane| lane.next_nonce == 0 || lane.pause > PAUSE_ALL) {
			return Err("a lane numbers its orders from 1 and its pause bits name something");
		}
		if Flows::<T>::iter_keys().any(|(_, lane)| !Lanes::<T>::contains_key(lane)) {
			return Err("an asset is open on a lane that isn't");
		}
		if !Flows::<T>::iter_values().all(limits_are_sound) {
			return Err("limits are all set or none is");
		}
		Self::check_conservation()?;
		Self::check_orders()
	}

	/// Supply is what was issued and has arrived or come back, less what was redeemed and sent.
	fn check_conservation() -> Result<(), &'static str> {
		let mut totals: BTreeMap<H256, (U256, U256)> = BTreeMap::new();
		for (asset, _, flow) in Flows::<T>::iter() {
			let (gained, lost) = totals.entry(asset).or_default();
			*gained = gained.saturating_add(flow.refunded.into()).saturating_add(flow.arrived.into());
			*lost = lost.saturating_add(flow.sent.into());
		}
		for (asset, (gained, lost)) in totals {
			let supply = SecurityToken::<T>::supply(asset);
			let gained = gained.saturating_add(supply.issued.into());
			let lost = lost.saturating_add(supply.redeemed.into());
			if gained != lost.saturating_add(supply.supply.into()) {
				return Err("supply is not issued - redeemed - sent + refunded + arrived");
			}
		}
		Ok(())
	}

	/// Every order stands where its number says, and positions count exactly the orders in flight.
	fn check_orders() -> Result<(), &'static str> {
		let mut away: BTreeMap<(H256, H256), Away> = BTreeMap::new();
		for (lane, nonce, order) in Orders::<T>::iter() {
			if !Self::stands_at(&order, lane, nonce) {
				return Err("an order does not stand at its own lane and number");
			}
			let investor = current::<T>(order.asset, order.from_investor);
			let entry = away.entry((order.asset, investor)).or_default();
			entry.sum = entry.sum.saturating_add(lots::sum(&order.lots));
			entry.orders = entry.orders.saturating_add(1);
			entry.places = entry.places.saturating_add(lots::locked_count(&order.lots));
		}
		for (asset, investor, holder) in Holders::<T>::iter() {
			let counted = Away {
				sum: holder.in_flight.into(),
				orders: holder.orders.into(),
				places: holder.reserved.into(),
			};
			if counted != away.remove(&(asset, investor)).unwrap_or_default() {
				return Err("a position does not count its orders in flight");
			}
		}
		if away.is_empty() {
			Ok(())
		} else {
			Err("an order in flight is of nobody")
		}
	}

	fn stands_at(order: &TransferOrder, lane: H256, nonce: u64) -> bool {
		let numbered = Lanes::<T>::get(lane).is_some_and(|known| (1..known.next_nonce).contains(&nonce));
		let named = order.source == Eligibility::<T>::domain() && order.destination == lane && order.nonce == nonce;
		numbered && named
	}
}

/// Whose position counts what that investor sent.
fn current<T: Config>(asset: H256, investor: H256) -> H256 {
	let successor = SecurityToken::<T>::successor(asset, investor);
	if successor.is_zero() {
		investor
	} else {
		successor
	}
}

fn limits_are_sound(flow: Flow) -> bool {
	let (out, into) = (flow.outbound, flow.inbound);
	let all = [out.capacity, out.rate, into.capacity, into.rate];
	all == [0; 4] || (!all.contains(&0) && into.capacity >= out.capacity.saturating_mul(2))
}
