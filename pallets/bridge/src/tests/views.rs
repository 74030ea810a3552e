use alloy_primitives::{FixedBytes, U256};
use alloy_sol_types::SolCall;
use lockstep_primitives::{
	abi::{self, bytes32, AssetInfo, ILockstepViews as views},
	digests::digest_order,
	ids, EligibilityWord, Refusal,
};
use polkadot_sdk::sp_core::H256;

use crate::mock::*;

/// Asks a view and decodes its answer strictly.
fn ask<C: SolCall>(call: C) -> C::Return {
	let answer = Bridge::view(&call.abi_encode()).expect("a known view");
	C::abi_decode_returns_validate(&answer).expect("the ABI of its returns")
}

#[test]
fn the_chain_names_itself() {
	on_chain(|| {
		let identity = ask(views::identityCall {});
		let domain = ids::domain(&identity.caip2, H256(identity.bridge.0), H256(identity.deployment.0));
		assert_eq!(identity.domain, bytes32(domain));
		assert_eq!(identity.domain, bytes32(Eligibility::domain()));
		assert!(identity.caip2.starts_with("polkadot:") && identity.caip2.len() == 41);
		assert_eq!(identity.bridge, bytes32(ids::substrate_bridge()));
		let clock = ask(views::clockCall {});
		assert_eq!((clock.number, clock.issuedAt, clock.pause, clock.time), (1, NOW, 0, NOW));
	});
}

#[test]
fn signer_sets_are_shown_and_unknown_roles_are_empty() {
	on_chain(|| {
		let set = ask(views::signerSetCall { role: 1 });
		assert_eq!((set.id, set.threshold, set.signers.len()), (1, 2, 3));
		assert_eq!((set.previousId, set.graceEnds), (0, 0));
		assert_eq!(ask(views::signerSetCall { role: 3 }).id, 0);
	});
}

#[test]
fn assets_positions_and_flows_are_shown_as_stored() {
	on_chain(|| {
		let asset = home_with_holder();
		let order = initiate(request(asset, vec![free(30), locked(20, 500)]));
		let asset = bytes32(asset);

		let info = ask(views::assetInfoCall { asset });
		assert_eq!((info.name.as_str(), info.symbol.as_str(), info.terms.terms), ("Share", "SHR", 1));
		assert_eq!(ask(views::assetInfoCall { asset: FixedBytes::ZERO }), AssetInfo::default());

		let supply = ask(views::supplyOfCall { asset });
		assert_eq!((supply.supply, supply.issued, supply.redeemed), (U256::from(100), U256::from(150), U256::ZERO));
		assert_eq!(supply.lanes.len(), 1);
		assert_eq!((supply.lanes[0].lane, supply.lanes[0].sent), (bytes32(LANE), U256::from(50)));

		let account = ask(views::accountOfCall { asset, account: bytes32(bytes(b'a')) });
		assert_eq!((account.investor, account.balance), (bytes32(investor(1)), U256::from(100)));

		let position = ask(views::positionOfCall { asset, investor: bytes32(investor(1)) });
		assert_eq!((position.free, position.inFlight), (U256::from(70), U256::from(50)));
		assert_eq!(position.lots, vec![abi::Lot::from(&locked(30, 500))]);
		assert_eq!((position.reservedLots, position.orders, position.flags), (1, 1, 0));

		let word = ask(views::eligibilityOfCall { asset, investor: bytes32(investor(1)) });
		let word = EligibilityWord::unpack(abi::u256(word));
		assert_eq!((word.valid_until, word.class, word.permissions), (NOW + 86_400, 5, ALL));

		let quota = ask(views::quotaOfCall { asset, class: 5 });
		assert_eq!((quota.quota, quota.holders), (1_000, 1));

		let id = ask(views::orderAtCall { lane: bytes32(LANE), nonce: 1 });
		assert_eq!(id, bytes32(digest_order(&order)));
		assert_eq!(ask(views::orderAtCall { lane: bytes32(LANE), nonce: 2 }), FixedBytes::ZERO);
	});
}

#[test]
fn limits_counts_and_freezes_of_an_investor_are_shown() {
	on_chain(|| {
		let asset = home_with_holder();
		initiate(request(asset, vec![free(30)]));
		let (asset, investor) = (bytes32(asset), bytes32(investor(1)));
		let shown = ask(views::limitOfCall { asset, investor });
		assert_eq!(shown.limit.to_string(), "1000000000000000000");
		assert_eq!((shown.used, shown.room.to_string().as_str()), (U256::from(150), "999999999999999850"));
		lower_limit(H256(asset.0), i128::MIN >> 8);
		let shown = ask(views::limitOfCall { asset, investor });
		assert!(shown.limit.is_negative() && shown.room == shown.limit - abi::int(150));
		assert_eq!(ask(views::frozenOfCall { asset, investor }), U256::ZERO);
		let freeze = SecurityToken::freeze_amount(origin(CONTROLLER), H256(asset.0), H256(investor.0), 40, action());
		assert_eq!(freeze, Ok(()));
		assert_eq!(ask(views::frozenOfCall { asset, investor }), U256::from(40));
		let unknown = ask(views::limitOfCall { asset, investor: FixedBytes::ZERO });
		assert_eq!((unknown.limit, unknown.used, unknown.room), (abi::int(0), U256::ZERO, abi::int(0)));
	});
}

