//! Rules of the controller's actions on one holding: redeem and freeze.

use alloc::vec;

use lockstep_primitives::{ids, lots, shape, Action, Evaluation, Lot, Refusal, RefusalSet};
use polkadot_sdk::sp_core::H256;

use super::{
	check_frozen_amount, check_sender_bound, check_sender_frozen, conclude, debit, open_action, take_named, Changes,
	Plan,
};
use crate::{
	follow::End,
	pallet::{Config, Event, Pallet, Supplies},
	position::Position,
	types::{Account, Supply},
};

impl<T: Config> Pallet<T> {
	/// All rules of taking named lots of an account out of existence, and the plan.
	pub(crate) fn evaluate_redeem(
		caller: &T::AccountId,
		asset: H256,
		account: H256,
		lots: &[Lot],
		action: &Action,
		now: u64,
	) -> Evaluation<Plan<T>> {
		let mut refused = shape::check_lots(lots);
		let formed = refused.is_empty();
		let plan = Self::plan_redeem(&mut refused, caller, asset, account, lots, action, (formed, now));
		conclude(refused, plan)
	}

	fn plan_redeem(
		refused: &mut RefusalSet,
		caller: &T::AccountId,
		asset: H256,
		address: H256,
		wanted: &[Lot],
		action: &Action,
		(formed, now): (bool, u64),
	) -> Option<Plan<T>> {
		open_action::<T>(refused, caller, asset, action)?;
		let End { account, mut position, .. } = End::open::<T>(asset, address);
		if !check_sender_bound(refused, &account, address) {
			return None;
		}
		check_sender_frozen(refused, &account, &position);
		if !formed {
			return None;
		}
		let sum = lots::sum(wanted);
		let debited = debit(refused, &account, sum)?;
		check_frozen_amount(refused, &position, sum);
		position.fold::<T>(now);
		let lots = take_named::<T>(refused, &mut position, wanted, now)?;
		let sum = sum.low_u128();
		let supply = Supplies::<T>::get(asset);
		let supply = Supply {
			supply: supply.supply.saturating_sub(sum),
			redeemed: supply.redeemed.saturating_add(sum),
			..supply
		};
		let Action { reason, document } = *action;
		let event = Event::Redeemed { asset, investor: position.investor, account: address, lots, reason, document };
		let changes = Changes {
			accounts: vec![(address, debited)],
			positions: vec![position],
			supply: Some(supply),
			..Changes::none(asset)
		};
		Some(Plan { changes, events: vec![event] })
	}

	/// All rules of freezing or thawing an account, known or not, and the plan.
	pub(crate) fn evaluate_freeze_account(
		caller: &T::AccountId,
		asset: H256,
		account: H256,
		frozen: bool,
		action: &Action,
	) -> Evaluation<Plan<T>> {
		let mut refused = shape::check_recipient(ids::ACCOUNT_ID32, &account);
		let scene = open_action::<T>(&mut refused, caller, asset, action);
		let Action { reason, document } = *action;
		let plan = scene.map(|_| {
			let record = End::open::<T>(asset, account).account;
			let flag = if frozen { ids::FLAG_FROZEN } else { 0 };
			let flags = (record.flags & !ids::FLAG_FROZEN) | flag;
			let accounts = vec![(account, Account { flags, ..record })];
			let event = Event::AccountFrozen { asset, account, frozen, reason, document };
			Plan { changes: Changes { accounts, ..Changes::none(asset) }, events: vec![event] }
		});
		conclude(refused, plan)
	}

	/// All rules of freezing or thawing an investor, known or not, and the plan.
	pub(crate) fn evaluate_freeze_investor(
		caller: &T::AccountId,
		asset: H256,
		investor: H256,
		frozen: bool,
		action: &Action,
	) -> Evaluation<Plan<T>> {
		let mut refused = RefusalSet::new();
		let position = Self::open_frozen(&mut refused, caller, asset, investor, action);
		let Action { reason, document } = *action;
		let plan = position.map(|mut position| {
			position.holder.freeze(frozen);
			let event = Event::InvestorFrozen { asset, investor, frozen, reason, document };
			Plan { changes: Changes { positions: vec![position], ..Changes::none(asset) }, events: vec![event] }
		});
		conclude(refused, plan)
	}

	/// All rules of freezing an amount of an investor's position in place of what was frozen of it, and the plan.
	pub(crate) fn evaluate_freeze_amount(
		caller: &T::AccountId,
		asset: H256,
		investor: H256,
		amount: u128,
		action: &Action,
	) -> Evaluation<Plan<T>> {
		let mut refused = RefusalSet::new();
		refused
			.add_if(amount > ids::MAX_AMOUNT, || Refusal::AmountTooLarge.with([amount.into(), ids::MAX_AMOUNT.into()]));
		let position = Self::open_frozen(&mut refused, caller, asset, investor, action);
		let Action { reason, document } = *action;
		let plan = position.map(|mut position| {
			position.holder.freeze_amount(amount);
			let event = Event::AmountFrozen { asset, investor, amount, reason, document };
			Plan { changes: Changes { positions: vec![position], ..Changes::none(asset) }, events: vec![event] }
		});
		conclude(refused, plan)
	}

	/// The position that shall be frozen; Malformed for what can't be an investor.
	fn open_frozen(
		refused: &mut RefusalSet,
		caller: &T::AccountId,
		asset: H256,
		investor: H256,
		action: &Action,
	) -> Option<Position> {
		refused.add_if(!shape::is_investor(&investor), || shape::malformed(shape::AT_INVESTOR));
		open_action::<T>(refused, caller, asset, action)?;
		Some(Position::open::<T>(asset, investor))
	}
}
