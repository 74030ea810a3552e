//! What can be asked of the pallet.

use polkadot_sdk::frame_support::pallet_macros::pallet_section;

/// The pallet's calls. Lists are plain vectors whose bounds the rules check: one element too many is refused with a reason
/// and doesn't die in decoding.
#[pallet_section]
mod calls {
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers an asset, issued by `controller` if this chain is its home.
		///
		/// ## Errors
		///
		/// - `NotAdmin`: the caller is not the admin.
		/// - `AmountTooLarge`: more is authorised than 2^96 - 1 base units.
		/// - `Malformed`: registered already; name or symbol empty, longer than 64 bytes or no UTF-8; terms numbered 0,
		///   more decimals than this chain takes, an unknown pair rule, a Restart without a period, a period over a
		///   hundred years, nothing authorised, or no home domain or issuer.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::register_asset())]
		pub fn register_asset(origin: OriginFor<T>, params: AssetParams, controller: T::AccountId) -> DispatchResult {
			Self::do_register(origin, params, controller).map_err(Self::refuse)
		}

		/// Issues lots to an account: an optional free part `(amount, 0, 0)` first, then locked lots strictly ascending
		/// by (unlocks_at, acquired_at).
		///
		/// ## Errors
		///
		/// - `NotController`: the caller is not the asset's controller.
		/// - `AssetUnknown`, `DomainMismatch`: not registered here, or this is not its home.
		/// - `ReceiverUnbound`, `ReceiverFrozen`, `ReceiverNotEligible`, `EligibilityExpired`, `OracleStale`: the
		///   receiver may not receive now.
		/// - `AmountZero`, `AmountTooLarge`, `Malformed`: the lots' form; a lot already due must be issued free.
		/// - `TooManyLots`: no place for so many.
		/// - `LimitExceeded`, `HolderCapReached`: the receiver's part of the holding cap, or its class's of the holder cap,
		///   would be passed.
		/// - `OverAuthorisedIssue`: more than the terms authorise would be outstanding.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::issue(lots.len() as u32))]
		pub fn issue(origin: OriginFor<T>, asset: H256, account: T::AccountId, lots: Vec<Lot>) -> DispatchResult {
			let caller = ensure_signed(origin)?;
			Self::do_issue(&caller, asset, account.into(), lots).map_err(Self::refuse)
		}

		/// Moves `amount` base units from the caller's account.
		///
		/// To another investor only free tokens go, by the asset's pair rule; to another account of the same investor
		/// locked ones go too.
		///
		/// ## Errors
		///
		/// The lowest number of all failing rules; `explainTransfer` shows all with values.
		///
		/// - `Paused`, `AssetUnknown`, `AmountZero`, `AmountTooLarge`, `InsufficientBalance`.
		/// - `SenderUnbound`, `SenderBlocked`, `SenderFrozen`; `ReceiverUnbound`, `ReceiverFrozen`.
		/// - to another investor: `LotsLocked`, `ReceiverNotEligible`, `EligibilityExpired`, `OracleStale`,
		///   `LimitExceeded`, `HolderCapReached`, `ClassTransferForbidden`, `VelocityExceeded`, `FrozenAmount`, and on
		///   Restart `LotTooSmall` and `TooManyLots`.
		#[pallet::call_index(2)]
		#[pallet::weight(<T as Config>::WeightInfo::transfer())]
		pub fn transfer(origin: OriginFor<T>, asset: H256, to: T::AccountId, amount: u128) -> DispatchResult {
			let caller = ensure_signed(origin)?;
			Self::do_transfer(caller.into(), asset, to.into(), amount.into()).map_err(Self::refuse)
		}

		/// Stops the operations named by `bits` (transfer 1, initiate 2, deliver 4) for one asset.
		///
		/// ## Errors
		///
		/// - `AssetUnknown`: not registered here.
		/// - `NotGuardian`: the caller is neither guardian nor admin.
		#[pallet::call_index(3)]
		#[pallet::weight(<T as Config>::WeightInfo::pause_asset())]
		pub fn pause_asset(origin: OriginFor<T>, asset: H256, bits: u8) -> DispatchResult {
			Self::do_pause_asset(origin, asset, bits).map_err(Self::refuse)
		}

