// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Refusals} from "../../libraries/Refusals.sol";

/// @title What refusals say to people and to ERC-1066 callers
/// @notice The English sentences are the shorter ones of those that the project shows everywhere. SenderBlocked and
/// ReceiverNotEligible can come from screening: they say what is refused and nothing that would warn or cure.
library RefusalTexts {
    /// @dev ERC-1066 bytes as ERC-1400 uses them: the low nibble of each number's byte, four bits by number from 0. The
    /// high nibble is always 5.
    uint256 private constant STATUS = 0x580000200000060888070888800000770520477766760041;

    string private constant UNKNOWN = "No rule has this number.";

    // By number from 0, each ended by a stroke.
    string private constant TEXTS = "Allowed.|" "Paused here.|" "There is no open lane to that chain.|"
        "The asset is not registered here, or not open on this lane.|"
        "The sending account belongs to no investor for this asset.|"
        "The receiving account is not bound to the receiving investor for this asset.|"
        "The sender may not send this asset.|" "The sender's holding is frozen.|" "The receiver's holding is frozen.|"
        "The receiver may not receive this asset.|" "The receiver's eligibility has expired.|"
        "The last word of the compliance oracle is too old.|" "The amount is zero.|" "The account holds too little.|"
        "Too little of the holding is free; lots are locked.|" "There would be too many lots.|"
        "The receiver would hold more than the limit here.|" "The receiver's class already has its holders here.|"
        "Tokens may not pass between these classes.|" "The sender has moved too much in a short time.|"
        "The lane lets less pass now.|" "The order had to arrive before its deadline.|" "The order has already ended.|"
        "More signatures are needed.|" "A signer is not in the signer set, or signed something else.|"
        "The signatures do not ascend by signer.|" "A signature is not a canonical 65-byte signature.|"
        "The order is for another chain or comes by no open lane.|" "The recipient is no account of the destination.|"
        "The asset has other decimals here.|" "The caller is not the asset's controller.|"
        "The caller is not the guardian.|" "The caller is not the admin.|"
        "No such order is in flight from here; it may be settled already.|"
        "The sender may not move this asset to another chain.|" "Another batch comes first.|"
        "The signed approval expired.|" "The deadline does not lie in the lane's range.|" "Not yet.|"
        "The order was made under another version of the asset's terms.|"
        "Too many orders of this investor are in flight already.|" "A lot holds less than was named.|"
        "A lot for another investor must hold more.|" "The amount is more than can be held.|"
        "The account is in use; binding needs it empty.|" "This account can't be bound like that.|"
        "The signer set is not in force.|" "A part of the holding is frozen.|"
        "A part of the request has no acceptable form.|" "There would be more than is authorised.|";

    /// @notice ERC-1066 byte of a refusal; that of a failure (0x50) for a number that no rule has.
    function status(uint256 code) internal pure returns (bytes1) {
        if (code > Refusals.LAST) return 0x50;
        return bytes1(uint8(0x50 | ((STATUS >> (4 * code)) & 15)));
    }

    /// @notice Sentence of a refusal, "Allowed." for 0.
    function message(uint256 code) internal pure returns (string memory) {
        if (code > Refusals.LAST) return UNKNOWN;
        bytes memory texts = bytes(TEXTS);
        uint256 start;
        for (uint256 i; i < code; ++i) {
            start = _end(texts, start) + 1;
        }
        uint256 length = _end(texts, start) - start;
        bytes memory text = new bytes(length);
        for (uint256 i; i < length; ++i) {
            text[i] = texts[start + i];
        }
        return string(text);
    }

    function _end(bytes memory texts, uint256 place) private pure returns (uint256) {
        while (texts[place] != "|") ++place;
        return place;
    }
}
