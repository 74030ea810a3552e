//! Rate limits of an asset on a lane: what a stolen quorum, or a mistake, could move before somebody notices.
//!
//! Tokens that leave fill the outbound bucket and the sender's share of it, a quarter, so that one investor can't shut the
//! lane for all. Tokens that arrive fill the inbound one. What flows the other way, or comes back, empties the opposite one
//! once.

use lockstep_primitives::{
	bucket::Overflow,
	ids::{to_word, MAX_AMOUNT},
	shape::{self, AT_RATE},
	Reason, Refusal, RefusalSet,
};
use lockstep_security_token::Pallet as SecurityToken;
use polkadot_sdk::sp_core::H256;

use crate::{
	lanes::note,
	types::{Flow, RateLimit, Spent},
	Config, Event, Flows, Pallet, Shares,
};

/// What the four numbers of a limit are, base units and base units per second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
	pub out_capacity: u128,
	pub out_rate: u128,
	pub in_capacity: u128,
	pub in_rate: u128,
}

impl Limits {
	/// All zero, or all in 1 to 2^96 - 1 with room for what left to come back, and as much again.
	fn are_sound(&self) -> bool {
		let all = [self.out_capacity, self.out_rate, self.in_capacity, self.in_rate];
		if all == [0; 4] {
			return true;
		}
		let in_range = all.iter().all(|number| (1..=MAX_AMOUNT).contains(number));
		in_range && self.in_capacity >= self.out_capacity.saturating_mul(2)
	}
}

impl<T: Config> Pallet<T> {
	/// RateLimited when `sum` is more than may leave now: over the whole limit, or over the share of the sender's investor.
	pub(crate) fn check_rate_out(flow: &Flow, asset: H256, lane: H256, sender: H256, sum: u128, now: u64) -> RefusalSet {
		if !flow.is_limited() {
			return RefusalSet::new();
		}
		let whole = flow.outbound.bucket();
		let investor = SecurityToken::<T>::account(asset, sender).investor;
		// Nobody's account has no share; that it is nobody's is refused elsewhere.
		let share = (!investor.is_zero()).then(|| flow.outbound.share(Shares::<T>::get((asset, lane, investor))));
		let available = share.map_or(u128::MAX, |share| share.available(now)).min(whole.available(now));
		let over = [Some(whole), share].into_iter().flatten().filter_map(|bucket| bucket.check(sum, now).err());
		limited(over.map(|overflow| overflow.wait).max().map(|wait| Overflow { wait, available }))
	}

	/// RateLimited when `sum` is more than may arrive now.
	pub(crate) fn check_rate_in(flow: &Flow, sum: u128, now: u64) -> RefusalSet {
		if !flow.is_limited() {
			return RefusalSet::new();
		}
		limited(flow.inbound.bucket().check(sum, now).err())
	}

	/// Counts what leaves.
	pub(crate) fn spend_out(flow: &mut Flow, asset: H256, lane: H256, investor: H256, sum: u128, now: u64) {
		if flow.is_limited() {
			flow.outbound.spent = spent(flow.outbound.bucket().spent_now(now).saturating_add(sum), now);
			flow.inbound.spent = spent(flow.inbound.bucket().give_back(sum, now), now);
			let limit = flow.outbound;
			Shares::<T>::mutate((asset, lane, investor), |share| {
				*share = spent(limit.share(*share).spent_now(now).saturating_add(sum), now);
			});
		}
	}

	/// Counts what arrives.
	pub(crate) fn spend_in(flow: &mut Flow, sum: u128, now: u64) {
		if flow.is_limited() {
			flow.inbound.spent = spent(flow.inbound.bucket().spent_now(now).saturating_add(sum), now);
			flow.outbound.spent = spent(flow.outbound.bucket().give_back(sum, now), now);
		}
	}

	/// Takes back what left and has returned: the investor that the order names gets its share again.
	pub(crate) fn unspend_out(flow: &mut Flow, asset: H256, lane: H256, investor: H256, sum: u128, now: u64) {
		if flow.is_limited() {
			flow.outbound.spent = spent(flow.outbound.bucket().give_back(sum, now), now);
			let limit = flow.outbound;
			Shares::<T>::mutate_exists((asset, lane, investor), |share| {
				// None: it left before limits were set.
				*share = share.map(|share| spent(limit.share(share).give_back(sum, now), now));
			});
		}
	}

	pub(crate) fn do_set_rate(
		allowed: Result<(), Reason>,
		lane: H256,
		asset: H256,
		limits: Limits,
	) -> Result<(), Reason> {
		let mut refused = Self::check_lane_open(lane);
		note(&mut refused, allowed);
		let flow = Flows::<T>::get(asset, lane);
		refused.add_if(flow.is_none(), || Refusal::AssetUnknown.with([to_word(asset)]));
		refused.add_if(!limits.are_sound(), || shape::malformed(AT_RATE));
		refused.into_result()?;
		if let Some(mut flow) = flow {
			let Limits { out_capacity, out_rate, in_capacity, in_rate } = limits;
			// What passed lately stays: or a change of limits would open the lane for twice as much.
			flow.outbound = RateLimit { capacity: out_capacity, rate: out_rate, ..flow.outbound };
			flow.inbound = RateLimit { capacity: in_capacity, rate: in_rate, ..flow.inbound };
			Flows::<T>::insert(asset, lane, flow);
			Self::deposit_event(Event::RateSet { lane, asset, out_capacity, out_rate, in_capacity, in_rate });
		}
		Ok(())
	}
}

fn limited(overflow: Option<Overflow>) -> RefusalSet {
	overflow
		.map(|Overflow { wait, available }| Refusal::RateLimited.with([wait.into(), available.into()]).into())
		.unwrap_or_default()
}

fn spent(amount: u128, at: u64) -> Spent {
	Spent { amount, at }
}
