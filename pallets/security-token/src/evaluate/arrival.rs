//! Rules of arriving on this chain: the asset's and the receiver's. Time, lane and signatures are the bridge's.

use alloc::vec;

use lockstep_eligibility as eligibility;
use lockstep_primitives::{
	ids, lots, shape, EligibilityWord, Evaluation, Refusal, RefusalSet, TransferOrder,
};

use super::{
	check_authorised, check_pair, check_receiver_frozen, check_receiving, credit, credit_within,
	open_scene, Changes,
};
use crate::{
	pallet::{Config, Holders, Pallet, Supplies},
	position::Position,
	types::Supply,
};

/// An arrival that every rule of this pallet allows.
#[derive(Clone, Debug)]
pub struct Arrival {
	/// What arrives, base units.
	pub sum: u128,
	pub(crate) changes: Changes,
}

impl<T: Config> Pallet<T> {
	/// All rules of this pallet about an order that arrives at `now` (UTC seconds), and its plan.
	///
	/// The order's own form is among them; lane, domain, outcome, time and signatures are not.
	pub fn evaluate_arrival(order: &TransferOrder, now: u64) -> Evaluation<Arrival> {
		let mut refused = shape::check_order(order);
		match Self::plan_arrival(&mut refused, order, now) {
			Some(arrival) if refused.is_empty() => Evaluation::allowed(arrival),
			_ => Evaluation::refused(refused),
		}
	}

	fn plan_arrival(refused: &mut RefusalSet, order: &TransferOrder, now: u64) -> Option<Arrival> {
		// An order made elsewhere can't be trusted to have its form.
		let formed = refused.is_empty();
		let asset = order.asset;
		let scene = open_scene::<T>(refused, asset, ids::PAUSE_DELIVER, now)?;
		let terms = scene.terms();
		refused.add_if(order.terms != terms.terms, || {
			Refusal::TermsMismatch.with([order.terms.into(), terms.terms.into()])
		});
		let account = Self::account(asset, order.recipient);
		let position = Position::open::<T>(asset, order.to_investor);
		refused.add_if(!account.is_bound() || account.investor != order.to_investor, || {
			Refusal::ReceiverUnbound.with([ids::to_word(order.recipient)])
		});
		// Of an investor that can't be one nothing is known.
		if !shape::is_investor(&order.to_investor) {
			return None;
		}
		check_receiver_frozen(refused, &account, &position);
		let to_oneself = order.from_investor == order.to_investor;
		let comes_home = scene.asset.params.home_domain == eligibility::Pallet::<T>::domain();
		check_receiving(refused, &scene, &position, to_oneself && comes_home);

		if !formed {
			return None;
		}
		let supply = Supplies::<T>::get(asset);
		let sum = lots::sum(&order.lots);
		check_authorised(refused, terms, supply.supply, sum);
		let sum = sum.low_u128();
		let position = if to_oneself {
			credit_within::<T>(refused, position, &order.lots, ids::MAX_LOTS, now)
		} else {
			let class = Self::class_here(order);
			check_pair::<T>(refused, &scene, class, position, sum)
		};
		let changes = Changes {
			asset,
			accounts: vec![(order.recipient, credit(&account, sum))],
			positions: vec![position],
			supply: Some(Supply { supply: supply.supply.saturating_add(sum), ..supply }),
		};
		Some(Arrival { sum, changes })
	}

	/// The sending investor's class by its record on this chain; None without a record.
	fn class_here(order: &TransferOrder) -> Option<u16> {
		let holder = Holders::<T>::get(order.asset, order.from_investor);
		let word = EligibilityWord::unpack(holder.word);
		(!word.is_absent()).then_some(word.class)
	}
}
