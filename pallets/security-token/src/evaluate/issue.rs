//! Rules of issuing new lots on the home chain.

use alloc::{vec, vec::Vec};

use lockstep_eligibility as eligibility;
use lockstep_primitives::{ids, lots, shape, Evaluation, Lot, Refusal, RefusalSet};
use polkadot_sdk::sp_core::H256;

use super::{
	check_authorised, check_receiver_frozen, check_receiving, credit, credit_within, open_scene,
	Changes, Scene,
};
use crate::{
	pallet::{Config, Pallet, Supplies},
	position::Position,
	types::{Account, Supply},
};

/// An issue that every rule allows.
#[derive(Clone, Debug)]
pub struct Issue {
	pub(crate) asset: H256,
	pub(crate) account: H256,
	pub(crate) investor: H256,
	pub(crate) lots: Vec<Lot>,
	pub(crate) changes: Changes,
}

impl<T: Config> Pallet<T> {
	/// All rules of issuing `lots` to `account` by `caller` at `now` (UTC seconds), and its plan.
	pub fn evaluate_issue(
		caller: &T::AccountId,
		asset: H256,
		account: [u8; 32],
		lots: Vec<Lot>,
		now: u64,
	) -> Evaluation<Issue> {
		let mut refused = shape::check_lots(&lots);
		match Self::plan_issue(&mut refused, caller, asset, H256(account), lots, now) {
			Some(issue) if refused.is_empty() => Evaluation::allowed(issue),
			_ => Evaluation::refused(refused),
		}
	}

	fn plan_issue(
		refused: &mut RefusalSet,
		caller: &T::AccountId,
		asset: H256,
		account: H256,
		issued: Vec<Lot>,
		now: u64,
	) -> Option<Issue> {
		// A lot that is due at once would show dates that nobody held it under: issue it free.
		let due = issued.iter().any(|lot| !lots::is_free(lot) && lots::is_due(lot, now));
		refused.add_if(due, || Refusal::Malformed.with([shape::AT_LOTS.into()]));
		let scene = open_scene::<T>(refused, asset, 0, now)?;
		check_issuer::<T>(refused, &scene, caller);
		let record = Self::account(asset, account);
		let position = check_receiver::<T>(refused, &scene, asset, account, &record);
		let supply = Supplies::<T>::get(asset);
		let sum = lots::sum(&issued);
		let outstanding = supply.issued.saturating_sub(supply.redeemed);
		check_authorised(refused, scene.terms(), outstanding, sum);
		if lots::check_form(&issued).is_err() || sum > ids::MAX_AMOUNT.into() {
			return None;
		}
		let sum = sum.low_u128();
		let position = credit_within::<T>(refused, position?, &issued, ids::MAX_LOTS, now);
		let supply = Supply {
			supply: supply.supply.saturating_add(sum),
			issued: supply.issued.saturating_add(sum),
			..supply
		};
		let changes = Changes {
			asset,
			accounts: vec![(account, credit(&record, sum))],
			positions: vec![position],
			supply: Some(supply),
		};
		Some(Issue { asset, account, investor: record.investor, lots: issued, changes })
	}
}

/// NotController, and DomainMismatch away from the asset's home.
fn check_issuer<T: Config>(
	refused: &mut RefusalSet,
	scene: &Scene<T::AccountId>,
	caller: &T::AccountId,
) {
	let bytes: [u8; 32] = caller.clone().into();
	refused.add_if(scene.asset.controller != *caller, || {
		Refusal::NotController.with([ids::to_word(H256(bytes))])
	});
	let (here, home) = (eligibility::Pallet::<T>::domain(), scene.asset.params.home_domain);
	refused.add_if(here != home, || {
		Refusal::DomainMismatch.with([ids::to_word(here), ids::to_word(home)])
	});
}

/// The rules about who receives; their position when the account is bound.
fn check_receiver<T: Config>(
	refused: &mut RefusalSet,
	scene: &Scene<T::AccountId>,
	asset: H256,
	account: H256,
	record: &Account,
) -> Option<Position> {
	if !record.is_bound() {
		refused.add(Refusal::ReceiverUnbound.with([ids::to_word(account)]));
		return None;
	}
	let position = Position::open::<T>(asset, record.investor);
	check_receiver_frozen(refused, record, &position);
	check_receiving(refused, scene, &position, false);
	Some(position)
}
