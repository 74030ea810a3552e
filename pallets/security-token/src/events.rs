//! What the pallet tells: the whole of every change, so that a register can be kept from events alone.

use polkadot_sdk::frame_support::pallet_macros::pallet_section;

/// The pallet's events.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An asset was registered.
		AssetRegistered {
			/// Its id.
			asset: H256,
			/// Zero: on this chain no contract stands for it.
			token: H256,
		},
		/// The oracle wrote an investor's eligibility.
		EligibilitySet {
			/// The asset.
			asset: H256,
			/// The investor.
			investor: H256,
			/// The word without its limit: what the batch replaced.
			record: U256,
		},
		/// The oracle moved an investor's limit; comes right after its `EligibilitySet`.
		LimitSet {
			/// The asset.
			asset: H256,
			/// The investor.
			investor: H256,
			/// How much more the investor may hold here, base units; negative above the limit.
			room: i128,
			/// How much of a lowered limit was not in use, and may be granted elsewhere.
			released: u128,
		},
		/// An account was bound to an investor, or unbound (investor zero).
		AccountBound {
			/// The asset.
			asset: H256,
			/// The account.
			account: H256,
			/// The investor, or zero.
			investor: H256,
		},
		/// The oracle moved a class's quota.
		QuotaSet {
			/// The asset.
			asset: H256,
			/// The class.
			class: u16,
			/// The quota afterwards.
			quota: i64,
			/// How much of a lowered quota was not in use, and may be granted elsewhere.
			released: u64,
		},
		/// Lots were issued.
		Issued {
			/// The asset.
			asset: H256,
			/// Who holds them.
			investor: H256,
			/// The account credited.
			account: H256,
			/// The free part first, then the locked lots.
			lots: Vec<Lot>,
		},
		/// Tokens moved between two accounts.
		Transferred {
			/// The asset.
			asset: H256,
			/// The sender's account.
			from: H256,
			/// The receiver's account.
			to: H256,
			/// Base units.
			amount: u128,
		},
		/// Due lots became free tokens.
		LotsFolded {
			/// The asset.
			asset: H256,
			/// Whose lots.
			investor: H256,
			/// Their sum, base units.
			amount: u128,
		},
		/// Operations with an asset were stopped.
		Paused {
			/// The asset.
			scope: H256,
			/// The bits named by the call.
			bits: u8,
		},
		/// Operations with an asset may go on.
		Resumed {
			/// The asset.
			scope: H256,
			/// The bits named by the call.
			bits: u8,
		},
		/// Named lots were taken out of existence.
		Redeemed {
			/// The asset.
			asset: H256,
			/// Whose lots.
			investor: H256,
			/// The account debited.
			account: H256,
			/// What was taken: the free part first, then locked lots.
			lots: Vec<Lot>,
			/// The controller's code.
			reason: u16,
			/// Hash of the document that orders it.
			document: H256,
		},
		/// An account was frozen or thawed.
		AccountFrozen {
			/// The asset.
			asset: H256,
			/// The account.
			account: H256,
			/// Whether it is frozen now.
			frozen: bool,
			/// The controller's code.
			reason: u16,
			/// Hash of the document that orders it.
			document: H256,
		},
		/// An investor was frozen or thawed.
		InvestorFrozen {
			/// The asset.
			asset: H256,
			/// The investor.
			investor: H256,
			/// Whether it is frozen now.
			frozen: bool,
			/// The controller's code.
			reason: u16,
			/// Hash of the document that orders it.
			document: H256,
		},
		/// A part of an investor's position was frozen, in place of what was before.
		AmountFrozen {
			/// The asset.
			asset: H256,
			/// The investor.
			investor: H256,
			/// What is frozen now, base units.
			amount: u128,
			/// The controller's code.
			reason: u16,
			/// Hash of the document that orders it.
			document: H256,
		},
		/// The controller moved tokens; tells the reason of the `Transferred` before it.
		ForcedTransfer {
			/// The asset.
			asset: H256,
			/// The account debited.
			from: H256,
			/// The account credited.
			to: H256,
			/// Base units.
			amount: u128,
			/// How much of a frozen part was unfrozen by it, base units.
			unfroze: u128,
			/// The controller's code.
			reason: u16,
			/// Hash of the document that orders it.
			document: H256,
		},
		/// An account's balance and binding went to another account.
		AccountRecovered {
			/// The asset.
			asset: H256,
			/// The account that is nobody's now.
			from: H256,
			/// The account in its place.
			to: H256,
			/// The balance that went, base units.
			amount: u128,
			/// The controller's code.
			reason: u16,
			/// Hash of the document that orders it.
			document: H256,
		},
		/// An investor's id was replaced by another, with everything that belonged to it.
		InvestorReplaced {
			/// The asset.
			asset: H256,
			/// The id that is retired.
			retired: H256,
			/// The id in its place.
			successor: H256,
			/// The controller's code.
			reason: u16,
			/// Hash of the document that orders it.
			document: H256,
		},
		/// Lots moved to another investor with their dates; tells the reason of the `Transferred` before it.
		LotsMoved {
			/// The asset.
			asset: H256,
			/// The account debited.
			from: H256,
			/// The account credited.
			to: H256,
			/// What moved: the free part first, then locked lots.
			lots: Vec<Lot>,
			/// The controller's code.
			reason: u16,
			/// Hash of the document that orders it.
			document: H256,
		},
		/// An early release was announced.
		ReleaseProposed {
			/// The asset.
			asset: H256,
			/// Whose lots.
			investor: H256,
			/// What the proposal is known by.
			id: H256,
			/// From when it may be carried out, UTC seconds.
			eta: u64,
		},
		/// Lots were freed before their time.
		LotsReleased {
			/// The asset.
			asset: H256,
			/// Whose lots.
			investor: H256,
			/// The lots as announced; those that came due meanwhile were free already.
			lots: Vec<Lot>,
			/// The controller's code.
			reason: u16,
			/// Hash of the document that orders it.
			document: H256,
		},
		/// An announced release was called off.
		ReleaseCancelled {
			/// The asset.
			asset: H256,
			/// What the proposal was known by.
			id: H256,
		},
		/// A holder merged own lots.
		LotsMerged {
			/// The asset.
			asset: H256,
			/// Whose lots.
			investor: H256,
			/// The lots named.
			lots: Vec<Lot>,
			/// What they became.
			into: Lot,
		},
		/// A document was published under a name (ERC-1643).
		DocumentUpdated {
			/// The asset.
			asset: H256,
			/// The name.
			name: H256,
			/// Where it can be read.
			uri: Vec<u8>,
			/// Hash of its content.
			hash: H256,
		},
		/// A document was withdrawn (ERC-1643).
		DocumentRemoved {
			/// The asset.
			asset: H256,
			/// The name.
			name: H256,
			/// Where it could be read.
			uri: Vec<u8>,
			/// Hash of its content.
			hash: H256,
		},
		/// How fast an investor may send was set; both zero: as fast as they like.
		VelocitySet {
			/// The asset.
			asset: H256,
			/// At once, base units.
			capacity: u128,
			/// Each second over time, base units.
			rate: u128,
		},
		/// The asset has new terms.
		TermsSet {
			/// The asset.
			asset: H256,
			/// The terms.
			terms: AssetTerms,
		},
		/// The asset has another controller.
		ControllerSet {
			/// The asset.
			asset: H256,
			/// Who may issue and act on holdings now.
			controller: H256,
		},
	}
}
