//! Rules of arriving on this chain: the asset's and the receiver's. Time, lane and signatures are the bridge's.

use alloc::vec;

use lockstep_eligibility as eligibility;
use lockstep_primitives::{ids, lots, shape, Evaluation, Refusal, RefusalSet, TransferOrder};
use polkadot_sdk::sp_core::U256;

use super::{
	check_authorised, check_caps, check_pair, check_receiver_frozen, check_receiving, check_seat, conclude, credit,
	credit_within, is_amount, open_scene, Changes, Scene,
};
use crate::{
	follow::End,
	pallet::{Config, Pallet, Supplies},
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
		let arrival = Self::plan_arrival(&mut refused, order, now);
		conclude(refused, arrival)
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
		refused.merge(shape::check_recipient(ids::ACCOUNT_ID32, &order.recipient));
		let End { address, account, position, recorded } = End::follow::<T>(asset, order.recipient);
		let position =
			if recorded == order.to_investor { position } else { Position::follow::<T>(asset, order.to_investor) };
		refused.add_if(!account.is_bound() || account.investor != position.investor, || {
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
		let position = if to_oneself {
			enter_own::<T>(refused, position, order, sum, now)
		} else {
			enter::<T>(refused, &scene, position, order, sum)
		};
		let sum = sum.low_u128();
		let changes = Changes {
			accounts: vec![(address, credit(&account, sum))],
			positions: vec![position],
			supply: Some(Supply { supply: supply.supply.saturating_add(sum), ..supply }),
			seat: (order.seat != 0).then_some((order.seat, 1)),
			..Changes::none(asset)
		};
		Some(Arrival { sum, changes })
	}
}

/// An investor's own tokens: their room comes with them, and their seat when the order carries it. Returns the position
/// afterwards.
fn enter_own<T: Config>(
	refused: &mut RefusalSet,
	position: Position,
	order: &TransferOrder,
	sum: U256,
	now: u64,
) -> Position {
	if order.seat == 0 && is_amount(sum) {
		check_seat::<T>(refused, &position, None);
	}
	let mut position = credit_within::<T>(refused, position, &order.lots, ids::MAX_LOTS, now);
	position.holder.move_limit(|limit| limit.saturating_add(signed(sum)));
	position
}

/// Tokens of another investor: the receiver needs room and a seat, and the pair rule decides by the sender's record on
/// this chain. Returns the receiver's position afterwards.
fn enter<T: Config>(
	refused: &mut RefusalSet,
	scene: &Scene<T::AccountId>,
	receiver: Position,
	order: &TransferOrder,
	sum: U256,
) -> Position {
	check_caps::<T>(refused, &receiver, sum, None);
	let sender = Position::follow::<T>(order.asset, order.from_investor).eligibility();
	let class = (!sender.is_absent()).then_some(sender.class);
	check_pair::<T>(refused, scene, class, receiver, sum.low_u128())
}

/// An amount as a change of a limit; amounts have at most 96 bits here.
pub(crate) fn signed(sum: U256) -> i128 {
	i128::try_from(sum.low_u128()).unwrap_or(i128::MAX)
}
