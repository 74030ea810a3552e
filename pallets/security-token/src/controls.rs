//! What the calls of controller, admin and holder do besides issuing and transferring, once every rule has passed.

use alloc::vec::Vec;

use lockstep_eligibility as eligibility;
use lockstep_primitives::{shape, Action, AssetTerms, Lot, PairRule, Reason, Refusal};
use polkadot_sdk::{
	frame_system::{ensure_signed, pallet_prelude::OriginFor},
	sp_core::H256,
};

use crate::{
	evaluate::Movement,
	pallet::{AssetDocuments, Assets, Config, Event, Pallet, Releases},
	types::Velocity,
};

/// An account as the protocol names it.
fn named<T: Config>(account: T::AccountId) -> H256 {
	H256(account.into())
}

/// Who signed; nobody who didn't can be a controller.
fn signer<T: Config>(origin: OriginFor<T>) -> Result<T::AccountId, Reason> {
	ensure_signed(origin).map_err(|_| Refusal::NotController.bare())
}

/// On one holding.
impl<T: Config> Pallet<T> {
	pub(crate) fn do_redeem(
		origin: OriginFor<T>,
		asset: H256,
		account: T::AccountId,
		lots: &[Lot],
		action: &Action,
	) -> Result<(), Reason> {
		let (caller, now) = (signer::<T>(origin)?, eligibility::Pallet::<T>::now());
		let account = named::<T>(account);
		Self::evaluate_redeem(&caller, asset, account, lots, action, now).into_result()?.carry_out();
		Ok(())
	}

	pub(crate) fn do_freeze_account(
		origin: OriginFor<T>,
		asset: H256,
		account: T::AccountId,
		frozen: bool,
		action: &Action,
	) -> Result<(), Reason> {
		let (caller, account) = (signer::<T>(origin)?, named::<T>(account));
		let plan = Self::evaluate_freeze_account(&caller, asset, account, frozen, action).into_result()?;
		Self::know_account(asset, account);
		plan.carry_out();
		Ok(())
	}

	pub(crate) fn do_freeze_investor(
		origin: OriginFor<T>,
		asset: H256,
		investor: H256,
		frozen: bool,
		action: &Action,
	) -> Result<(), Reason> {
		let caller = signer::<T>(origin)?;
		Self::evaluate_freeze_investor(&caller, asset, investor, frozen, action).into_result()?.carry_out();
		Ok(())
	}

	pub(crate) fn do_freeze_amount(
		origin: OriginFor<T>,
		asset: H256,
		investor: H256,
		amount: u128,
		action: &Action,
	) -> Result<(), Reason> {
		let caller = signer::<T>(origin)?;
		Self::evaluate_freeze_amount(&caller, asset, investor, amount, action).into_result()?.carry_out();
		Ok(())
	}
}

/// Between two accounts or investors.
impl<T: Config> Pallet<T> {
	pub(crate) fn do_force_transfer(
		origin: OriginFor<T>,
		asset: H256,
		from: T::AccountId,
		to: T::AccountId,
		amount: u128,
		action: &Action,
	) -> Result<(), Reason> {
		let (caller, now) = (signer::<T>(origin)?, eligibility::Pallet::<T>::now());
		let movement = Movement { asset, from: named::<T>(from), to: named::<T>(to), action, now };
		Self::evaluate_force_transfer(&caller, &movement, amount).into_result()?.carry_out();
		Ok(())
	}

	pub(crate) fn do_move_lots(
		origin: OriginFor<T>,
		asset: H256,
		from: T::AccountId,
		to: T::AccountId,
		lots: &[Lot],
		action: &Action,
	) -> Result<(), Reason> {
		let (caller, now) = (signer::<T>(origin)?, eligibility::Pallet::<T>::now());
		let movement = Movement { asset, from: named::<T>(from), to: named::<T>(to), action, now };
		Self::evaluate_move_lots(&caller, &movement, lots).into_result()?.carry_out();
		Ok(())
	}

	pub(crate) fn do_recover(
		origin: OriginFor<T>,
		asset: H256,
		from: T::AccountId,
		to: T::AccountId,
		action: &Action,
	) -> Result<(), Reason> {
		let (caller, from, to) = (signer::<T>(origin)?, named::<T>(from), named::<T>(to));
		let plan = Self::evaluate_recover(&caller, asset, from, to, action).into_result()?;
		Self::know_account(asset, to);
		Self::forward_account(asset, from, to);
		plan.carry_out();
		Ok(())
	}

	pub(crate) fn do_replace_investor(
		origin: OriginFor<T>,
		asset: H256,
		retired: H256,
		successor: H256,
		action: &Action,
	) -> Result<(), Reason> {
		let (caller, now) = (signer::<T>(origin)?, eligibility::Pallet::<T>::now());
		let plan = Self::evaluate_replace_investor(&caller, asset, retired, successor, action, now).into_result()?;
		Self::forward_investor(asset, retired, successor);
		plan.carry_out();
		Ok(())
	}
}

