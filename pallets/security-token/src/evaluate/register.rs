//! Rules of registering an asset.

use lockstep_primitives::{ids, AssetParams, Refusal, RefusalSet};
use polkadot_sdk::frame_support::traits::Get;

use crate::pallet::{Assets, Config, Pallet};

/// Longest name and symbol, in bytes.
const MAX_TEXT: usize = 64;
/// Longest holding period, in seconds: a hundred years.
const MAX_HOLDING_PERIOD: u64 = 100 * 365 * 24 * 3_600;
/// `Malformed`: the asset is registered already.
pub(crate) const AT_REGISTERED: u8 = 7;
/// `Malformed`: name or symbol are empty, longer than 64 bytes or no UTF-8.
pub(crate) const AT_TEXT: u8 = 8;
/// `Malformed`: a number of the terms is outside its range, or home domain or issuer are missing.
pub(crate) const AT_TERMS: u8 = 9;

impl<T: Config> Pallet<T> {
	/// What an asset's parameters refuse: Malformed, and AmountTooLarge for more than may ever be issued.
	pub(crate) fn check_params(params: &AssetParams) -> RefusalSet {
		let mut refused = RefusalSet::new();
		let mut malformed = |failed: bool, at: u8| {
			refused.add_if(failed, || Refusal::Malformed.with([at.into()]));
		};
		malformed(Assets::<T>::contains_key(params.asset_id()), AT_REGISTERED);
		malformed(!is_text(&params.name) || !is_text(&params.symbol), AT_TEXT);
		let terms = &params.terms;
		let rule_known = matches!(
			terms.default_rule,
			ids::RULE_FORBID | ids::RULE_KEEP | ids::RULE_RESTART
		);
		// A Restart without a period would make lots that are due at once: Keep says the same honestly.
		let period_missing = terms.default_rule == ids::RULE_RESTART && terms.holding_period == 0;
		let in_range = terms.terms > 0
			&& terms.decimals <= T::MaxDecimals::get()
			&& terms.holding_period <= MAX_HOLDING_PERIOD
			&& terms.min_lot <= ids::MAX_AMOUNT
			&& terms.authorised_issue > 0;
		let named = !params.home_domain.is_zero() && !params.issuer.is_zero();
		malformed(!in_range || !rule_known || period_missing || !named, AT_TERMS);
		refused.add_if(terms.authorised_issue > ids::MAX_AMOUNT, || {
			Refusal::AmountTooLarge.with([terms.authorised_issue.into(), ids::MAX_AMOUNT.into()])
		});
		refused
	}
}

fn is_text(bytes: &[u8]) -> bool {
	!bytes.is_empty() && bytes.len() <= MAX_TEXT && core::str::from_utf8(bytes).is_ok()
}
