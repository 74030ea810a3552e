//! Rules of issuing new lots on the home chain.

use alloc::{vec, vec::Vec};

use lockstep_eligibility as eligibility;
use lockstep_primitives::{ids, lots, shape, Evaluation, Lot, Refusal, RefusalSet};
use polkadot_sdk::sp_core::H256;

use super::{
	check_authorised, check_caps, check_controller, check_receiver_bound, check_receiver_frozen, check_receiving,
	conclude, credit, credit_within, open_scene, Changes, Scene,
};
use crate::{
	follow::End,
	pallet::{Config, Pallet, Supplies},
	types::Supply,
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
		let issue = Self::plan_issue(&mut refused, caller, asset, H256(account), lots, now);
		conclude(refused, issue)
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
		refused.add_if(due, || shape::malformed(shape::AT_LOTS));
		let scene = open_scene::<T>(refused, asset, 0, now)?;
		check_issuer::<T>(refused, &scene, caller);
		let end = End::open::<T>(asset, account);
		let sum = lots::sum(&issued);
		if check_receiver_bound(refused, &end.account, account) {
			check_receiver_frozen(refused, &end.account, &end.position);
			check_receiving(refused, &scene, &end.position, false);
			check_caps::<T>(refused, &end.position, sum, None);
		}
		let supply = Supplies::<T>::get(asset);
		let outstanding = supply.issued.saturating_sub(supply.redeemed);
		check_authorised(refused, scene.terms(), outstanding, sum);
		if lots::check_form(&issued).is_err() || sum > ids::MAX_AMOUNT.into() || !end.account.is_bound() {
			return None;
		}
		let sum = sum.low_u128();
		let investor = end.account.investor;
		let position = credit_within::<T>(refused, end.position, &issued, ids::MAX_LOTS, now);
		let supply =
			Supply { supply: supply.supply.saturating_add(sum), issued: supply.issued.saturating_add(sum), ..supply };
		let changes = Changes {
			accounts: vec![(account, credit(&end.account, sum))],
			positions: vec![position],
			supply: Some(supply),
			..Changes::none(asset)
		};
		Some(Issue { asset, account, investor, lots: issued, changes })
	}
}

/// NotController, and DomainMismatch away from the asset's home.
fn check_issuer<T: Config>(refused: &mut RefusalSet, scene: &Scene<T::AccountId>, caller: &T::AccountId) {
	check_controller(refused, &scene.asset, caller);
	let (here, home) = (eligibility::Pallet::<T>::domain(), scene.asset.params.home_domain);
	refused.add_if(here != home, || Refusal::DomainMismatch.with([ids::to_word(here), ids::to_word(home)]));
}
