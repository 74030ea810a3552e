//! Everything that can be read, in the ABI of `ILockstepViews`: one decoder serves both kinds of chains.

use alloc::{string::String, vec::Vec};

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolInterface};
use lockstep_eligibility::Pallet as Eligibility;
use lockstep_primitives::{
	abi::{
		bytes32, h256, int, u256, uint, AssetInfo, ILockstepViews as views,
		ILockstepViews::ILockstepViewsCalls as Call, LaneFlow, RateInfo,
	},
	digests::digest_order,
	PendingSet, RefusalSet, Timing,
};
use lockstep_security_token::Pallet as SecurityToken;
use polkadot_sdk::sp_core::H256;

use crate::{types::RateLimit, Config, Flows, Lanes, Orders, Pallet};

impl<T: Config> Pallet<T> {
	/// Answers a call of `ILockstepViews`; None for an unknown selector or malformed arguments.
	pub fn view(data: &[u8]) -> Option<Vec<u8>> {
		let call = Call::abi_decode_validate(data).ok()?;
		Some(match call {
			Call::identity(_) => returns::<views::identityCall>(Self::view_identity()),
			Call::clock(_) => returns::<views::clockCall>(Self::view_clock()),
			Call::signerSet(call) => returns::<views::signerSetCall>(Self::view_signer_set(call.role)),
			Call::assetInfo(call) => returns::<views::assetInfoCall>(Self::view_asset_info(h256(call.asset))),
			Call::supplyOf(call) => returns::<views::supplyOfCall>(Self::view_supply(h256(call.asset))),
			Call::accountOf(call) => {
				returns::<views::accountOfCall>(Self::view_account(h256(call.asset), h256(call.account)))
			},
			Call::positionOf(call) => {
				returns::<views::positionOfCall>(Self::view_position(h256(call.asset), h256(call.investor)))
			},
			Call::eligibilityOf(call) => {
				let word = SecurityToken::<T>::eligibility(h256(call.asset), h256(call.investor));
				returns::<views::eligibilityOfCall>(uint(word))
			},
			Call::quotaOf(call) => {
				let count = SecurityToken::<T>::quota(h256(call.asset), call.class);
				let (quota, holders) = (count.quota, count.holders);
				returns::<views::quotaOfCall>(views::quotaOfReturn { quota, holders })
			},
			Call::limitOf(call) => {
				let (limit, used, room) = SecurityToken::<T>::limit(h256(call.asset), h256(call.investor));
				let (limit, used, room) = (int(limit), U256::from(used), int(room));
				returns::<views::limitOfCall>(views::limitOfReturn { limit, used, room })
			},
			Call::frozenOf(call) => {
				let frozen = SecurityToken::<T>::frozen(h256(call.asset), h256(call.investor));
				returns::<views::frozenOfCall>(U256::from(frozen))
			},
			Call::pairRules(call) => {
				let pairs = SecurityToken::<T>::pair_rules(h256(call.asset));
				returns::<views::pairRulesCall>(pairs.iter().map(Into::into).collect())
			},
			Call::velocityOf(call) => {
				let (capacity, rate) = SecurityToken::<T>::velocity(h256(call.asset));
				let (capacity, rate) = (U256::from(capacity), U256::from(rate));
				returns::<views::velocityOfCall>(views::velocityOfReturn { capacity, rate })
			},
			Call::rateOf(call) => returns::<views::rateOfCall>(Self::view_rate(h256(call.lane), h256(call.asset))),
			Call::movedTo(call) => {
				let target = SecurityToken::<T>::moved_to(h256(call.asset), h256(call.account));
				returns::<views::movedToCall>(bytes32(target))
			},
			Call::successorOf(call) => {
				let successor = SecurityToken::<T>::successor(h256(call.asset), h256(call.investor));
				returns::<views::successorOfCall>(bytes32(successor))
			},
			Call::documentsOf(call) => {
				let names = SecurityToken::<T>::documents(h256(call.asset));
				returns::<views::documentsOfCall>(names.into_iter().map(bytes32).collect())
			},
			Call::documentOf(call) => {
				returns::<views::documentOfCall>(Self::view_document(h256(call.asset), h256(call.name)))
			},
			Call::pendingSigners(call) => returns::<views::pendingSignersCall>(Self::view_pending_signers(call.role)),
			Call::timing(_) => {
				let Timing { delay, grace } = Eligibility::<T>::timing();
				returns::<views::timingCall>(views::timingReturn { delay, grace })
			},
			Call::releaseOf(call) => {
				returns::<views::releaseOfCall>(SecurityToken::<T>::release(h256(call.asset), h256(call.id)))
			},
			Call::laneInfo(call) => returns::<views::laneInfoCall>(Self::view_lane(h256(call.lane))),
			Call::orderAt(call) => {
				let order = Orders::<T>::get(h256(call.lane), call.nonce);
				let id = order.map_or(H256::zero(), |order| digest_order(&order));
				returns::<views::orderAtCall>(bytes32(id))
			},
			Call::outcomeOf(call) => returns::<views::outcomeOfCall>(Self::outcome(h256(call.source), call.nonce)),
			Call::explainTransfer(call) => Self::explain_transfer(&call).abi_encode(),
			Call::explainInitiate(call) => {
				let now = Eligibility::<T>::now();
				let sender = h256(call.sender);
				Self::evaluate_initiate(sender, &(&call.request).into(), now).refused.abi_encode()
			},
			Call::explainDeliver(call) => {
				let now = Eligibility::<T>::now();
				Self::evaluate_deliver(&(&call.order).into(), now).refused.abi_encode()
			},
			Call::explainIssue(call) => Self::explain_issue(&call).abi_encode(),
		})
	}

