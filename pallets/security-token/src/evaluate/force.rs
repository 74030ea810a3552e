//! Rules of the controller's movements between two accounts: forced transfers, and lots that keep their dates.

use alloc::vec;

use lockstep_primitives::{ids, lots, shape, Action, Evaluation, Lot, RefusalSet};
use polkadot_sdk::sp_core::{H256, U256};

use super::{
	check_amount, check_caps, check_frozen_amount, check_may_receive, check_may_send, check_receiver_bound,
	check_receiver_frozen, check_receiving, check_sender_bound, check_sender_frozen, conclude, credit, debit,
	open_action, take_named, Changes, Plan,
};
use crate::{
	follow::End,
	pallet::{Config, Event, Pallet},
	position::Position,
	types::Account,
};

/// Two accounts and what moves between them.
pub(crate) struct Movement<'a> {
	pub asset: H256,
	pub from: H256,
	pub to: H256,
	pub action: &'a Action,
	/// UTC seconds.
	pub now: u64,
}

impl<T: Config> Pallet<T> {
	/// All rules of a transfer that a court or a regulator orders, and the plan. No cap, freeze or lock stops it; only
	/// somebody who may not receive at all can't be given anything.
	pub(crate) fn evaluate_force_transfer(
		caller: &T::AccountId,
		movement: &Movement<'_>,
		amount: u128,
	) -> Evaluation<Plan<T>> {
		let mut refused = RefusalSet::new();
		let plan = Self::plan_force_transfer(&mut refused, caller, movement, amount);
		conclude(refused, plan)
	}

	fn plan_force_transfer(
		refused: &mut RefusalSet,
		caller: &T::AccountId,
		movement: &Movement<'_>,
		amount: u128,
	) -> Option<Plan<T>> {
		let Movement { asset, from, to, action, now } = *movement;
		check_amount(refused, amount.into());
		open_action::<T>(refused, caller, asset, action)?;
		let sender = End::open::<T>(asset, from);
		let receiver = End::open::<T>(asset, to);
		check_sender_bound(refused, &sender.account, from);
		if check_receiver_bound(refused, &receiver.account, to) {
			check_may_receive(refused, &receiver.position);
		}
		if amount <= ids::MAX_AMOUNT {
			debit(refused, &sender.account, amount.into());
		}
		// Taking lots of an amount that isn't there would break the sums.
		if !refused.is_empty() {
			return None;
		}
		let debited = Account { balance: sender.account.balance.saturating_sub(amount), ..sender.account };
		let mut changes = Changes::none(asset);
		let mut unfroze = 0;
		if from != to {
			changes.accounts = vec![(from, debited), (to, credit(&receiver.account, amount))];
		}
		if sender.account.investor != receiver.account.investor {
			let (mut giver, mut getter) = (sender.position, receiver.position);
			unfroze = unfreeze(&mut giver, amount);
			let taken = giver.take_any::<T>(amount, now);
			getter.credit::<T>(&taken, now);
			getter.make_fit();
			changes.positions = vec![giver, getter];
		}
		let Action { reason, document } = *action;
		let events = vec![
			Event::Transferred { asset, from, to, amount },
			Event::ForcedTransfer { asset, from, to, amount, unfroze, reason, document },
		];
		Some(Plan { changes, events })
	}

	/// All rules of moving named lots to another investor with their dates (a gift, an estate, a pledge), and the plan.
	pub(crate) fn evaluate_move_lots(
		caller: &T::AccountId,
		movement: &Movement<'_>,
		lots: &[Lot],
	) -> Evaluation<Plan<T>> {
		let mut refused = shape::check_lots(lots);
		let formed = refused.is_empty();
		let plan = Self::plan_move_lots(&mut refused, caller, movement, lots, formed);
		conclude(refused, plan)
	}

	fn plan_move_lots(
		refused: &mut RefusalSet,
		caller: &T::AccountId,
		movement: &Movement<'_>,
		wanted: &[Lot],
		formed: bool,
	) -> Option<Plan<T>> {
		let Movement { asset, from, to, action, now } = *movement;
		let scene = open_action::<T>(refused, caller, asset, action)?;
		let mut sender = End::open::<T>(asset, from);
		let receiver = End::open::<T>(asset, to);
		if check_sender_bound(refused, &sender.account, from) {
			check_may_send(refused, &sender.position);
			check_sender_frozen(refused, &sender.account, &sender.position);
		}
		if check_receiver_bound(refused, &receiver.account, to) {
			check_receiver_frozen(refused, &receiver.account, &receiver.position);
			check_receiving(refused, &scene, &receiver.position, false);
		}
		let sum = lots::sum(wanted);
		let debited = if formed { debit(refused, &sender.account, sum) } else { None };
		if !(sender.account.is_bound() && receiver.account.is_bound()) {
			return None;
		}
		let own = sender.account.investor == receiver.account.investor;
		refused.add_if(own, || shape::malformed(shape::AT_INVESTOR));
		let taken =
			if debited.is_some() { take_movable::<T>(refused, &mut sender.position, wanted, sum, now) } else { None };
		if !own {
			let gone = taken.is_some() && sender.position.holder.used() == 0;
			let leaver = if gone { sender.position.counted_in() } else { None };
			check_caps::<T>(refused, &receiver.position, sum, leaver);
		}
		let (lots, mut position) = (taken?, receiver.position);
		position.credit::<T>(&lots, now);
		position.make_fit();
		let amount = sum.low_u128();
		let Action { reason, document } = *action;
		let changes = Changes {
			accounts: vec![(from, debited?), (to, credit(&receiver.account, amount))],
			positions: vec![sender.position, position],
			..Changes::none(asset)
		};
		let events = vec![
			Event::Transferred { asset, from, to, amount },
			Event::LotsMoved { asset, from, to, lots, reason, document },
		];
		Some(Plan { changes, events })
	}
}

/// FrozenAmount, and LotsLocked or LotUnknown; takes the lots when none of them fails.
fn take_movable<T: Config>(
	refused: &mut RefusalSet,
	sender: &mut Position,
	wanted: &[Lot],
	sum: U256,
	now: u64,
) -> Option<alloc::vec::Vec<Lot>> {
	let movable = check_frozen_amount(refused, sender, sum);
	sender.fold::<T>(now);
	let taken = take_named::<T>(refused, sender, wanted, now)?;
	movable.then_some(taken)
}

/// Takes the frozen part down as far as `amount` reaches into it. Returns how much was unfrozen.
fn unfreeze(giver: &mut Position, amount: u128) -> u128 {
	let holder = &mut giver.holder;
	let movable = holder.total().saturating_sub(holder.frozen);
	let unfroze = amount.saturating_sub(movable).min(holder.frozen);
	holder.freeze_amount(holder.frozen.saturating_sub(unfroze));
	unfroze
}