#[test]
fn pair_rules_velocity_documents_and_releases_are_shown() {
	on_chain(|| {
		let id = home_with_holder();
		let asset = bytes32(id);
		assert_eq!(ask(views::pairRulesCall { asset }), vec![]);
		let terms = SecurityToken::asset(id).expect("registered").params.terms;
		let pair = lockstep_primitives::PairRule { from_class: 5, to_class: 6, rule: ids::RULE_RESTART };
		let terms = lockstep_primitives::AssetTerms { terms: 2, ..terms };
		assert_eq!(SecurityToken::set_terms(origin(ADMIN), id, terms, vec![pair]), Ok(()));
		let expected = abi::PairRule { fromClass: 5, toClass: 6, rule: 2 };
		assert_eq!(ask(views::pairRulesCall { asset }), vec![expected]);

		assert_eq!(SecurityToken::set_velocity(origin(ADMIN), id, 70, 3), Ok(()));
		let velocity = ask(views::velocityOfCall { asset });
		assert_eq!((velocity.capacity, velocity.rate), (U256::from(70), U256::from(3)));

		for name in [bytes(b'z'), bytes(b'n')] {
			let set = SecurityToken::set_document(origin(CONTROLLER), id, name, b"ipfs://x".to_vec(), bytes(b'h'));
			assert_eq!(set, Ok(()));
		}
		assert_eq!(ask(views::documentsOfCall { asset }), vec![bytes32(bytes(b'n')), bytes32(bytes(b'z'))]);
		let document = ask(views::documentOfCall { asset, name: bytes32(bytes(b'n')) });
		assert_eq!((document.uri.as_str(), document.hash, document.updatedAt), ("ipfs://x", bytes32(bytes(b'h')), NOW));
		assert_eq!(ask(views::documentOfCall { asset, name: FixedBytes::ZERO }).uri, "");

		let release = ask(views::releaseOfCall { asset, id: FixedBytes::ZERO });
		assert_eq!(release, 0);
	});
}

#[test]
fn where_tokens_went_is_shown() {
	on_chain(|| {
		let id = home_with_holder();
		let (asset, old) = (bytes32(id), bytes32(bytes(b'a')));
		assert_eq!(ask(views::movedToCall { asset, account: old }), FixedBytes::ZERO);
		assert_eq!(SecurityToken::recover(origin(CONTROLLER), id, account(b'a'), account(b'n'), action()), Ok(()));
		assert_eq!(ask(views::movedToCall { asset, account: old }), bytes32(bytes(b'n')));
		assert_eq!(ask(views::successorOfCall { asset, investor: bytes32(investor(1)) }), FixedBytes::ZERO);
		let replaced =
			SecurityToken::replace_investor(origin(CONTROLLER), id, investor(1), investor(9), action());
		assert_eq!(replaced, Ok(()));
		assert_eq!(ask(views::successorOfCall { asset, investor: bytes32(investor(1)) }), bytes32(investor(9)));
		let shown = ask(views::accountOfCall { asset, account: bytes32(bytes(b'n')) });
		assert_eq!((shown.investor, shown.balance), (bytes32(investor(9)), U256::from(150)));
	});
}

#[test]
fn rate_limits_are_shown_with_what_may_pass_now() {
	on_chain(|| {
		let id = home_with_holder();
		let call = views::rateOfCall { lane: bytes32(LANE), asset: bytes32(id) };
		let none = ask(call.clone());
		assert_eq!((none.outbound, none.inbound), (abi::RateInfo::default(), abi::RateInfo::default()));
		assert_eq!(Bridge::set_rate(origin(ADMIN), LANE, id, 100, 2, 200, 3), Ok(()));
		initiate(request(id, vec![free(25)]));
		set_time(NOW + 3);
		let info = |capacity: u64, rate: u64, available: u64| abi::RateInfo {
			capacity: U256::from(capacity),
			rate: U256::from(rate),
			available: U256::from(available),
		};
		let rates = ask(call);
		assert_eq!((rates.outbound, rates.inbound), (info(100, 2, 81), info(200, 3, 200)));
	});
}