/// Lots that unlock early, and lots that merge.
impl<T: Config> Pallet<T> {
	pub(crate) fn do_propose_release(
		origin: OriginFor<T>,
		asset: H256,
		investor: H256,
		lots: &[Lot],
		action: &Action,
	) -> Result<(), Reason> {
		let now = eligibility::Pallet::<T>::now();
		let admin = eligibility::Pallet::<T>::ensure_admin(origin);
		let found = Self::evaluate_propose_release(admin, asset, investor, lots, action, now);
		let proposal = found.into_result()?;
		let (id, eta) = (proposal.id, proposal.eta);
		Releases::<T>::insert(asset, id, eta);
		Self::deposit_event(Event::ReleaseProposed { asset, investor, id, eta });
		Ok(())
	}

	pub(crate) fn do_release_lots(
		origin: OriginFor<T>,
		asset: H256,
		investor: H256,
		lots: &[Lot],
		action: &Action,
	) -> Result<(), Reason> {
		let now = eligibility::Pallet::<T>::now();
		let admin = eligibility::Pallet::<T>::ensure_admin(origin);
		let plan = Self::evaluate_release_lots(admin, asset, investor, lots, action, now).into_result()?;
		// Announced once, carried out once.
		Releases::<T>::remove(asset, action.release_id(asset, investor, lots));
		plan.carry_out();
		Ok(())
	}

	pub(crate) fn do_cancel_release(origin: OriginFor<T>, asset: H256, id: H256) -> Result<(), Reason> {
		eligibility::Pallet::<T>::ensure_guardian_or_admin(origin)?;
		Releases::<T>::take(asset, id).ok_or_else(|| shape::malformed(shape::AT_REGISTERED))?;
		Self::deposit_event(Event::ReleaseCancelled { asset, id });
		Ok(())
	}

	pub(crate) fn do_merge_lots(origin: OriginFor<T>, asset: H256, lots: &[Lot]) -> Result<(), Reason> {
		let caller = ensure_signed(origin).map_err(|_| Refusal::SenderUnbound.bare())?;
		let now = eligibility::Pallet::<T>::now();
		Self::evaluate_merge_lots(named::<T>(caller), asset, lots, now).into_result()?.carry_out();
		Ok(())
	}
}

/// What is written about an asset.
impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_document(
		origin: OriginFor<T>,
		asset: H256,
		name: H256,
		uri: Vec<u8>,
		hash: H256,
	) -> Result<(), Reason> {
		let (caller, now) = (signer::<T>(origin)?, eligibility::Pallet::<T>::now());
		let found = Self::evaluate_set_document(&caller, asset, name, uri.clone(), hash, now);
		AssetDocuments::<T>::insert(asset, found.into_result()?);
		Self::deposit_event(Event::DocumentUpdated { asset, name, uri, hash });
		Ok(())
	}

	pub(crate) fn do_remove_document(origin: OriginFor<T>, asset: H256, name: H256) -> Result<(), Reason> {
		let caller = signer::<T>(origin)?;
		let (left, removed) = Self::evaluate_remove_document(&caller, asset, name).into_result()?;
		if left.is_empty() {
			AssetDocuments::<T>::remove(asset);
		} else {
			AssetDocuments::<T>::insert(asset, left);
		}
		let (uri, hash) = (removed.uri.into_inner(), removed.hash);
		Self::deposit_event(Event::DocumentRemoved { asset, name, uri, hash });
		Ok(())
	}

	pub(crate) fn do_set_velocity(origin: OriginFor<T>, asset: H256, velocity: Velocity) -> Result<(), Reason> {
		let admin = eligibility::Pallet::<T>::ensure_admin(origin);
		Assets::<T>::insert(asset, Self::evaluate_set_velocity(admin, asset, velocity).into_result()?);
		let Velocity { capacity, rate } = velocity;
		Self::deposit_event(Event::VelocitySet { asset, capacity, rate });
		Ok(())
	}

	pub(crate) fn do_set_terms(
		origin: OriginFor<T>,
		asset: H256,
		terms: AssetTerms,
		pairs: Vec<PairRule>,
	) -> Result<(), Reason> {
		let admin = eligibility::Pallet::<T>::ensure_admin(origin);
		let found = Self::evaluate_set_terms(admin, asset, terms.clone(), pairs);
		Assets::<T>::insert(asset, found.into_result()?);
		Self::deposit_event(Event::TermsSet { asset, terms });
		Ok(())
	}

	pub(crate) fn do_set_controller(origin: OriginFor<T>, asset: H256, controller: T::AccountId) -> Result<(), Reason> {
		let admin = eligibility::Pallet::<T>::ensure_admin(origin);
		let found = Self::evaluate_set_controller(admin, asset, controller.clone());
		Assets::<T>::insert(asset, found.into_result()?);
		Self::deposit_event(Event::ControllerSet { asset, controller: named::<T>(controller) });
		Ok(())
	}
}
