// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

// Named here so that the build makes the artifact of OpenZeppelin's contract, which every deployment needs.
// Its roles in Lockstep: 0 admin, 1 guardian, 2 controller.
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
