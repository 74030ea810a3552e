//! Rules of recovering an account whose key is lost, and of replacing an investor's id by another.

use alloc::{vec, vec::Vec};

use lockstep_primitives::{ids, lots, shape, Action, Evaluation, Refusal, RefusalSet};
use polkadot_sdk::sp_core::H256;

use super::{check_sender_bound, conclude, credit, open_action, Changes, Plan};
use crate::{
	follow::End,
	pallet::{Config, Event, Pallet},
	position::Position,
	types::{Account, Holder, Velocity, FLAG_RETIRED},
};

impl<T: Config> Pallet<T> {
	/// All rules of moving an account's whole balance, with its binding, to another account of the investor or a new one,
	/// and the plan. Lots, counts and orders are the investor's: they stay.
	pub(crate) fn evaluate_recover(
		caller: &T::AccountId,
		asset: H256,
		from: H256,
		to: H256,
		action: &Action,
	) -> Evaluation<Plan<T>> {
		let mut refused = shape::check_recipient(ids::ACCOUNT_ID32, &to);
		refused.add_if(from == to, || shape::malformed(shape::AT_INVESTOR));
		let plan = Self::plan_recover(&mut refused, caller, asset, from, to, action);
		conclude(refused, plan)
	}

	fn plan_recover(
		refused: &mut RefusalSet,
		caller: &T::AccountId,
		asset: H256,
		from: H256,
		to: H256,
		action: &Action,
	) -> Option<Plan<T>> {
		open_action::<T>(refused, caller, asset, action)?;
		let lost = End::open::<T>(asset, from).account;
		if !check_sender_bound(refused, &lost, from) {
			return None;
		}
		let found = End::open::<T>(asset, to).account;
		let investor = lost.investor;
		// A refund to an account that was recovered from must not land on another investor.
		let owner = if found.is_bound() { Some(found.investor) } else { Self::moved_owner(asset, to) };
		let taken = owner.is_some_and(|owner| owner != investor);
		refused.add_if(taken, || Refusal::BindingInvalid.with([ids::to_word(to)]));
		refused.add_if(!Self::can_forward_account(asset, from, to), || shape::malformed(shape::AT_FORWARDS));

		let amount = lost.balance;
		let flags = found.flags | (lost.flags & ids::FLAG_FROZEN);
		let changes = Changes {
			accounts: vec![
				(from, Account { investor: H256::zero(), balance: 0, ..lost }),
				(to, Account { investor, flags, ..credit(&found, amount) }),
			],
			..Changes::none(asset)
		};
		let mut events: Vec<Event<T>> = vec![Event::AccountBound { asset, account: from, investor: H256::zero() }];
		if !found.is_bound() {
			events.push(Event::AccountBound { asset, account: to, investor });
		}
		if amount > 0 {
			events.push(Event::Transferred { asset, from, to, amount });
		}
		let Action { reason, document } = *action;
		events.push(Event::AccountRecovered { asset, from, to, amount, reason, document });
		Some(Plan { changes, events })
	}

	/// All rules of one investor id taking the place of another, with everything that is held, locked, in flight, frozen
	/// and granted, and the plan. Accounts follow by themselves.
	pub(crate) fn evaluate_replace_investor(
		caller: &T::AccountId,
		asset: H256,
		retired: H256,
		successor: H256,
		action: &Action,
		now: u64,
	) -> Evaluation<Plan<T>> {
		let mut refused = RefusalSet::new();
		let shaped = shape::is_investor(&retired) && shape::is_investor(&successor) && retired != successor;
		refused.add_if(!shaped, || shape::malformed(shape::AT_INVESTOR));
		let plan = open_action::<T>(&mut refused, caller, asset, action).map(|scene| {
			let (mut old, mut new) = (Position::open::<T>(asset, retired), Position::open::<T>(asset, successor));
			check_pair_of_ids(&mut refused, &old.holder, &new.holder);
			refused.add_if(!Self::can_forward_investor(asset, retired, successor), || {
				shape::malformed(shape::AT_FORWARDS)
			});
			old.fold::<T>(now);
			new.fold::<T>(now);
			merge_into::<T>(&mut old, &mut new, &scene.asset.velocity, now);
			let Action { reason, document } = *action;
			let event = Event::InvestorReplaced { asset, retired, successor, reason, document };
			Plan { changes: Changes { positions: vec![old, new], ..Changes::none(asset) }, events: vec![event] }
		});
		conclude(refused, plan)
	}
}

/// Malformed when one of them is retired already; TooManyInFlight and TooManyLots when what both have in flight could
/// not come back to one position.
fn check_pair_of_ids(refused: &mut RefusalSet, old: &Holder, new: &Holder) {
	refused.add_if(old.is_retired() || new.is_retired(), || shape::malformed(shape::AT_INVESTOR));
	let orders = old.orders.saturating_add(new.orders);
	refused.add_if(orders > ids::MAX_ORDERS_IN_FLIGHT, || {
		Refusal::TooManyInFlight.with([ids::MAX_ORDERS_IN_FLIGHT.into()])
	});
	let reserved = u32::from(old.reserved).saturating_add(new.reserved.into());
	refused.add_if(reserved > ids::MAX_LOTS, || Refusal::TooManyLots.with([reserved.into(), ids::MAX_LOTS.into()]));
}

/// Moves everything of the folded position `old` into the folded position `new` and retires `old`.
fn merge_into<T: Config>(old: &mut Position, new: &mut Position, velocity: &Velocity, now: u64) {
	let held = old.lots::<T>().to_vec();
	let holding = lots::credit(new.holder.free.saturating_add(old.holder.free), new.lots::<T>(), &held, now);
	new.set_holding(holding);
	let (from, to) = (old.holder, &mut new.holder);
	to.in_flight = to.in_flight.saturating_add(from.in_flight);
	to.reserved = to.reserved.saturating_add(from.reserved);
	to.orders = to.orders.saturating_add(from.orders);
	to.freeze_amount(to.frozen.saturating_add(from.frozen).min(ids::MAX_AMOUNT));
	to.flags |= from.flags & ids::FLAG_FROZEN;
	let granted = from.eligibility().limit;
	to.move_limit(|limit| limit.saturating_add(granted));
	to.spent = to.bucket(velocity).spent_now(now).max(from.bucket(velocity).spent_now(now));
	to.spent_at = now;
	new.make_fit();

	let mut word = from.eligibility();
	word.permissions = 0;
	word.limit = 0;
	old.set_holding(lots::Holding::default());
	old.holder = Holder { word: word.pack(), flags: FLAG_RETIRED, ..Holder::default() };
}
