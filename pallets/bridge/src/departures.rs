//! Orders that leave from here: initiate and settle.

use alloc::vec::Vec;

use lockstep_eligibility::Pallet as Eligibility;
use lockstep_primitives::{
	digests::{digest_order, digest_receipt},
	ids::{to_word, MAX_LOTS, OUTCOME_DELIVERED, OUTCOME_EXPIRED, PAUSE_INITIATE, PAUSE_SETTLE, ROLE_ATTESTOR},
	lots, shape, Evaluation, InitiateRequest, Lot, Reason, Refusal, RefusalSet, TransferOrder, TransferReceipt,
};
use lockstep_security_token::{Departure, Pallet as SecurityToken};
use polkadot_sdk::sp_core::H256;

use crate::{types::Lane, Config, Event, Flows, Lanes, Orders, Pallet};

impl<T: Config> Pallet<T> {
	/// Asks every rule of leaving: the token's own and the lane's.
	pub(crate) fn evaluate_initiate(sender: H256, request: &InitiateRequest, now: u64) -> Evaluation<Departure> {
		let mut evaluation = SecurityToken::<T>::evaluate_initiate(sender.0, request, now);
		evaluation.refused.merge(Self::check_lane(sender, request, now));
		if !evaluation.refused.is_empty() {
			evaluation.plan = None;
		}
		evaluation
	}

	/// What the lane of a request refuses. Rules about a lane that isn't open set nothing.
	fn check_lane(sender: H256, request: &InitiateRequest, now: u64) -> RefusalSet {
		let lane_id = request.destination;
		let mut refused = RefusalSet::new();
		let Some(lane) = Lanes::<T>::get(lane_id) else {
			refused.add(Refusal::LaneUnknown.with([to_word(lane_id)]));
			return refused;
		};
		refused.add_if(lane.pause & PAUSE_INITIATE != 0, || Refusal::Paused.with([lane.pause.into()]));
		match Flows::<T>::get(request.asset, lane_id) {
			// Of lots without form nothing can be summed.
			Some(flow) if has_form(&request.lots) => {
				let sum = lots::sum(&request.lots).low_u128();
				refused.merge(Self::check_rate_out(&flow, request.asset, lane_id, sender, sum, now));
			},
			Some(_) => (),
			None => refused.add(Refusal::AssetUnknown.with([to_word(request.asset)])),
		}
		refused.merge(shape::check_recipient(lane.account_kind, &request.recipient));
		let earliest = now.saturating_add(lane.min_flight);
		let latest = now.saturating_add(lane.max_flight);
		refused.add_if(request.deadline < earliest || request.deadline > latest, || {
			Refusal::DeadlineRange.with([earliest.into(), latest.into()])
		});
		refused
	}

	pub(crate) fn do_initiate(sender: H256, request: &InitiateRequest) -> Result<(), Reason> {
		let now = Eligibility::<T>::now();
		let departure = Self::evaluate_initiate(sender, request, now).into_result()?;
		let nonce = Self::take_nonce(request.destination)?;
		let order = TransferOrder {
			source: Eligibility::<T>::domain(),
			destination: request.destination,
			nonce,
			asset: request.asset,
			terms: departure.terms,
			from_investor: departure.from_investor,
			to_investor: request.to_investor,
			sender,
			recipient: request.recipient,
			lots: departure.order_lots.clone(),
			seat: departure.seat,
			initiated_at: now,
			deadline: request.deadline,
		};
		let sum = departure.sum;
		SecurityToken::<T>::depart(departure);
		Self::count_flow(order.asset, order.destination, |flow| {
			flow.sent = flow.sent.saturating_add(sum);
			Self::spend_out(flow, order.asset, order.destination, order.from_investor, sum, now);
		});
		Orders::<T>::insert(order.destination, nonce, &order);
		let order_id = digest_order(&order);
		Self::deposit_event(Event::OrderInitiated { order_id, lane: order.destination, nonce, order });
		Ok(())
	}

	/// The lane's next number; the lane moves on to the one after.
	fn take_nonce(lane: H256) -> Result<u64, Reason> {
		Lanes::<T>::mutate(lane, |known: &mut Option<Lane>| {
			let known = known.as_mut().ok_or_else(|| Refusal::LaneUnknown.with([to_word(lane)]))?;
			let nonce = known.next_nonce;
			known.next_nonce = nonce.saturating_add(1);
			Ok(nonce)
		})
	}

	pub(crate) fn do_settle(
		order: &TransferOrder,
		receipt: &TransferReceipt,
		set: u64,
		signatures: &[Vec<u8>],
	) -> Result<(), Reason> {
		Self::check_settlement(order, receipt)?;
		let digest = digest_receipt(receipt, Eligibility::<T>::domain());
		Eligibility::<T>::verify(ROLE_ATTESTOR, set, digest, signatures)?;
		Orders::<T>::remove(order.destination, order.nonce);
		if receipt.outcome == OUTCOME_DELIVERED {
			SecurityToken::<T>::settle_delivered(order);
		} else {
			SecurityToken::<T>::refund(order);
			// The sum of an order that was made here fits: it was checked when it left.
			let sum = lots::sum(&order.lots).low_u128();
			Self::count_flow(order.asset, order.destination, |flow| {
				flow.refunded = flow.refunded.saturating_add(sum);
				let now = Eligibility::<T>::now();
				Self::unspend_out(flow, order.asset, order.destination, order.from_investor, sum, now);
			});
		}
		Self::deposit_event(Event::OrderSettled {
			order_id: receipt.order,
			lane: order.destination,
			nonce: order.nonce,
			outcome: receipt.outcome,
			reason: receipt.reason,
		});
		Ok(())
	}

	/// What settlement refuses before signatures are looked at.
	fn check_settlement(order: &TransferOrder, receipt: &TransferReceipt) -> Result<(), Reason> {
		let pause = Eligibility::<T>::clock().pause;
		if pause & PAUSE_SETTLE != 0 {
			return Err(Refusal::Paused.with([pause.into()]));
		}
		let stored = Orders::<T>::get(order.destination, order.nonce);
		if stored.as_ref() != Some(order) || receipt.order != digest_order(order) {
			return Err(Refusal::InFlightUnknown.with([to_word(receipt.order)]));
		}
		if !(OUTCOME_DELIVERED..=OUTCOME_EXPIRED).contains(&receipt.outcome) {
			return Err(shape::malformed(shape::AT_OUTCOME));
		}
		Ok(())
	}
}

/// True for lots that an order could carry.
fn has_form(wanted: &[Lot]) -> bool {
	shape::check_lots(wanted).is_empty() && lots::locked_count(wanted) <= MAX_LOTS
}
