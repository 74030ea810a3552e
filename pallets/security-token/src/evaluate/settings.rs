//! Rules of what is written about an asset: its documents, its terms, its velocity.

use alloc::vec::Vec;

use lockstep_primitives::{ids, shape, AssetTerms, Evaluation, PairRule, Reason, Refusal, RefusalSet};
use polkadot_sdk::sp_core::H256;

use super::{check_controller, conclude, note};
use crate::{
	pallet::{AssetDocuments, Assets, Config, Pallet},
	types::{Asset, Document, Documents, Velocity},
};

/// The asset, or AssetUnknown.
fn open_asset<T: Config>(refused: &mut RefusalSet, asset: H256) -> Option<Asset<T::AccountId>> {
	let record = Assets::<T>::get(asset);
	refused.add_if(record.is_none(), || Refusal::AssetUnknown.with([ids::to_word(asset)]));
	record
}

impl<T: Config> Pallet<T> {
	/// All rules of publishing a document under a name; the asset's documents afterwards.
	pub(crate) fn evaluate_set_document(
		caller: &T::AccountId,
		asset: H256,
		name: H256,
		uri: Vec<u8>,
		hash: H256,
		now: u64,
	) -> Evaluation<Documents> {
		let mut refused = RefusalSet::new();
		if let Some(record) = open_asset::<T>(&mut refused, asset) {
			check_controller(&mut refused, &record, caller);
		}
		let mut documents = AssetDocuments::<T>::get(asset);
		let named = !name.is_zero() && !hash.is_zero() && !uri.is_empty();
		let kept = uri
			.try_into()
			.ok()
			.and_then(|uri| documents.try_insert(name, Document { uri, hash, updated_at: now }).ok());
		refused.add_if(!named || kept.is_none(), || shape::malformed(shape::AT_DOCUMENT));
		conclude(refused, Some(documents))
	}

	/// All rules of withdrawing a document; the asset's documents afterwards, and the one withdrawn.
	pub(crate) fn evaluate_remove_document(
		caller: &T::AccountId,
		asset: H256,
		name: H256,
	) -> Evaluation<(Documents, Document)> {
		let mut refused = RefusalSet::new();
		if let Some(record) = open_asset::<T>(&mut refused, asset) {
			check_controller(&mut refused, &record, caller);
		}
		let mut documents = AssetDocuments::<T>::get(asset);
		let removed = documents.remove(&name);
		refused.add_if(removed.is_none(), || shape::malformed(shape::AT_DOCUMENT));
		conclude(refused, removed.map(|removed| (documents, removed)))
	}

	/// All rules of setting how fast an investor may send (both zero: as fast as they like); the asset afterwards.
	pub(crate) fn evaluate_set_velocity(
		admin: Result<T::AccountId, Reason>,
		asset: H256,
		velocity: Velocity,
	) -> Evaluation<Asset<T::AccountId>> {
		let mut refused = RefusalSet::new();
		note(&mut refused, admin);
		let Velocity { capacity, rate } = velocity;
		let within = |value: u128| value > 0 && value <= ids::MAX_AMOUNT;
		let sound = velocity == Velocity::default() || (within(capacity) && within(rate));
		refused.add_if(!sound, || shape::malformed(shape::AT_RATE));
		let record = open_asset::<T>(&mut refused, asset);
		conclude(refused, record.map(|record| Asset { velocity, ..record }))
	}

	/// All rules of the next version of an asset's terms with all its exceptions; the asset afterwards.
	pub(crate) fn evaluate_set_terms(
		admin: Result<T::AccountId, Reason>,
		asset: H256,
		terms: AssetTerms,
		pairs: Vec<PairRule>,
	) -> Evaluation<Asset<T::AccountId>> {
		let mut refused = Self::check_terms(&terms, &pairs);
		note(&mut refused, admin);
		let record = open_asset::<T>(&mut refused, asset).map(|mut record| {
			let known = &record.params.terms;
			let follows = terms.terms == known.terms.saturating_add(1);
			refused.add_if(!follows, || shape::malformed(shape::AT_TERMS));
			refused.add_if(terms.decimals != known.decimals, || {
				Refusal::DecimalsMismatch.with([terms.decimals.into(), known.decimals.into()])
			});
			record.params.terms = terms;
			record.params.pairs = pairs;
			record
		});
		conclude(refused, record)
	}

	/// All rules of naming an asset's controller; the asset afterwards.
	pub(crate) fn evaluate_set_controller(
		admin: Result<T::AccountId, Reason>,
		asset: H256,
		controller: T::AccountId,
	) -> Evaluation<Asset<T::AccountId>> {
		let mut refused = RefusalSet::new();
		note(&mut refused, admin);
		let record = open_asset::<T>(&mut refused, asset);
		conclude(refused, record.map(|record| Asset { controller, ..record }))
	}
}
