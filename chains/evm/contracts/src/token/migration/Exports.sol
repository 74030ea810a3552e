// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {
    AccountRecord,
    AssetRecord,
    DocumentRecord,
    HolderRecord,
    ITokenImport
} from "../../interfaces/ITokenImport.sol";
import {Lots} from "../../libraries/Lots.sol";
import {AccountWord} from "../../libraries/TokenWords.sol";
import {Holding, Words} from "../../libraries/Words.sol";
import {PairRule} from "../../types/Types.sol";
import {ControlBase} from "../controls/ControlBase.sol";

/// @title A token's records as they are stored, for the token that takes them over
abstract contract Exports is ControlBase, ITokenImport {
    /// @inheritdoc ITokenImport
    function exportAccount(address account) external view returns (AccountRecord memory) {
        AccountWord word = _accounts[account];
        return AccountRecord(_toBytes32(word.investor()), word.balance(), uint8(word.flags()), _movedTo(account));
    }

    /// @inheritdoc ITokenImport
    function exportHolder(bytes32 investor) external view returns (HolderRecord memory record) {
        if (!_isInvestor(investor)) return record;
        uint128 id = uint128(uint256(investor));
        Holding memory holding;
        _loadExactly(id, holding);
        record.exists = _isHolder(id);
        (record.free, record.room) = (holding.free, holding.room);
        record.lots = Lots.unpack(_storedLots(holding));
        (record.reserved, record.orders) = (uint8(holding.reserved), uint8(holding.orders));
        record.flags = uint8(holding.flags);
        uint256 word = _place(holding).record;
        record.inFlight = Words.inFlightOf(word);
        record.grant = word - record.inFlight;
        uint256 extra = _place(holding).extra;
        (record.frozen, record.spent) = (Words.frozenOf(extra), Words.spentOf(extra));
        record.spentAt = Words.spentAtOf(extra);
        record.successor = _toBytes32(_successorOf(id));
    }

    /// @inheritdoc ITokenImport
    function exportQuota(uint16 class) external view returns (int64 quota) {
        return _classes[class].quota;
    }

    /// @inheritdoc ITokenImport
    function exportRest() external view returns (AssetRecord memory record) {
        record.terms = _token().info().terms;
        record.pairs = new PairRule[](_pairs.length);
        for (uint256 i; i < record.pairs.length; ++i) {
            uint256 word = _pairs[i];
            record.pairs[i] = PairRule(uint16(word >> 24), uint16(word >> 8), uint8(word));
        }
        (record.velocityCapacity, record.velocityRate) = (_velocity.capacity, _velocity.rate);
        record.documents = new DocumentRecord[](_documentNames.length);
        for (uint256 i; i < record.documents.length; ++i) {
            bytes32 name = _documentNames[i];
            Document memory document = _documents[name];
            record.documents[i] = DocumentRecord(name, document.uri, document.hash, document.updatedAt);
        }
        (record.supply, record.issued, record.redeemed) = (_supply.supply, _issue.issued, _issue.redeemed);
        (record.accounts, record.holders) = (_census.accounts, _census.holders);
    }
}
