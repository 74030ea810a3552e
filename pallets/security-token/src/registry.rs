//! The oracle's items, applied to positions and accounts.

use lockstep_primitives::{
	ids, shape, traits::Registry, BindingItem, EligibilityItem, EligibilityWord, QuotaItem, Refusal,
	RefusalSet,
};
use polkadot_sdk::{frame_system, sp_core::H256};

use crate::{
	pallet::{Accounts, Assets, Classes, Config, Event, Holders, Pallet},
	types::{Account, ClassCount},
};

impl<T: Config> Registry for Pallet<T> {
	fn apply_eligibility(number: u64, item: &EligibilityItem) -> Result<(), Refusal> {
		let EligibilityItem { asset, investor, .. } = *item;
		ensure_asset::<T>(asset)?;
		let mut holder = Holders::<T>::get(asset, investor);
		let applied = EligibilityWord::unpack(holder.word).applied(item, number);
		let word = applied.map_err(|reason| reason.refusal).and_then(|word| {
			// After the overflow: of several the lowest number is told, on every chain.
			shape::is_investor(&investor).then_some(word).ok_or(Refusal::Malformed)
		})?;
		holder.word = word.pack();
		Holders::<T>::insert(asset, investor, holder);
		Self::deposit_event(Event::EligibilitySet { asset, investor, word: holder.word });
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
		let quota = count.quota.checked_add(delta).ok_or(Refusal::AmountTooLarge)?;
		Classes::<T>::insert(asset, class, ClassCount { quota, ..count });
		Self::deposit_event(Event::QuotaSet { asset, class, quota });
		Ok(())
	}

	fn check_binding(item: &BindingItem) -> RefusalSet {
		let BindingItem { asset, account, investor } = *item;
		let mut refused = RefusalSet::new();
		refused.add_if(!investor.is_zero() && !shape::is_investor(&investor), || {
			shape::malformed(shape::AT_INVESTOR)
		});
		refused.add_if(!shape::is_account(ids::ACCOUNT_ID32, &account), || {
			Refusal::RecipientMalformed.with([ids::to_word(account)])
		});
		if !Assets::<T>::contains_key(asset) {
			refused.add(Refusal::AssetUnknown.with([ids::to_word(asset)]));
			return refused;
		}
		let record = Accounts::<T>::get(asset, account).unwrap_or_default();
		if record.is_bound() && record.investor != investor {
			// Its balance belongs to lots of the present investor, and a refund may still come back to it.
			let holder = Holders::<T>::get(asset, record.investor);
			refused.add_if(record.balance > 0 || holder.orders > 0, || {
				Refusal::AccountInUse.with([record.balance.into(), holder.in_flight.into()])
			});
		}
		refused
	}
}

impl<T: Config> Pallet<T> {
	/// Binds, rebinds or unbinds a checked account.
	fn do_bind(item: &BindingItem) {
		let BindingItem { asset, account, investor } = *item;
		let known = Accounts::<T>::get(asset, account);
		let record = known.unwrap_or_default();
		if record.investor == investor {
			return;
		}
		if known.is_none() {
			// A system account of its own, whatever its native balance: one reaped below the deposit would start again
			// with nonce 0, and old extrinsics could be replayed. For the same reason the reference is never given back.
			frame_system::Pallet::<T>::inc_sufficients(&T::AccountId::from(account.0));
		}
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
