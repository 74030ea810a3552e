//! What one pallet asks of another.

#[cfg(feature = "runtime-benchmarks")]
use polkadot_sdk::sp_core::H256;

use crate::{
	evaluation::RefusalSet,
	messages::{BindingItem, EligibilityItem, QuotaItem},
	refusal::Refusal,
};

/// Where the oracle's word is written: the token pallet, which keeps word and position in one value.
///
/// Each call checks first and then either applies the item as a whole or changes nothing and says why: an item that
/// can't be applied is skipped by the caller, who must never find that out from a failed call (a starved call would skip
/// a revocation).
pub trait Registry {
	/// Writes an investor's eligibility word; `number` is the batch's.
	///
	/// Refuses AssetUnknown, AmountTooLarge (the room would leave -2^120 to 2^120), Malformed.
	fn apply_eligibility(number: u64, item: &EligibilityItem) -> Result<(), Refusal>;

	/// Binds an account, rebinds it, or unbinds it (investor 0). The same investor again changes nothing.
	///
	/// Refuses AssetUnknown, RecipientMalformed (account zero), AccountInUse, BindingInvalid (the account was recovered: what
	/// still comes back to it goes to the account it was moved to, for ever), Malformed.
	fn apply_binding(item: &BindingItem) -> Result<(), Refusal>;

	/// Moves a class's quota.
	///
	/// Refuses AssetUnknown, AmountTooLarge (the quota would leave -2^62 to 2^62).
	fn apply_quota(item: &QuotaItem) -> Result<(), Refusal>;

	/// Everything that [`Registry::apply_binding`] would refuse, with values.
	fn check_binding(item: &BindingItem) -> RefusalSet;

	/// An asset for which items apply, made when there is none: benchmarks measure items that are not skipped.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_asset() -> H256 {
		H256::zero()
	}
}
