// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Timing} from "../types/Types.sol";
import {Administration} from "./Administration.sol";
import {BridgeBase} from "./BridgeBase.sol";
import {OracleIntake} from "./OracleIntake.sol";
import {Pausing} from "./Pausing.sol";
import {SignerRotation} from "./SignerRotation.sol";

/// @title The part of a bridge that keeps its records: assets, lanes, pauses, signer sets, the oracle's batches
/// @notice The bridge makes it in its constructor and runs its code on its own storage, because both together pass the
/// size limit of a contract (EIP-170). It is fixed for ever, and has no state or rights of its own.
contract BridgeRegistrar is Administration, Pausing, SignerRotation, OracleIntake {
    constructor(IAccessManager authority_, bytes32 deployment_, bytes32 domain_, Timing memory timing_)
        BridgeBase(authority_, deployment_, domain_, timing_)
    {}
}
