//! Rules of leaving this chain: the asset's, the sender's and the position's. The lane's own are the bridge's.

use alloc::{vec, vec::Vec};

use lockstep_primitives::{ids, lots, shape, Evaluation, InitiateRequest, Lot, Refusal, RefusalSet};
use polkadot_sdk::sp_core::H256;

use super::{
	check_frozen_amount, check_may_send, check_sender_bound, check_sender_frozen, check_velocity, conclude, debit,
	open_scene, take_named, Changes,
};
use crate::{
	follow::End,
	pallet::{Config, Pallet, Supplies},
	position::{count, Position},
	types::{Account, Supply},
};

/// A departure that every rule of this pallet allows.
#[derive(Clone, Debug)]
pub struct Departure {
	/// What leaves, in the form of an order.
	pub order_lots: Vec<Lot>,
	/// Its sum, base units.
	pub sum: u128,
	/// Who sends.
	pub from_investor: H256,
	/// Version of the asset's terms.
	pub terms: u32,
	/// The class whose seat travels along, 0 for none: the investor takes everything to itself elsewhere.
	pub seat: u16,
	pub(crate) changes: Changes,
}

impl<T: Config> Pallet<T> {
	/// All rules of this pallet about an order that `sender` wants to send at `now` (UTC seconds), and its plan.
	///
	/// The request's own form is among them; lane, deadline and recipient are not.
	pub fn evaluate_initiate(sender: [u8; 32], request: &InitiateRequest, now: u64) -> Evaluation<Departure> {
		let mut refused = shape::check_request(request);
		let departure = Self::plan_departure(&mut refused, H256(sender), request, now);
		conclude(refused, departure)
	}

	fn plan_departure(
		refused: &mut RefusalSet,
		sender: H256,
		request: &InitiateRequest,
		now: u64,
	) -> Option<Departure> {
		let asset = request.asset;
		let scene = open_scene::<T>(refused, asset, ids::PAUSE_INITIATE, now)?;
		let End { account, mut position, .. } = End::open::<T>(asset, sender);
		let sum = lots::sum(&request.lots);
		let formed = shape::check_lots(&request.lots).is_empty() && lots::locked_count(&request.lots) <= ids::MAX_LOTS;
		// Of lots without form nothing can be said.
		let debited = if formed { debit(refused, &account, sum) } else { None };
		if !check_sender_bound(refused, &account, sender) {
			return None;
		}
		check_sender(refused, &account, &position);
		let to_another = request.to_investor != account.investor;
		if to_another {
			check_velocity(refused, &scene, &mut position, sum);
		}
		let debited = debited?;
		check_frozen_amount(refused, &position, sum);
		position.fold::<T>(now);
		let sum = sum.low_u128();
		let order_lots = take_lots::<T>(refused, &mut position, request, sum, now)?;
		let supply = Supplies::<T>::get(asset);
		let supply = Supply { supply: supply.supply.saturating_sub(sum), ..supply };
		let last = !to_another && position.holder.total() == 0 && position.holder.orders == 0;
		let seat = if last { position.eligibility().class } else { 0 };
		put_in_flight(&mut position, &order_lots, sum);
		let changes = Changes {
			accounts: vec![(sender, debited)],
			positions: vec![position],
			supply: Some(supply),
			..Changes::none(asset)
		};
		let (from_investor, terms) = (account.investor, scene.terms().terms);
		Some(Departure { order_lots, sum, from_investor, terms, seat, changes })
	}
}

/// SenderBlocked, SenderFrozen, BridgeNotPermitted and TooManyInFlight.
fn check_sender(refused: &mut RefusalSet, account: &Account, sender: &Position) {
	check_may_send(refused, sender);
	check_sender_frozen(refused, account, sender);
	let word = sender.eligibility();
	refused.add_if(!word.may_bridge(), || Refusal::BridgeNotPermitted.with([word.permissions.into()]));
	refused.add_if(sender.holder.orders >= ids::MAX_ORDERS_IN_FLIGHT, || {
		Refusal::TooManyInFlight.with([ids::MAX_ORDERS_IN_FLIGHT.into()])
	});
}

/// LotsLocked, else LotUnknown, else TooManyLots. Takes the request's lots out of a folded position and returns them in
/// the form of an order; None when one of the first two failed.
fn take_lots<T: Config>(
	refused: &mut RefusalSet,
	position: &mut Position,
	request: &InitiateRequest,
	sum: u128,
	now: u64,
) -> Option<Vec<Lot>> {
	let (due, locked): (Vec<Lot>, Vec<Lot>) = request.lots.iter().copied().partition(|lot| lots::is_due(lot, now));
	let free = position.holder.free;
	let to_another = request.to_investor != position.investor;
	if to_another && !locked.is_empty() && lots::sum(&due) <= free.into() {
		let next_unlock = position.holder.next_unlock;
		refused.add(Refusal::LotsLocked.with([free.into(), next_unlock.into(), sum.into()]));
		return None;
	}
	let taken = take_named::<T>(refused, position, &request.lots, now)?;
	// Splitting a lot needs a place: the rest stays, the part in flight must be able to come back.
	let places = position.places().saturating_add(lots::locked_count(&taken));
	refused.add_if(places > ids::MAX_LOTS, || Refusal::TooManyLots.with([places.into(), ids::MAX_LOTS.into()]));
	Some(taken)
}

/// Counts an order as in flight and keeps places for its lots.
fn put_in_flight(position: &mut Position, order_lots: &[Lot], sum: u128) {
	let holder = &mut position.holder;
	holder.in_flight = holder.in_flight.saturating_add(sum);
	holder.reserved = holder.reserved.saturating_add(count(lots::locked_count(order_lots) as usize));
	holder.orders = holder.orders.saturating_add(1);
}
