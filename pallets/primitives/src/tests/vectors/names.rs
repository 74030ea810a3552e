//! Domains, assets, accounts and investors.

use super::cases;
use crate::{
	ids::{asset_id, domain, substrate_bridge, ACCOUNT_EVM, ACCOUNT_ID32},
	shape::{is_account, is_investor},
};

#[test]
fn domains_agree() {
	for case in cases("domains", "domain") {
		let domain = domain(case.text("caip2"), case.hash("bridge"), case.hash("deployment"));
		assert_eq!(domain, case.hash("domain"), "{}", case.name());
	}
}

#[test]
fn asset_ids_agree() {
	for case in cases("domains", "asset") {
		let asset = asset_id(case.hash("homeDomain"), case.hash("issuer"), case.hash("salt"));
		assert_eq!(asset, case.hash("asset"), "{}", case.name());
	}
}

#[test]
fn shapes_of_accounts_and_investors_agree() {
	for case in cases("domains", "account") {
		let account = case.hash("account");
		assert_eq!(is_account(ACCOUNT_EVM, &account), case.flag("evm"), "{}", case.name());
		assert_eq!(is_account(ACCOUNT_ID32, &account), case.flag("accountId32"), "{}", case.name());
	}
	for case in cases("domains", "investor") {
		assert_eq!(is_investor(&case.hash("investor")), case.flag("valid"), "{}", case.name());
	}
}

#[test]
fn the_bridge_pallet_has_its_own_name() {
	let known = polkadot_sdk::sp_io::hashing::keccak_256(b"lockstep/bridge");
	assert_eq!(substrate_bridge().0, known);
}
