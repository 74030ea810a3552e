//! Rules of the one lawful way to loosen a lock, and of a holder's own way to use fewer places.

use alloc::vec;

use lockstep_eligibility as eligibility;
use lockstep_primitives::{ids, lots, shape, Action, Evaluation, Lot, Reason, Refusal, RefusalSet};
use polkadot_sdk::sp_core::H256;

use super::{check_sender_bound, conclude, note, open_scene, Changes, Plan};
use crate::{
	follow::End,
	pallet::{Assets, Config, Event, Pallet, Releases},
	position::Position,
};

/// A proposal that may be written.
pub(crate) struct Proposal {
	/// What it is known by.
	pub id: H256,
	/// From when it may be carried out, UTC seconds.
	pub eta: u64,
}

impl<T: Config> Pallet<T> {
	/// All rules of announcing that locked lots shall become free, and the proposal. `admin`: whether the admin calls.
	pub(crate) fn evaluate_propose_release(
		admin: Result<T::AccountId, Reason>,
		asset: H256,
		investor: H256,
		lots: &[Lot],
		action: &Action,
		now: u64,
	) -> Evaluation<Proposal> {
		let mut refused = shape::check_locked_lots(lots, 1);
		refused.merge(shape::check_action(action));
		refused.add_if(!shape::is_investor(&investor), || shape::malformed(shape::AT_INVESTOR));
		note(&mut refused, admin);
		check_known::<T>(&mut refused, asset);
		let id = action.release_id(asset, investor, lots);
		refused.add_if(Releases::<T>::contains_key(asset, id), || shape::malformed(shape::AT_REGISTERED));
		let eta = now.saturating_add(eligibility::Pallet::<T>::timing().delay);
		conclude(refused, Some(Proposal { id, eta }))
	}

	/// All rules of carrying out an announced release, and the plan. Lots that came due meanwhile are free by themselves.
	pub(crate) fn evaluate_release_lots(
		admin: Result<T::AccountId, Reason>,
		asset: H256,
		investor: H256,
		lots: &[Lot],
		action: &Action,
		now: u64,
	) -> Evaluation<Plan<T>> {
		let mut refused = shape::check_action(action);
		note(&mut refused, admin);
		check_known::<T>(&mut refused, asset);
		let plan = Self::plan_release(&mut refused, asset, investor, lots, action, now);
		conclude(refused, plan)
	}

	fn plan_release(
		refused: &mut RefusalSet,
		asset: H256,
		investor: H256,
		named: &[Lot],
		action: &Action,
		now: u64,
	) -> Option<Plan<T>> {
		let Some(eta) = Releases::<T>::get(asset, action.release_id(asset, investor, named)) else {
			refused.add(shape::malformed(shape::AT_REGISTERED));
			return None;
		};
		refused.add_if(now < eta, || Refusal::NotYet.with([eta.into()]));
		let mut position = Position::open::<T>(asset, investor);
		position.fold::<T>(now);
		let free = position.holder.free;
		let holding = note(refused, lots::release(free, position.lots::<T>(), named, now))?;
		position.set_holding(holding);
		let Action { reason, document } = *action;
		let event = Event::LotsReleased { asset, investor, lots: named.to_vec(), reason, document };
		Some(Plan { changes: Changes { positions: vec![position], ..Changes::none(asset) }, events: vec![event] })
	}

	/// All rules of a holder merging own lots to the latest of their times, and the plan.
	pub(crate) fn evaluate_merge_lots(caller: H256, asset: H256, named: &[Lot], now: u64) -> Evaluation<Plan<T>> {
		let mut refused = shape::check_locked_lots(named, 2);
		let formed = refused.is_empty();
		let plan = Self::plan_merge_lots(&mut refused, caller, asset, named, (formed, now));
		conclude(refused, plan)
	}

	fn plan_merge_lots(
		refused: &mut RefusalSet,
		caller: H256,
		asset: H256,
		named: &[Lot],
		(formed, now): (bool, u64),
	) -> Option<Plan<T>> {
		open_scene::<T>(refused, asset, ids::PAUSE_TRANSFER, now)?;
		let End { account, mut position, .. } = End::open::<T>(asset, caller);
		// A name that stands twice would count its lot twice: nothing is merged of lots without form.
		if !check_sender_bound(refused, &account, caller) || !formed {
			return None;
		}
		position.fold::<T>(now);
		let (lots, into) = note(refused, lots::merge_lots(position.lots::<T>(), named, now))?;
		position.set_holding(lots::Holding { free: position.holder.free, lots });
		let investor = position.investor;
		let event = Event::LotsMerged { asset, investor, lots: named.to_vec(), into };
		Some(Plan { changes: Changes { positions: vec![position], ..Changes::none(asset) }, events: vec![event] })
	}
}

/// AssetUnknown.
pub(crate) fn check_known<T: Config>(refused: &mut RefusalSet, asset: H256) {
	refused.add_if(!Assets::<T>::contains_key(asset), || Refusal::AssetUnknown.with([ids::to_word(asset)]));
}