		/// Lets the operations named by `bits` go on for one asset.
		///
		/// ## Errors
		///
		/// - `AssetUnknown`: not registered here.
		/// - `NotAdmin`: the caller is not the admin.
		#[pallet::call_index(4)]
		#[pallet::weight(<T as Config>::WeightInfo::pause_asset())]
		pub fn resume_asset(origin: OriginFor<T>, asset: H256, bits: u8) -> DispatchResult {
			Self::do_resume_asset(origin, asset, bits).map_err(Self::refuse)
		}

		/// Takes named lots of an account out of existence, on any chain. No pause stops a controller.
		///
		/// ## Errors
		///
		/// - `NotController`, `AssetUnknown`; `Malformed` for an action without reason or document.
		/// - `SenderUnbound`, `SenderFrozen`, `InsufficientBalance`, `FrozenAmount`.
		/// - `AmountZero`, `AmountTooLarge`, `Malformed`, `LotsLocked`, `LotUnknown`: the lots.
		#[pallet::call_index(5)]
		#[pallet::weight(<T as Config>::WeightInfo::redeem(lots.len() as u32))]
		pub fn redeem(
			origin: OriginFor<T>,
			asset: H256,
			account: T::AccountId,
			lots: Vec<Lot>,
			action: Action,
		) -> DispatchResult {
			Self::do_redeem(origin, asset, account, &lots, &action).map_err(Self::refuse)
		}

		/// Freezes or thaws one account: nothing leaves or enters it, but refunds still land.
		///
		/// ## Errors
		///
		/// - `NotController`, `AssetUnknown`; `Malformed` for an action without reason or document.
		/// - `RecipientMalformed`: no account.
		#[pallet::call_index(6)]
		#[pallet::weight(<T as Config>::WeightInfo::freeze_account())]
		pub fn freeze_account(
			origin: OriginFor<T>,
			asset: H256,
			account: T::AccountId,
			frozen: bool,
			action: Action,
		) -> DispatchResult {
			Self::do_freeze_account(origin, asset, account, frozen, &action).map_err(Self::refuse)
		}

		/// Freezes or thaws an investor with all its accounts; refunds still land.
		///
		/// ## Errors
		///
		/// - `NotController`, `AssetUnknown`; `Malformed` for an action without reason or document.
		/// - `Malformed`: no investor.
		#[pallet::call_index(7)]
		#[pallet::weight(<T as Config>::WeightInfo::freeze_investor())]
		pub fn freeze_investor(
			origin: OriginFor<T>,
			asset: H256,
			investor: H256,
			frozen: bool,
			action: Action,
		) -> DispatchResult {
			Self::do_freeze_investor(origin, asset, investor, frozen, &action).map_err(Self::refuse)
		}

		/// Freezes `amount` base units of an investor's position, in place of what was frozen of it.
		///
		/// ## Errors
		///
		/// - `NotController`, `AssetUnknown`; `Malformed` for an action without reason or document.
		/// - `Malformed`: no investor. `AmountTooLarge`: more than any issue.
		#[pallet::call_index(8)]
		#[pallet::weight(<T as Config>::WeightInfo::freeze_investor())]
		pub fn freeze_amount(
			origin: OriginFor<T>,
			asset: H256,
			investor: H256,
			amount: u128,
			action: Action,
		) -> DispatchResult {
			Self::do_freeze_amount(origin, asset, investor, amount, &action).map_err(Self::refuse)
		}

		/// Moves tokens as a court or a regulator orders. No cap, lock, freeze or pair rule stops it: free tokens go first, then
		/// locked lots with their times, and a frozen part is unfrozen as far as needed.
		///
		/// ## Errors
		///
		/// - `NotController`, `AssetUnknown`; `Malformed` for an action without reason or document.
		/// - `SenderUnbound`, `ReceiverUnbound`, `ReceiverNotEligible`: the receiver's record doesn't let it receive at all.
		/// - `AmountZero`, `AmountTooLarge`, `InsufficientBalance`.
		#[pallet::call_index(9)]
		#[pallet::weight(<T as Config>::WeightInfo::force_transfer())]
		pub fn force_transfer(
			origin: OriginFor<T>,
			asset: H256,
			from: T::AccountId,
			to: T::AccountId,
			amount: u128,
			action: Action,
		) -> DispatchResult {
			Self::do_force_transfer(origin, asset, from, to, amount, &action).map_err(Self::refuse)
		}

