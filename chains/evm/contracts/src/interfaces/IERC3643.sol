// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @title The events of an ERC-3643 token
interface IERC3643Events {
    event RecoverySuccess(address indexed lostWallet, address indexed newWallet, address indexed investorOnchainID);
    event AddressFrozen(address indexed userAddress, bool indexed isFrozen, address indexed owner);
    event TokensFrozen(address indexed userAddress, uint256 amount);
    event TokensUnfrozen(address indexed userAddress, uint256 amount);
}

/// @title What an ERC-3643 token, its identity registry and its compliance answer
/// @notice The token is all three. Identities are pseudonyms that the oracle draws, eligibility is one word beside the
/// holding, and the rules are the token's own: so there is nothing to plug in, and these calls of the standard don't
/// exist here: setName, setSymbol, setOnchainID, setIdentityRegistry, setCompliance (a controller could switch the rules
/// off), and pause and unpause (they belong to the bridge's guardian and admin, and carry bits).
interface IERC3643 {
    /// @notice Zero: an asset has no identity contract.
    function onchainID() external view returns (address);
    function version() external view returns (string memory);
    /// @notice The token itself.
    function identityRegistry() external view returns (address);
    /// @notice The token itself.
    function compliance() external view returns (address);
    /// @notice True while transfers are paused, for this asset or for everything.
    function paused() external view returns (bool);
    /// @notice True when the account or its investor is frozen.
    function isFrozen(address account) external view returns (bool);
    /// @notice How much of the account's balance must stay. Amounts are frozen per investor over all its accounts: an
    /// account is bound by what the others don't hold, so this is balance - max(0, total - frozen), at least 0.
    function getFrozenTokens(address account) external view returns (uint256);
    /// @notice True when `account` holds the asset's controller role.
    function isAgent(address account) external view returns (bool);
}

/// @title The identity registry's part
interface IERC3643Registry {
    /// @notice True when the account may receive now: bound, permitted, not lapsed, the oracle fresh, nothing frozen.
    function isVerified(address account) external view returns (bool);
    /// @notice True when the account is bound to an investor.
    function contains(address account) external view returns (bool);
    /// @notice The investor's pseudonym in the form of an address, equal for all its accounts; zero when unbound. No
    /// contract stands there.
    function identity(address account) external view returns (address);
    /// @notice Always 0: no country is published.
    function investorCountry(address account) external view returns (uint16);
}

/// @title The compliance's part
interface IERC3643Compliance {
    /// @notice Would `from`'s transfer pass every rule now?
    function canTransfer(address from, address to, uint256 amount) external view returns (bool);
}

/// @title The agent's calls of ERC-3643
/// @notice They are the controls of {ITokenControls} with reason 3643 and document 0, for the asset's controller.
/// Lists must be of equal lengths (Malformed(2)); a batch succeeds or fails as a whole.
interface IERC3643Agent {
    function setAddressFrozen(address account, bool freeze) external;
    /// @notice Freezes `amount` more of the holding of the account's investor.
    /// Requirements: SenderUnbound; InsufficientBalance(not frozen yet, amount).
    function freezePartialTokens(address account, uint256 amount) external;
    /// @notice Unfreezes `amount`. Requirements: SenderUnbound; FrozenAmount(frozen) when less is frozen.
    function unfreezePartialTokens(address account, uint256 amount) external;
    function forcedTransfer(address from, address to, uint256 amount) external returns (bool);
    /// @notice Recovers `lost` to `replacement`. `investor` is zero or what `identity(lost)` says, else Malformed(1).
    function recoveryAddress(address lost, address replacement, address investor) external returns (bool);
    /// @notice Issues free tokens.
    function mint(address to, uint256 amount) external;
    /// @notice Redeems free tokens.
    function burn(address account, uint256 amount) external;
    /// @notice Transfers of the caller, who needs no role.
    function batchTransfer(address[] calldata to, uint256[] calldata amounts) external;
    function batchForcedTransfer(address[] calldata from, address[] calldata to, uint256[] calldata amounts) external;
    function batchMint(address[] calldata to, uint256[] calldata amounts) external;
    function batchBurn(address[] calldata accounts, uint256[] calldata amounts) external;
    function batchSetAddressFrozen(address[] calldata accounts, bool[] calldata freeze) external;
    function batchFreezePartialTokens(address[] calldata accounts, uint256[] calldata amounts) external;
    function batchUnfreezePartialTokens(address[] calldata accounts, uint256[] calldata amounts) external;
}
