//! Rules of registering an asset and of changing its terms.

use lockstep_primitives::{ids, shape, AssetParams, AssetTerms, PairRule, Refusal, RefusalSet};
use polkadot_sdk::frame_support::traits::Get;

use crate::pallet::{Assets, Config, Pallet};

/// Longest name and symbol, in bytes.
const MAX_TEXT: usize = 64;
/// Longest holding period, in seconds: a hundred years.
const MAX_HOLDING_PERIOD: u64 = 100 * 365 * 24 * 3_600;

impl<T: Config> Pallet<T> {
	/// What an asset's parameters refuse: Malformed, and AmountTooLarge for more than may ever be issued.
	pub(crate) fn check_params(params: &AssetParams) -> RefusalSet {
		let mut refused = RefusalSet::new();
		refused.add_if(Assets::<T>::contains_key(params.asset_id()), || shape::malformed(shape::AT_REGISTERED));
		refused.add_if(!is_text(&params.name) || !is_text(&params.symbol), || shape::malformed(shape::AT_TEXT));
		let named = !params.home_domain.is_zero() && !params.issuer.is_zero();
		refused.add_if(!named, || shape::malformed(shape::AT_TERMS));
		refused.merge(Self::check_terms(&params.terms, &params.pairs));
		refused
	}

	/// What an asset's terms and their exceptions refuse by themselves.
	pub(crate) fn check_terms(terms: &AssetTerms, pairs: &[PairRule]) -> RefusalSet {
		let mut refused = RefusalSet::new();
		let rule_known = terms.default_rule <= ids::RULE_RESTART;
		// A Restart without a period would make lots that are due at once: Keep says the same honestly.
		let period_missing = terms.default_rule == ids::RULE_RESTART && terms.holding_period == 0;
		let in_range = terms.terms > 0
			&& terms.decimals <= T::MaxDecimals::get()
			&& terms.holding_period <= MAX_HOLDING_PERIOD
			&& terms.min_lot <= ids::MAX_AMOUNT
			&& terms.authorised_issue > 0;
		refused.add_if(!in_range || !rule_known || period_missing, || shape::malformed(shape::AT_TERMS));
		refused.merge(shape::check_pairs(pairs, terms.holding_period));
		refused.add_if(terms.authorised_issue > ids::MAX_AMOUNT, || {
			Refusal::AmountTooLarge.with([terms.authorised_issue.into(), ids::MAX_AMOUNT.into()])
		});
		refused
	}
}

fn is_text(bytes: &[u8]) -> bool {
	!bytes.is_empty() && bytes.len() <= MAX_TEXT && core::str::from_utf8(bytes).is_ok()
}