		/// Moves a lost account's whole balance and its binding to another account of the investor, or a new one. What is sent
		/// to the old account later follows.
		///
		/// ## Errors
		///
		/// - `NotController`, `AssetUnknown`; `Malformed` for an action without reason or document.
		/// - `SenderUnbound`: nobody's account. `RecipientMalformed`, `Malformed`: no account, the same, or more than 32 accounts
		///   would lead to it.
		/// - `BindingInvalid`: the other account belongs to another investor, or was recovered from one.
		#[pallet::call_index(10)]
		#[pallet::weight(<T as Config>::WeightInfo::recover())]
		pub fn recover(
			origin: OriginFor<T>,
			asset: H256,
			from: T::AccountId,
			to: T::AccountId,
			action: Action,
		) -> DispatchResult {
			Self::do_recover(origin, asset, from, to, &action).map_err(Self::refuse)
		}

		/// Puts one investor id in the place of another, with everything held, locked, in flight, frozen and granted.
		///
		/// ## Errors
		///
		/// - `NotController`, `AssetUnknown`; `Malformed` for an action without reason or document.
		/// - `Malformed`: no investors, the same, one of them retired already, or more than 32 ids would lead to one.
		/// - `TooManyInFlight`, `TooManyLots`: what both have in flight could not come back to one position.
		#[pallet::call_index(11)]
		#[pallet::weight(<T as Config>::WeightInfo::replace_investor())]
		pub fn replace_investor(
			origin: OriginFor<T>,
			asset: H256,
			retired: H256,
			successor: H256,
			action: Action,
		) -> DispatchResult {
			Self::do_replace_investor(origin, asset, retired, successor, &action).map_err(Self::refuse)
		}

		/// Moves named lots to another investor with their dates: a gift, an estate, a pledge.
		///
		/// ## Errors
		///
		/// - `NotController`, `AssetUnknown`; `Malformed` for an action without reason or document.
		/// - `SenderUnbound`, `SenderBlocked`, `SenderFrozen`, `InsufficientBalance`, `FrozenAmount`.
		/// - `ReceiverUnbound`, `ReceiverFrozen`, `ReceiverNotEligible`, `EligibilityExpired`, `OracleStale`, `LimitExceeded`,
		///   `HolderCapReached`.
		/// - `AmountZero`, `AmountTooLarge`, `LotsLocked`, `LotUnknown`, `Malformed`: the lots, or the investor is the same.
		#[pallet::call_index(12)]
		#[pallet::weight(<T as Config>::WeightInfo::move_lots(lots.len() as u32))]
		pub fn move_lots(
			origin: OriginFor<T>,
			asset: H256,
			from: T::AccountId,
			to: T::AccountId,
			lots: Vec<Lot>,
			action: Action,
		) -> DispatchResult {
			Self::do_move_lots(origin, asset, from, to, &lots, &action).map_err(Self::refuse)
		}

		/// Announces that locked lots of an investor shall become free before their time, once the chain's delay is over.
		///
		/// ## Errors
		///
		/// - `NotAdmin`, `AssetUnknown`.
		/// - `AmountZero`, `AmountTooLarge`, `Malformed`: the lots (locked ones by name only), the investor, the action; or it is
		///   announced already.
		#[pallet::call_index(13)]
		#[pallet::weight(<T as Config>::WeightInfo::propose_release(lots.len() as u32))]
		pub fn propose_release(
			origin: OriginFor<T>,
			asset: H256,
			investor: H256,
			lots: Vec<Lot>,
			action: Action,
		) -> DispatchResult {
			Self::do_propose_release(origin, asset, investor, &lots, &action).map_err(Self::refuse)
		}

		/// Frees the lots of an announced release. Lots that came due meanwhile are free already.
		///
		/// ## Errors
		///
		/// - `NotAdmin`, `AssetUnknown`; `Malformed`: not announced, with just these words.
		/// - `NotYet`: the delay is not over. `LotUnknown`: a lot is gone or smaller.
		#[pallet::call_index(14)]
		#[pallet::weight(<T as Config>::WeightInfo::release_lots(lots.len() as u32))]
		pub fn release_lots(
			origin: OriginFor<T>,
			asset: H256,
			investor: H256,
			lots: Vec<Lot>,
			action: Action,
		) -> DispatchResult {
			Self::do_release_lots(origin, asset, investor, &lots, &action).map_err(Self::refuse)
		}

