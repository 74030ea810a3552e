//! Orders that are meant for here: deliver and reject.

use alloc::vec::Vec;

use lockstep_eligibility::Pallet as Eligibility;
use lockstep_primitives::{
	digests::{digest_approval, digest_order, digest_rejection},
	ids::{
		to_word, MAX_APPROVED_ORDERS, MAX_DELIVERIES, MAX_VALIDITY, OUTCOME_DELIVERED, OUTCOME_EXPIRED,
		OUTCOME_REJECTED, PAUSE_DELIVER, ROLE_ATTESTOR,
	},
	lots, shape, Approval, Evaluation, Reason, Refusal, RefusalSet, Rejection, TransferOrder,
};
use lockstep_security_token::{Arrival, Pallet as SecurityToken};
use polkadot_sdk::sp_core::{H256, U256};

use crate::{Config, Event, Flows, Lanes, Pallet};

impl<T: Config> Pallet<T> {
	/// Asks every rule of arriving. Of an order that has an outcome nothing else is asked; of one for elsewhere, or from
	/// nowhere, only its form: its asset, accounts and times mean nothing here.
	pub(crate) fn evaluate_deliver(order: &TransferOrder, now: u64) -> Evaluation<Arrival> {
		if let Err(consumed) = Self::check_outcome(order) {
			return Evaluation::refused(consumed.into());
		}
		if let Err(mismatch) = Self::check_domains(order) {
			let mut refused = shape::check_order(order);
			refused.add(mismatch);
			return Evaluation::refused(refused);
		}
		let mut evaluation = SecurityToken::<T>::evaluate_arrival(order, now);
		evaluation.refused.merge(Self::check_lane_in(order, now));
		evaluation.refused.add_if(now >= order.deadline, || Refusal::DeadlinePassed.with([order.deadline.into()]));
		evaluation.refused.add_if(now < order.initiated_at, || Refusal::NotYet.with([order.initiated_at.into()]));
		if !evaluation.refused.is_empty() {
			evaluation.plan = None;
		}
		evaluation
	}

	/// What the order's lane refuses: its pause, an asset that isn't open on it, and more than may arrive now.
	fn check_lane_in(order: &TransferOrder, now: u64) -> RefusalSet {
		let mut refused = RefusalSet::new();
		if let Some(lane) = Lanes::<T>::get(order.source) {
			refused.add_if(lane.pause & PAUSE_DELIVER != 0, || Refusal::Paused.with([lane.pause.into()]));
			match Flows::<T>::get(order.asset, order.source) {
				// Of an order without form nothing can be summed.
				Some(flow) if shape::check_order(order).is_empty() => {
					refused.merge(Self::check_rate_in(&flow, lots::sum(&order.lots).low_u128(), now));
				},
				Some(_) => (),
				None => refused.add(Refusal::AssetUnknown.with([to_word(order.asset)])),
			}
		}
		refused
	}

	/// DomainMismatch(destination, domain) for an order to elsewhere, DomainMismatch(source, 0) for one from no open lane.
	fn check_domains(order: &TransferOrder) -> Result<(), Reason> {
		let here = Eligibility::<T>::domain();
		if order.destination != here {
			return Err(Refusal::DomainMismatch.with([to_word(order.destination), to_word(here)]));
		}
		if !Lanes::<T>::contains_key(order.source) {
			return Err(Refusal::DomainMismatch.with([to_word(order.source), U256::zero()]));
		}
		Ok(())
	}

	fn check_outcome(order: &TransferOrder) -> Result<(), Reason> {
		match Self::outcome(order.source, order.nonce) {
			0 => Ok(()),
			outcome => Err(Refusal::OrderConsumed.with([outcome.into()])),
		}
	}

	pub(crate) fn do_deliver(
		orders: &[TransferOrder],
		approval: &Approval,
		set: u64,
		signatures: &[Vec<u8>],
	) -> Result<(), Reason> {
		let now = Eligibility::<T>::now();
		// A relayer that comes second learns cheaply that its work was done.
		let open = orders.is_empty() || orders.iter().any(|order| Self::check_outcome(order).is_ok());
		if open {
			check_approval(orders, approval, now)?;
			let digest = digest_approval(approval, Eligibility::<T>::domain());
			Eligibility::<T>::verify(ROLE_ATTESTOR, set, digest, signatures)?;
		}
		for order in orders {
			Self::deliver_one(order, approval, now);
		}
		Ok(())
	}

