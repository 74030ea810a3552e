//! Lanes, assets on lanes, their pauses, and the outcome bits.

use lockstep_eligibility::Pallet as Eligibility;
use lockstep_primitives::{
	ids::{to_word, ACCOUNT_EVM, ACCOUNT_ID32},
	shape, Reason, Refusal, RefusalSet,
};
use lockstep_security_token::Assets;
use polkadot_sdk::sp_core::H256;

use crate::{
	types::{Flow, Lane},
	Config, Event, Flows, Lanes, Outcomes, Pallet,
};

/// Outcomes in one stored value: two bits each in 128.
const OUTCOMES_PER_VALUE: u64 = 64;

/// `Malformed`: a lane to this very chain.
const AT_LANE: u8 = 7;
/// `Malformed`: an unknown kind of accounts.
const AT_ACCOUNT_KIND: u8 = 8;
/// `Malformed`: a least flight above the longest.
const AT_FLIGHT: u8 = 9;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_open_lane(lane: H256, account_kind: u8, min_flight: u64, max_flight: u64) -> Result<(), Reason> {
		let malformed = |at: u8| Err(Refusal::Malformed.with([at.into()]));
		// A lane to oneself would let one nonce stand for an order and its own delivery.
		if lane == Eligibility::<T>::domain() || lane.is_zero() {
			return malformed(AT_LANE);
		}
		if account_kind != ACCOUNT_EVM && account_kind != ACCOUNT_ID32 {
			return malformed(AT_ACCOUNT_KIND);
		}
		if min_flight > max_flight {
			return malformed(AT_FLIGHT);
		}
		Lanes::<T>::mutate(lane, |known| {
			let before = known.unwrap_or(Lane { next_nonce: 1, ..Lane::default() });
			*known = Some(Lane { account_kind, min_flight, max_flight, ..before });
		});
		Self::deposit_event(Event::LaneOpened { lane });
		Ok(())
	}

	pub(crate) fn do_open_asset(allowed: Result<(), Reason>, lane: H256, asset: H256) -> Result<(), Reason> {
		let mut refused = Self::check_lane_open(lane);
		note(&mut refused, allowed);
		refused.add_if(!Assets::<T>::contains_key(asset), || Refusal::AssetUnknown.with([to_word(asset)]));
		refused.into_result()?;
		if !Flows::<T>::contains_key(asset, lane) {
			Flows::<T>::insert(asset, lane, Flow::default());
		}
		Self::deposit_event(Event::AssetOpened { lane, asset });
		Ok(())
	}

	pub(crate) fn do_pause_lane(allowed: Result<(), Reason>, lane: H256, bits: u8) -> Result<(), Reason> {
		Self::change_pause(allowed, lane, bits, |pause| pause | bits)?;
		Self::deposit_event(Event::Paused { scope: lane, bits });
		Ok(())
	}

	pub(crate) fn do_resume_lane(allowed: Result<(), Reason>, lane: H256, bits: u8) -> Result<(), Reason> {
		Self::change_pause(allowed, lane, bits, |pause| pause & !bits)?;
		Self::deposit_event(Event::Resumed { scope: lane, bits });
		Ok(())
	}

	fn change_pause(
		allowed: Result<(), Reason>,
		lane: H256,
		bits: u8,
		change: impl FnOnce(u8) -> u8,
	) -> Result<(), Reason> {
		let mut refused = Self::check_lane_open(lane);
		note(&mut refused, allowed);
		note(&mut refused, shape::check_pause_bits(bits));
		refused.into_result()?;
		Lanes::<T>::mutate(lane, |known| {
			if let Some(known) = known {
				known.pause = change(known.pause);
			}
		});
		Ok(())
	}

	/// LaneUnknown.
	pub(crate) fn check_lane_open(lane: H256) -> RefusalSet {
		let mut refused = RefusalSet::new();
		refused.add_if(!Lanes::<T>::contains_key(lane), || Refusal::LaneUnknown.with([to_word(lane)]));
		refused
	}

	/// Counts on an asset's flow. Callers have found the asset open on the lane.
	pub(crate) fn count_flow(asset: H256, lane: H256, change: impl FnOnce(&mut Flow)) {
		Flows::<T>::mutate(asset, lane, |flow| change(flow.get_or_insert_with(Flow::default)));
	}

	/// Outcome of the order at (source, nonce): 0 none, 1 delivered, 2 rejected, 3 expired.
	pub(crate) fn outcome(source: H256, nonce: u64) -> u8 {
		let bits = Outcomes::<T>::get(source, nonce / OUTCOMES_PER_VALUE);
		((bits >> outcome_shift(nonce)) & 3) as u8
	}

	/// Gives the order at (source, nonce) its outcome. Callers have checked that it has none.
	pub(crate) fn set_outcome(source: H256, nonce: u64, outcome: u8) {
		Outcomes::<T>::mutate(source, nonce / OUTCOMES_PER_VALUE, |bits| {
			*bits |= u128::from(outcome & 3) << outcome_shift(nonce);
		});
	}
}

fn outcome_shift(nonce: u64) -> u32 {
	((nonce % OUTCOMES_PER_VALUE) * 2) as u32
}

/// Adds why something may not be.
pub(crate) fn note(refused: &mut RefusalSet, allowed: Result<(), Reason>) {
	if let Err(reason) = allowed {
		refused.add(reason);
	}
}
