//! The oracle's items, applied to positions and accounts.

use lockstep_primitives::{ids, shape, traits::Registry, BindingItem, EligibilityItem, QuotaItem, Refusal, RefusalSet};
use polkadot_sdk::sp_core::H256;

use crate::{
	follow::End,
	pallet::{Accounts, Assets, Classes, Config, Event, MovedTo, Pallet},
	position::Position,
	types::{Account, ClassCount},
};

/// How far a batch may move a quota from zero: far beyond any number of people, and far from where 64 bits end, so that
/// seats that travel can't overflow.
const MAX_QUOTA: i64 = 1 << 62;

impl<T: Config> Registry for Pallet<T> {
	fn apply_eligibility(number: u64, item: &EligibilityItem) -> Result<(), Refusal> {
		let EligibilityItem { asset, investor, limit_delta, .. } = *item;
		ensure_asset::<T>(asset)?;
		// Exactly this id's record, retired or not: what the oracle says of one id it doesn't say of another.
		let mut position = Position::open::<T>(asset, investor);
		let applied = position.eligibility().applied(item, number, position.holder.used());
		let word = applied.map_err(|reason| reason.refusal).and_then(|word| {
			// After the overflow: of several the lowest number is told, on every chain.
			shape::is_investor(&investor).then_some(word).ok_or(Refusal::Malformed)
		})?;
		let before = position.holder.room();
		position.holder.word = word.pack();
		let room = position.holder.room();
		// A change of class moves the count with it, whatever the quota.
		position.write::<T>();
		Self::deposit_event(Event::EligibilitySet { asset, investor, record: word.record() });
		if limit_delta != 0 {
			// What was promised and not in use: only that much may be granted elsewhere.
			let released = limit_delta.saturating_neg().min(before).max(0).unsigned_abs();
			Self::deposit_event(Event::LimitSet { asset, investor, room, released });
		}
		Ok(())
	}

	fn apply_binding(item: &BindingItem) -> Result<(), Refusal> {
		Self::check_binding(item).into_result()?;
		Self::do_bind(item);
		Ok(())
	}

	fn apply_quota(item: &QuotaItem) -> Result<(), Refusal> {
		let QuotaItem { asset, class, delta } = *item;
		ensure_asset::<T>(asset)?;
		let count = Classes::<T>::get(asset, class);
		let quota = count.quota.saturating_add(delta);
		if !(-MAX_QUOTA..=MAX_QUOTA).contains(&quota) {
			return Err(Refusal::AmountTooLarge);
		}
		let unused = i128::from(count.quota).saturating_sub(count.holders.into());
		let released = i128::from(delta).saturating_neg().min(unused).max(0);
		let released = u64::try_from(released).unwrap_or(u64::MAX);
		Classes::<T>::insert(asset, class, ClassCount { quota, ..count });
		Self::deposit_event(Event::QuotaSet { asset, class, quota, released });
		Ok(())
	}

	fn check_binding(item: &BindingItem) -> RefusalSet {
		let BindingItem { asset, account, investor } = *item;
		let mut refused = RefusalSet::new();
		refused.add_if(!investor.is_zero() && !shape::is_investor(&investor), || shape::malformed(shape::AT_INVESTOR));
		refused.add_if(!shape::is_account(ids::ACCOUNT_ID32, &account), || {
			Refusal::RecipientMalformed.with([ids::to_word(account)])
		});
		if !Assets::<T>::contains_key(asset) {
			refused.add(Refusal::AssetUnknown.with([ids::to_word(asset)]));
			return refused;
		}
		refused.merge(Self::check_account_unused(item));
		refused
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_asset() -> H256 {
		crate::benchmarking::asset::<T>()
	}
}

impl<T: Config> Pallet<T> {
	/// AccountInUse when something ties the account to an investor other than the item's: its balance belongs to lots of
	/// that investor, or a refund may still come back to it. BindingInvalid for an account that was recovered from.
	fn check_account_unused(item: &BindingItem) -> RefusalSet {
		let BindingItem { asset, account, investor } = *item;
		let mut refused = RefusalSet::new();
		let End { account: record, position, .. } = End::open::<T>(asset, account);
		let wanted = Self::standing_for(asset, investor);
		if record.is_bound() {
			let in_use = record.balance > 0 || position.holder.orders > 0;
			refused.add_if(record.investor != wanted && in_use, || {
				Refusal::AccountInUse.with([record.balance.into(), position.holder.in_flight.into()])
			});
		}
		// What its old investor has in flight comes back to the account that it was moved to: only a recovery back to it
		// opens it again.
		refused.add_if(MovedTo::<T>::contains_key(asset, account), || {
			Refusal::BindingInvalid.with([ids::to_word(account)])
		});
		refused
	}

	/// The investor that stands for `investor` today; zero stands for nobody.
	fn standing_for(asset: H256, investor: H256) -> H256 {
		if investor.is_zero() {
			return investor;
		}
		Position::follow::<T>(asset, investor).investor
	}

	/// Binds, rebinds or unbinds a checked account.
	fn do_bind(item: &BindingItem) {
		let BindingItem { asset, account, investor } = *item;
		let record = End::open::<T>(asset, account).account;
		let investor = Self::standing_for(asset, investor);
		if record.investor == investor {
			return;
		}
		Self::know_account(asset, account);
		Accounts::<T>::insert(asset, account, Account { investor, ..record });
		Self::deposit_event(Event::AccountBound { asset, account, investor });
	}
}

fn ensure_asset<T: Config>(asset: H256) -> Result<(), Refusal> {
	if Assets::<T>::contains_key(asset) {
		Ok(())
	} else {
		Err(Refusal::AssetUnknown)
	}
}