		/// Calls an announced release off.
		///
		/// ## Errors
		///
		/// - `NotGuardian`: the caller is neither guardian nor admin. `Malformed`: no such announcement.
		#[pallet::call_index(15)]
		#[pallet::weight(<T as Config>::WeightInfo::cancel_release())]
		pub fn cancel_release(origin: OriginFor<T>, asset: H256, id: H256) -> DispatchResult {
			Self::do_cancel_release(origin, asset, id).map_err(Self::refuse)
		}

		/// Merges the caller's own locked lots, each named whole, into one with the latest of their times.
		///
		/// ## Errors
		///
		/// - `Paused`, `AssetUnknown`, `SenderUnbound`.
		/// - `AmountZero`, `AmountTooLarge`, `Malformed`: fewer than two, or not by name. `LotUnknown`: not there as named.
		#[pallet::call_index(16)]
		#[pallet::weight(<T as Config>::WeightInfo::merge_lots(lots.len() as u32))]
		pub fn merge_lots(origin: OriginFor<T>, asset: H256, lots: Vec<Lot>) -> DispatchResult {
			Self::do_merge_lots(origin, asset, &lots).map_err(Self::refuse)
		}

		/// Publishes a document under a name, or another version of it (ERC-1643). At most 32 names.
		///
		/// ## Errors
		///
		/// - `NotController`, `AssetUnknown`.
		/// - `Malformed`: no name, hash or address; an address over 256 bytes; a 33rd document.
		#[pallet::call_index(17)]
		#[pallet::weight(<T as Config>::WeightInfo::set_document(uri.len() as u32))]
		pub fn set_document(origin: OriginFor<T>, asset: H256, name: H256, uri: Vec<u8>, hash: H256) -> DispatchResult {
			Self::do_set_document(origin, asset, name, uri, hash).map_err(Self::refuse)
		}

		/// Withdraws a document.
		///
		/// ## Errors
		///
		/// - `NotController`, `AssetUnknown`; `Malformed`: no document of that name.
		#[pallet::call_index(18)]
		#[pallet::weight(<T as Config>::WeightInfo::remove_document())]
		pub fn remove_document(origin: OriginFor<T>, asset: H256, name: H256) -> DispatchResult {
			Self::do_remove_document(origin, asset, name).map_err(Self::refuse)
		}

		/// Sets how fast each investor may send to others: `capacity` base units at once and `rate` each second over time. Both
		/// zero: as fast as they like.
		///
		/// ## Errors
		///
		/// - `NotAdmin`, `AssetUnknown`; `Malformed`: one of them zero, or more than any issue.
		#[pallet::call_index(19)]
		#[pallet::weight(<T as Config>::WeightInfo::set_velocity())]
		pub fn set_velocity(origin: OriginFor<T>, asset: H256, capacity: u128, rate: u128) -> DispatchResult {
			Self::do_set_velocity(origin, asset, Velocity { capacity, rate }).map_err(Self::refuse)
		}

		/// Gives the asset its next terms, with all exceptions from its pair rule. Orders made under the old ones are refused
		/// elsewhere, so drain the lanes first.
		///
		/// ## Errors
		///
		/// - `NotAdmin`, `AssetUnknown`, `AmountTooLarge`.
		/// - `DecimalsMismatch`: other decimals than the asset has.
		/// - `Malformed`: not the next version, or anything that [`Pallet::register_asset`] would refuse; more than
		///   32 exceptions, not strictly ascending, of unknown kinds, or a Restart without a period.
		#[pallet::call_index(20)]
		#[pallet::weight(<T as Config>::WeightInfo::set_terms(pairs.len() as u32))]
		pub fn set_terms(origin: OriginFor<T>, asset: H256, terms: AssetTerms, pairs: Vec<PairRule>) -> DispatchResult {
			Self::do_set_terms(origin, asset, terms, pairs).map_err(Self::refuse)
		}

		/// Names who issues and acts on holdings.
		///
		/// ## Errors
		///
		/// - `NotAdmin`, `AssetUnknown`.
		#[pallet::call_index(21)]
		#[pallet::weight(<T as Config>::WeightInfo::set_controller())]
		pub fn set_controller(origin: OriginFor<T>, asset: H256, controller: T::AccountId) -> DispatchResult {
			Self::do_set_controller(origin, asset, controller).map_err(Self::refuse)
		}
	}
}
