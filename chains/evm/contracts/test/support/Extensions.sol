// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {TokenControls} from "../../src/TokenControls.sol";
import {TokenImport} from "../../src/TokenImport.sol";
import {TokenSurface} from "../../src/TokenSurface.sol";

/// @dev The code that every token of a chain falls back to: three contracts, each naming the next.
function makeControls() returns (address) {
    return address(new TokenControls(address(new TokenSurface(address(new TokenImport())))));
}