	fn explain_transfer(call: &views::explainTransferCall) -> RefusalSet {
		SecurityToken::<T>::evaluate_transfer(
			h256(call.asset),
			call.from.0,
			call.to.0,
			u256(call.amount),
			Eligibility::<T>::now(),
		)
		.refused
	}

	fn explain_issue(call: &views::explainIssueCall) -> RefusalSet {
		SecurityToken::<T>::evaluate_issue(
			&T::AccountId::from(call.controller.0),
			h256(call.asset),
			call.account.0,
			call.lots.iter().map(Into::into).collect(),
			Eligibility::<T>::now(),
		)
		.refused
	}

	fn view_identity() -> views::identityReturn {
		let name = Eligibility::<T>::chain_name();
		views::identityReturn {
			caip2: name.caip2,
			bridge: bytes32(name.bridge),
			deployment: bytes32(name.deployment),
			domain: bytes32(Eligibility::<T>::domain()),
		}
	}

	fn view_clock() -> views::clockReturn {
		let clock = Eligibility::<T>::clock();
		views::clockReturn {
			number: clock.number,
			issuedAt: clock.at,
			pause: clock.pause,
			time: Eligibility::<T>::now(),
		}
	}

	/// All zero for a role that has no set.
	fn view_signer_set(role: u8) -> views::signerSetReturn {
		let Some(sets) = Eligibility::<T>::signer_sets(role) else {
			return views::signerSetReturn { id: 0, threshold: 0, signers: Vec::new(), previousId: 0, graceEnds: 0 };
		};
		views::signerSetReturn {
			id: sets.current.id,
			threshold: sets.current.threshold,
			signers: sets.current.signers.iter().map(|signer| signer.0.into()).collect(),
			previousId: sets.previous.map_or(0, |previous| previous.id),
			graceEnds: sets.grace_ends,
		}
	}

	/// All zero when nothing is proposed.
	fn view_pending_signers(role: u8) -> views::pendingSignersReturn {
		let Some(PendingSet { set, eta }) = Eligibility::<T>::pending_signers(role) else {
			return views::pendingSignersReturn { id: 0, threshold: 0, signers: Vec::new(), eta: 0 };
		};
		let signers = set.signers.iter().map(|signer| signer.0.into()).collect();
		views::pendingSignersReturn { id: set.id, threshold: set.threshold, signers, eta }
	}

	/// All zero without limits.
	fn view_rate(lane: H256, asset: H256) -> views::rateOfReturn {
		let flow = Flows::<T>::get(asset, lane).unwrap_or_default();
		let now = Eligibility::<T>::now();
		let info = |limit: RateLimit| RateInfo {
			capacity: U256::from(limit.capacity),
			rate: U256::from(limit.rate),
			available: U256::from(limit.bucket().available(now)),
		};
		views::rateOfReturn { outbound: info(flow.outbound), inbound: info(flow.inbound) }
	}

	/// Empty for an unknown document. Bytes that are no UTF-8 show as replacement characters.
	fn view_document(asset: H256, name: H256) -> views::documentOfReturn {
		let (uri, hash, updated_at) = SecurityToken::<T>::document(asset, name).unwrap_or_default();
		views::documentOfReturn {
			uri: String::from_utf8_lossy(&uri).into_owned(),
			hash: bytes32(hash),
			updatedAt: updated_at,
		}
	}

	/// All zero for an unknown asset.
	fn view_asset_info(asset: H256) -> AssetInfo {
		SecurityToken::<T>::asset(asset).map_or_else(AssetInfo::default, |record| record.params.info(record.pause))
	}

	/// Totals, and the flows of the lanes on which the asset is open, ascending by lane.
	fn view_supply(asset: H256) -> views::supplyOfReturn {
		let supply = SecurityToken::<T>::supply(asset);
		let mut flows: Vec<_> = Flows::<T>::iter_prefix(asset).collect();
		flows.sort_by_key(|(lane, _)| *lane);
		let lanes = flows.into_iter().map(|(lane, flow)| LaneFlow {
			lane: bytes32(lane),
			sent: U256::from(flow.sent),
			refunded: U256::from(flow.refunded),
			arrived: U256::from(flow.arrived),
		});
		views::supplyOfReturn {
			supply: U256::from(supply.supply),
			issued: U256::from(supply.issued),
			redeemed: U256::from(supply.redeemed),
			lanes: lanes.collect(),
		}
	}

	fn view_account(asset: H256, account: H256) -> views::accountOfReturn {
		let record = SecurityToken::<T>::account(asset, account);
		views::accountOfReturn {
			investor: bytes32(record.investor),
			balance: U256::from(record.balance),
			flags: record.flags,
		}
	}

	fn view_position(asset: H256, investor: H256) -> views::positionOfReturn {
		let (holder, lots) = SecurityToken::<T>::position(asset, investor);
		views::positionOfReturn {
			free: U256::from(holder.free),
			inFlight: U256::from(holder.in_flight),
			lots: lots.iter().map(Into::into).collect(),
			reservedLots: holder.reserved,
			orders: holder.orders,
			flags: holder.flags,
		}
	}

	/// All zero for a lane that isn't open.
	fn view_lane(id: H256) -> views::laneInfoReturn {
		let known = Lanes::<T>::get(id);
		let lane = known.unwrap_or_default();
		views::laneInfoReturn {
			open: known.is_some(),
			accountKind: lane.account_kind,
			minFlight: lane.min_flight,
			maxFlight: lane.max_flight,
			nextNonce: lane.next_nonce,
			pause: lane.pause,
		}
	}
}

fn returns<C: SolCall>(values: C::Return) -> Vec<u8> {
	C::abi_encode_returns(&values)
}
