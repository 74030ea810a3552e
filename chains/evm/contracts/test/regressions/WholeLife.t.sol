// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {SecurityToken} from "../../src/SecurityToken.sol";
import {AccountRecord, AssetRecord, HolderRecord, ITokenImport} from "../../src/interfaces/ITokenImport.sol";
import {Words} from "../../src/libraries/Words.sol";
import {FLAG_RETIRED, FLAG_SENDS, SEND} from "../../src/types/Constants.sol";
import {
    BindingItem,
    EligibilityItem,
    InitiateRequest,
    Lot,
    OracleBatch,
    TransferOrder
} from "../../src/types/Types.sol";
import {ControlsBase} from "../controls/ControlsBase.sol";

/// @title Everything that can happen to a token, in any order, and its replacement at the end
/// @notice After every step: positions and balances sum to the supply, each investor's accounts to his position, classes
/// count who holds, the flag for sending says what the record says, and the numbers of records are right. At the end a new
/// token takes over all of it, and every order in flight still ends.
contract WholeLife is ControlsBase {
    uint256 private constant STEPS = 60;
    uint256 private constant PEOPLE = 7;
    uint256 private constant ADDRESSES = 9;

    uint256 private _seed;
    uint64 private _arrived;
    bytes[] private _open;
    Lot[] private _named;

    function _draw(uint256 bound) private returns (uint256) {
        _seed = uint256(keccak256(abi.encode(_seed)));
        return (_seed >> 8) % bound;
    }

    function _person(uint256 i) private pure returns (bytes32) {
        return i == 0 ? ANA : i == 1 ? BEN : i == 2 ? CHO : bytes32(uint256(0x9000 + i));
    }

    function _account(uint256 i) private pure returns (address) {
        return i == 0 ? ana : i == 1 ? ana2 : i == 2 ? ben : i == 3 ? cho : address(uint160(0x7000 + i));
    }

    function _anyone() private returns (bytes32) {
        return _person(_draw(PEOPLE));
    }

    function _somewhere() private returns (address) {
        return _account(_draw(ADDRESSES));
    }

    function _lots() private returns (Lot[] memory lots) {
        uint256 kind = _draw(3);
        if (kind == 0) return lots1(free(1 + _draw(200)));
        if (kind == 1) return lots1(lot(1 + _draw(100), LOCK + _draw(4) * 30 days));
        return lots2(free(1 + _draw(50)), lot(1 + _draw(60), LOCK + _draw(4) * 30 days));
    }

    /// @dev What an investor really holds in one lot or two, so that it can be named.
    function _lotsOf(address account) private returns (Lot[] memory) {
        bytes32 investor = home.token.investorOf(account);
        (uint256 loose,, Lot[] memory lots,,,) = home.token.positionOf(investor);
        delete _named;
        if (loose > 0 && _draw(2) == 0) _named.push(free(1 + _draw(loose)));
        for (uint256 i; i < lots.length; ++i) {
            if (_draw(2) == 0) {
                _named.push(Lot(uint128(1 + _draw(lots[i].amount)), lots[i].acquiredAt, lots[i].unlocksAt));
            }
        }
        return _named;
    }

    function _try(address caller, address target, bytes memory data) private returns (bool done) {
        vm.prank(caller);
        (done,) = target.call(data);
    }

    function _step() private {
        address token = address(home.token);
        uint256 kind = _draw(16);
        if (kind == 0) {
            _try(CONTROL, token, abi.encodeCall(home.token.issue, (_somewhere(), _lots())));
        } else if (kind == 1) {
            _try(_somewhere(), token, abi.encodeCall(home.token.transfer, (_somewhere(), 1 + _draw(300))));
        } else if (kind == 2) {
            _act(abi.encodeCall(controls.forceTransfer, (_somewhere(), _somewhere(), 1 + _draw(200), REASON, DOCUMENT)));
        } else if (kind == 3) {
            _act(abi.encodeCall(controls.recover, (_somewhere(), _somewhere(), REASON, DOCUMENT)));
        } else if (kind == 4 && _draw(3) == 0) {
            _act(abi.encodeCall(controls.replaceInvestor, (_anyone(), _anyone(), REASON, DOCUMENT)));
        } else if (kind == 5) {
            _act(abi.encodeCall(controls.freezeInvestor, (_anyone(), _draw(3) == 0, REASON, DOCUMENT)));
        } else if (kind == 6) {
            _act(abi.encodeCall(controls.freezeAmount, (_anyone(), _draw(2) * _draw(100), REASON, DOCUMENT)));
        } else if (kind == 7) {
            _act(abi.encodeCall(controls.freezeAccount, (_somewhere(), _draw(3) == 0, REASON, DOCUMENT)));
        } else if (kind == 8) {
            address from = _somewhere();
            _act(abi.encodeCall(controls.moveLots, (from, _somewhere(), _lotsOf(from), REASON, DOCUMENT)));
        } else if (kind == 9) {
            address from = _somewhere();
            _act(abi.encodeCall(controls.redeem, (from, _lotsOf(from), REASON, DOCUMENT)));
        } else if (kind <= 11) {
            _leave();
        } else if (kind == 12) {
            _arrive();
        } else if (kind == 13 && _open.length > 0) {
            _end(_draw(_open.length));
        } else if (kind == 14) {
            _oracle();
        } else {
            _warp();
        }
    }

    function _act(bytes memory data) private {
        _try(CONTROL, address(home.token), data);
    }

    function _leave() private {
        address from = _somewhere();
        bytes32 own = home.token.investorOf(from);
        bytes32 to = _draw(3) == 0 ? _anyone() : own;
        InitiateRequest memory request = requestOf(away, to, ana, _lotsOf(from));
        vm.recordLogs();
        if (!_try(from, address(home.bridge), abi.encodeCall(home.bridge.initiate, (request)))) return;
        _open.push(abi.encode(initiatedOrder()));
    }

    function _arrive() private {
        TransferOrder memory order;
        (order.source, order.destination, order.nonce) = (away.domain, home.domain, ++_arrived);
        (order.asset, order.terms, order.sender) = (asset, 1, b32(ana));
        address to = _somewhere();
        order.toInvestor = _draw(4) == 0 ? _anyone() : home.token.investorOf(to);
        bool own = _draw(2) == 0;
        order.fromInvestor = own ? order.toInvestor : _anyone();
        if (order.toInvestor == 0) return;
        order.recipient = b32(to);
        order.lots = own ? _lots() : freeLot(uint128(1 + _draw(100)));
        if (order.fromInvestor == order.toInvestor) order.seat = uint16(_draw(3));
        order.initiatedAt = uint64(block.timestamp);
        order.deadline = uint64(block.timestamp + 1 hours);
        deliver(home, order);
    }

    function _end(uint256 place) private {
        TransferOrder memory order = abi.decode(_open[place], (TransferOrder));
        _open[place] = _open[_open.length - 1];
        _open.pop();
        settle(home, order, uint8(1 + _draw(3)));
    }

    function _oracle() private {
        OracleBatch memory batch = newBatch(home);
        batch.eligibilities = new EligibilityItem[](3);
        for (uint256 i; i < 3; ++i) {
            uint8 permissions = _draw(3) == 0 ? uint8(_draw(8)) : ALL_PERMISSIONS;
            int128 delta = _draw(2) == 0 ? int128(0) : int128(int256(_draw(2000))) - 500;
            batch.eligibilities[i] = EligibilityItem(
                asset, _anyone(), uint64(block.timestamp + 90 days), uint16(_draw(4)), permissions, delta
            );
        }
        batch.bindings = new BindingItem[](2);
        for (uint256 i; i < 2; ++i) {
            batch.bindings[i] = BindingItem(asset, b32(_somewhere()), _draw(4) == 0 ? bytes32(0) : _anyone());
        }
        submit(home, batch);
    }

    function _warp() private {
        vm.warp(block.timestamp + _draw(20 days));
        heartbeat(home);
    }

    function _check() private view {
        ITokenImport book = ITokenImport(address(home.token));
        AssetRecord memory rest = book.exportRest();
        uint256[4] memory counted;
        uint256 sum;
        uint256 known;
        for (uint256 i; i < PEOPLE; ++i) {
            HolderRecord memory record = book.exportHolder(_person(i));
            uint256 total = record.free;
            for (uint256 j; j < record.lots.length; ++j) {
                total += record.lots[j].amount;
            }
            sum += total;
            if (record.exists) ++known;
            if (total + record.inFlight > 0) ++counted[Words.classOf(record.grant)];
            vm.assertTrue((record.inFlight > 0) == (record.orders > 0), "flight");
            bool sends = Words.permissionsOf(record.grant) & SEND != 0;
            vm.assertTrue(sends == (record.flags & FLAG_SENDS != 0), "sends");
            if (record.flags & FLAG_RETIRED != 0) vm.assertEq(total + record.inFlight, 0, "retired");
            uint256 held;
            for (uint256 k; k < ADDRESSES; ++k) {
                bool his = home.token.investorOf(_account(k)) == _person(i);
                if (his) held += home.token.balanceOf(_account(k));
            }
            vm.assertEq(held, total, "accounts of one");
        }
        vm.assertEq(sum, rest.supply, "positions");
        vm.assertEq(known, rest.holders, "records of investors");
        for (uint16 c; c < 4; ++c) {
            vm.assertEq(counted[c], holdersOf(c), "class");
        }
        _checkAccounts(book, rest);
    }

    function _checkAccounts(ITokenImport book, AssetRecord memory rest) private view {
        uint256 sum;
        uint256 known;
        for (uint256 k; k < ADDRESSES; ++k) {
            AccountRecord memory record = book.exportAccount(_account(k));
            sum += record.balance;
            if (record.investor != 0 || record.flags != 0 || record.movedTo != address(0)) ++known;
            if (record.investor == 0) vm.assertEq(record.balance, 0, "unbound");
            else vm.assertEq(record.movedTo, address(0));
        }
        vm.assertEq(sum, rest.supply, "balances");
        vm.assertEq(known, rest.accounts, "records of accounts");
    }

    function _replaceToken() private {
        SecurityToken next = new SecurityToken(address(home.bridge), home.authority, home.controls, paramsOf(1));
        vm.startPrank(ADMIN_);
        home.bridge.pauseAsset(asset, 7);
        home.bridge.replaceToken(asset, next);
        home.bridge.resumeAsset(asset, 7);
        vm.stopPrank();
        ITokenImport importing = ITokenImport(address(next));
        address[] memory accounts = new address[](ADDRESSES);
        for (uint256 i; i < ADDRESSES; ++i) {
            accounts[i] = _account(i);
        }
        bytes32[] memory people = new bytes32[](PEOPLE);
        for (uint256 i; i < PEOPLE; ++i) {
            people[i] = _person(i);
        }
        importing.importHolders(people);
        importing.importAccounts(accounts);
        importing.importRest();
        importing.finishImport();
        home.token = next;
        controls = controlsOf(home);
    }

    /// forge-config: default.fuzz.runs = 24
    function testFuzz_WhateverHappensTheBooksAgreeAndCanBeTakenOver(uint256 seed) external {
        _seed = seed;
        OracleBatch memory batch = newBatch(home);
        batch.bindings = new BindingItem[](3);
        for (uint256 i; i < 3; ++i) {
            batch.bindings[i] = BindingItem(asset, b32(_account(4 + i)), _person(3 + i));
        }
        submit(home, batch);
        for (uint256 i; i < STEPS; ++i) {
            _step();
            _check();
        }
        _replaceToken();
        _check();
        for (uint256 i; i < STEPS / 3; ++i) {
            _step();
            _check();
        }
        while (_open.length > 0) {
            _end(0);
            _check();
        }
    }
}