#[test]
fn waiting_signers_and_times_are_shown_and_struck_ones_are_not() {
	on_chain(|| {
		let timing = ask(views::timingCall {});
		assert_eq!((timing.delay, timing.grace), (DELAY, GRACE));
		let none = ask(views::pendingSignersCall { role: 1 });
		assert_eq!((none.id, none.threshold, none.signers.len(), none.eta), (0, 0, 0, 0));
		let signers: Vec<_> = next_attestors().into_iter().map(|(address, _)| address).collect();
		let (first, last) = (signers[0], signers[2]);
		let proposal = lockstep_primitives::SignerProposal { role: 1, id: 2, threshold: 2, signers };
		assert_eq!(Eligibility::propose_signers(origin(ADMIN), proposal), Ok(()));
		assert_eq!(Eligibility::strike_signer(origin(ADMIN), 1, first), Ok(()));
		let pending = ask(views::pendingSignersCall { role: 1 });
		assert_eq!((pending.id, pending.threshold, pending.eta), (2, 2, NOW + DELAY));
		assert_eq!((pending.signers.len(), pending.signers[1].0 .0), (2, last.0));
		set_time(NOW + DELAY);
		assert_eq!(Eligibility::activate_signers(origin(ANYONE), 1), Ok(()));
		let set = ask(views::signerSetCall { role: 1 });
		assert_eq!((set.id, set.signers.len(), set.previousId), (2, 2, 1));
		assert_eq!(set.graceEnds, NOW + DELAY + GRACE);
		assert_eq!(Eligibility::retire_signers(origin(ADMIN), 1), Ok(()));
		let set = ask(views::signerSetCall { role: 1 });
		assert_eq!((set.previousId, set.graceEnds), (0, 0));
	});
}

#[test]
fn explain_answers_for_an_issue() {
	on_chain(|| {
		let asset = home_with_holder();
		let call = |controller: u8, lots: Vec<abi::Lot>| views::explainIssueCall {
			asset: bytes32(asset),
			controller: bytes32(bytes(controller)),
			account: bytes32(bytes(b'a')),
			lots,
		};
		let told = ask(call(ANYONE, vec![]));
		let codes: Vec<u16> = told.reasons.iter().map(|reason| reason.code).collect();
		assert_eq!(codes, [12, 30]);
		assert_eq!(ask(call(CONTROLLER, vec![(&free(1)).into()])).set, U256::ZERO);
	});
}

#[test]
fn lanes_and_outcomes_are_shown() {
	on_chain(|| {
		let asset = foreign_asset(ids::RULE_KEEP);
		admit(asset, 1, b'a', ALL);
		assert_eq!(deliver(&incoming(asset, 5, vec![free(1)])), 0);
		assert_eq!(ask(views::outcomeOfCall { source: bytes32(LANE), nonce: 5 }), 1);
		assert_eq!(ask(views::outcomeOfCall { source: bytes32(LANE), nonce: 4 }), 0);
		let lane = ask(views::laneInfoCall { lane: bytes32(LANE) });
		assert_eq!((lane.open, lane.accountKind, lane.nextNonce, lane.pause), (true, 1, 1, 0));
		assert_eq!((lane.minFlight, lane.maxFlight), FLIGHTS);
		assert!(!ask(views::laneInfoCall { lane: FixedBytes::ZERO }).open);
	});
}

#[test]
fn explain_answers_for_transfer_initiate_and_deliver() {
	on_chain(|| {
		let asset = home_with_holder();
		let transfer = ask(views::explainTransferCall {
			asset: bytes32(asset),
			from: bytes32(bytes(b'a')),
			to: bytes32(bytes(b'q')),
			amount: U256::MAX,
		});
		let codes: Vec<u16> = transfer.reasons.iter().map(|reason| reason.code).collect();
		assert_eq!(codes, [5, 43]);
		assert_eq!(transfer.set, U256::from((1u64 << 5) | (1 << 43)));

		let order = incoming(asset, 1, vec![free(5)]);
		let late = abi::TransferOrder { deadline: NOW, ..(&order).into() };
		let told = ask(views::explainDeliverCall { order: late });
		assert_eq!(told.reasons.len(), 1);
		assert_eq!(told.reasons[0].code, Refusal::DeadlinePassed.number());
		assert_eq!(told.reasons[0].a, U256::from(NOW));
		assert_eq!(ask(views::explainDeliverCall { order: (&order).into() }).set, U256::ZERO);

		let request = abi::InitiateRequest {
			asset: bytes32(asset),
			destination: bytes32(LANE),
			toInvestor: bytes32(investor(1)),
			recipient: bytes32(remote_account()),
			lots: vec![(&free(101)).into()],
			deadline: NOW + 100,
		};
		let told = ask(views::explainInitiateCall { sender: bytes32(bytes(b'a')), request });
		assert_eq!(told.reasons.len(), 1);
		let reason = &told.reasons[0];
		assert_eq!((reason.code, reason.a, reason.b), (14, U256::from(100), U256::from(NOW + 500)));
	});
}

#[test]
fn unknown_selectors_and_malformed_arguments_have_no_answer() {
	on_chain(|| {
		assert_eq!(Bridge::view(&[]), None);
		assert_eq!(Bridge::view(&[1, 2, 3, 4]), None);
		let mut call = views::assetInfoCall { asset: FixedBytes::ZERO }.abi_encode();
		call.truncate(20);
		assert_eq!(Bridge::view(&call), None);
		let mut dirty = views::signerSetCall { role: 1 }.abi_encode();
		dirty[4] = 1;
		assert_eq!(Bridge::view(&dirty), None, "a role above 8 bits");
	});
}
