//! The rules. Each operation has one evaluation: it collects every rule that fails and, when none does, the new
//! values of every record that the operation changes. `explain` shows the failures and the call applies the values,
//! so the two can't differ.
//!
//! A plan holds absolute values: it is applied at once, before anything else touches the records.

mod arrival;
mod control;
mod force;
mod initiate;
mod issue;
mod recover;
mod register;
mod release;
mod rules;
mod settings;
mod transfer;

use alloc::vec::Vec;

use lockstep_eligibility as eligibility;
use lockstep_primitives::{ids, shape, Action, AssetTerms, Evaluation, Reason, Refusal, RefusalSet};
use polkadot_sdk::sp_core::H256;

use crate::{
	pallet::{Accounts, Assets, Classes, Config, Event, Pallet, Supplies},
	position::Position,
	types::{Account, Asset, Supply},
};

pub(crate) use arrival::signed;
pub use arrival::Arrival;
pub(crate) use force::Movement;
pub use initiate::Departure;
pub use issue::Issue;
pub(crate) use rules::*;
pub use transfer::Transfer;

/// New values of the records that an operation changes.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
	pub asset: H256,
	pub accounts: Vec<(H256, Account)>,
	pub positions: Vec<Position>,
	pub supply: Option<Supply>,
	/// A class's quota with what is added to it: a seat that travels with an order.
	pub seat: Option<(u16, i64)>,
}

impl Changes {
	/// No change yet.
	pub fn none(asset: H256) -> Self {
		Self { asset, accounts: Vec::new(), positions: Vec::new(), supply: None, seat: None }
	}

	/// Writes the records.
	pub fn write<T: Config>(self) {
		for (account, record) in self.accounts {
			Accounts::<T>::insert(self.asset, account, record);
		}
		for position in self.positions {
			position.write::<T>();
		}
		if let Some(supply) = self.supply {
			Supplies::<T>::insert(self.asset, supply);
		}
		if let Some((class, delta)) = self.seat {
			Classes::<T>::mutate(self.asset, class, |count| count.quota = count.quota.saturating_add(delta));
		}
	}
}

/// Changes with the events that tell of them, in their order.
pub(crate) struct Plan<T: Config> {
	pub changes: Changes,
	pub events: Vec<Event<T>>,
}

impl<T: Config> Plan<T> {
	/// Writes the records and tells the events.
	pub fn carry_out(self) {
		self.changes.write::<T>();
		for event in self.events {
			Pallet::<T>::deposit_event(event);
		}
	}
}

/// The plan when nothing was refused, else the refusals.
pub(crate) fn conclude<P>(refused: RefusalSet, plan: Option<P>) -> Evaluation<P> {
	match plan {
		Some(plan) if refused.is_empty() => Evaluation::allowed(plan),
		_ => Evaluation::refused(refused),
	}
}

/// An asset with the clock it is judged by.
pub(crate) struct Scene<AccountId> {
	pub asset: Asset<AccountId>,
	pub clock: eligibility::ClockState,
	/// UTC seconds.
	pub now: u64,
}

impl<AccountId> Scene<AccountId> {
	pub fn terms(&self) -> &AssetTerms {
		&self.asset.params.terms
	}
}

/// The asset, or AssetUnknown; Paused when `pause_bit` is set for the whole chain or the asset (0: not looked at).
pub(crate) fn open_scene<T: Config>(
	refused: &mut RefusalSet,
	asset: H256,
	pause_bit: u8,
	now: u64,
) -> Option<Scene<T::AccountId>> {
	let clock = eligibility::Pallet::<T>::clock();
	let record = Assets::<T>::get(asset);
	let paused = clock.pause | record.as_ref().map_or(0, |record| record.pause);
	refused.add_if(paused & pause_bit != 0, || Refusal::Paused.with([paused.into()]));
	refused.add_if(record.is_none(), || Refusal::AssetUnknown.with([ids::to_word(asset)]));
	Some(Scene { asset: record?, clock, now })
}

/// The asset of a controller's action, or AssetUnknown; NotController, and Malformed for an action without reason or
/// document. No pause stops a controller.
pub(crate) fn open_action<T: Config>(
	refused: &mut RefusalSet,
	caller: &T::AccountId,
	asset: H256,
	action: &Action,
) -> Option<Scene<T::AccountId>> {
	refused.merge(shape::check_action(action));
	let scene = open_scene::<T>(refused, asset, 0, eligibility::Pallet::<T>::now())?;
	check_controller(refused, &scene.asset, caller);
	Some(scene)
}

/// NotController.
pub(crate) fn check_controller<AccountId: Clone + PartialEq + Into<[u8; 32]>>(
	refused: &mut RefusalSet,
	asset: &Asset<AccountId>,
	caller: &AccountId,
) {
	let bytes: [u8; 32] = caller.clone().into();
	refused.add_if(asset.controller != *caller, || Refusal::NotController.with([ids::to_word(H256(bytes))]));
}

/// Adds the failed rule of a check that knows only one.
pub(crate) fn note<V>(refused: &mut RefusalSet, checked: Result<V, Reason>) -> Option<V> {
	match checked {
		Ok(value) => Some(value),
		Err(reason) => {
			refused.add(reason);
			None
		},
	}
}