	/// Delivers one order of an approved call, or tells by an event why not.
	fn deliver_one(order: &TransferOrder, approval: &Approval, now: u64) {
		let order_id = digest_order(order);
		let (source, nonce) = (order.source, order.nonce);
		match Self::admit(order, order_id, approval, now) {
			Ok(arrival) => {
				Self::set_outcome(source, nonce, OUTCOME_DELIVERED);
				// The evaluation has bounded the sum by the largest issue.
				let sum = lots::sum(&order.lots).low_u128();
				Self::count_flow(order.asset, source, |flow| {
					flow.arrived = flow.arrived.saturating_add(sum);
					Self::spend_in(flow, sum, now);
				});
				SecurityToken::<T>::arrive(arrival);
				Self::deposit_event(Event::OrderDelivered { order_id, source, nonce, decided_at: now });
			},
			Err(reason) => {
				let code = reason.refusal.number();
				Self::deposit_event(Event::OrderRefused { order_id, source, nonce, code });
			},
		}
	}

	/// The plan of an order that is open, named by the approval and allowed by the rules.
	fn admit(order: &TransferOrder, order_id: H256, approval: &Approval, now: u64) -> Result<Arrival, Reason> {
		Self::check_outcome(order)?;
		if !approval.orders.contains(&order_id) {
			return Err(Refusal::QuorumNotMet.bare());
		}
		Self::evaluate_deliver(order, now).into_result()
	}

	pub(crate) fn do_reject(
		order: &TransferOrder,
		reason: u32,
		set: u64,
		signatures: &[Vec<u8>],
	) -> Result<(), Reason> {
		let now = Eligibility::<T>::now();
		let outcome = Self::check_rejection(order, reason, now)?;
		let order_id = digest_order(order);
		let digest = digest_rejection(&Rejection { order: order_id, reason }, Eligibility::<T>::domain());
		Eligibility::<T>::verify(ROLE_ATTESTOR, set, digest, signatures)?;
		Self::set_outcome(order.source, order.nonce, outcome);
		Self::deposit_event(Event::OrderRejected {
			order_id,
			source: order.source,
			nonce: order.nonce,
			outcome,
			reason,
			decided_at: now,
		});
		Ok(())
	}

	/// What a rejection refuses before signatures are looked at; the outcome that it would give.
	fn check_rejection(order: &TransferOrder, reason: u32, now: u64) -> Result<u8, Reason> {
		let mut refused = shape::check_order(order);
		let refusal = u16::try_from(reason).ok().and_then(Refusal::from_number);
		refused.add_if(refusal.is_none(), || shape::malformed(shape::AT_REASON));
		if let Err(reason) = Self::check_domains(order) {
			refused.add(reason);
		}
		if let Err(reason) = Self::check_outcome(order) {
			refused.add(reason);
		}
		let expires = refusal == Some(Refusal::DeadlinePassed);
		refused.add_if(expires && now < order.deadline, || Refusal::NotYet.with([order.deadline.into()]));
		refused.into_result()?;
		Ok(if expires { OUTCOME_EXPIRED } else { OUTCOME_REJECTED })
	}
}

/// What a call of `deliver` refuses as a whole before signatures are looked at.
fn check_approval(orders: &[TransferOrder], approval: &Approval, now: u64) -> Result<(), Reason> {
	let mut refused = RefusalSet::new();
	let too_many = |max: u32| Refusal::Malformed.with([max.into()]);
	refused.add_if(orders.is_empty() || orders.len() > MAX_DELIVERIES as usize, || too_many(MAX_DELIVERIES));
	refused.add_if(approval.orders.is_empty() || approval.orders.len() > MAX_APPROVED_ORDERS as usize, || {
		too_many(MAX_APPROVED_ORDERS)
	});
	refused.add_if(approval.expires_at > now.saturating_add(MAX_VALIDITY), || shape::malformed(shape::AT_EXPIRES_AT));
	refused.add_if(now >= approval.expires_at, || Refusal::ApprovalExpired.with([approval.expires_at.into()]));
	refused.into_result()
}
