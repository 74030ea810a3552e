// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @dev Whom a number stands for by now, zero for itself, and which numbers lead to one.
struct Forwards {
    mapping(uint256 from => uint256) next;
    mapping(uint256 to => uint256[]) before;
}

/// @title Who takes the place of whom
/// @notice For lost accounts and for retired investors alike, one hop: whoever is replaced turns all that led to him to
/// the new one, so that a refund finds its way by one read.
library Forwarding {
    /// @notice How many would lead to `to` if `from` was turned to it.
    function leadingTo(Forwards storage forwards, uint256 from, uint256 to) internal view returns (uint256 count) {
        count = forwards.before[from].length + forwards.before[to].length + 1;
        if (forwards.next[to] == from) --count;
    }

    /// @notice Turns `from`, and all that led to it, to `to`, which itself leads nowhere any more.
    function turn(Forwards storage forwards, uint256 from, uint256 to) internal {
        uint256 target = forwards.next[to];
        if (target != 0) {
            _drop(forwards.before[target], to);
            delete forwards.next[to];
        }
        uint256[] storage before = forwards.before[from];
        for (uint256 i; i < before.length; ++i) {
            lead(forwards, before[i], to);
        }
        delete forwards.before[from];
        lead(forwards, from, to);
    }

    /// @notice Notes that `from` leads to `to` and to nobody else.
    function lead(Forwards storage forwards, uint256 from, uint256 to) internal {
        forwards.next[from] = to;
        forwards.before[to].push(from);
    }

    function _drop(uint256[] storage list, uint256 entry) private {
        uint256 last = list.length - 1;
        for (uint256 i; i < last; ++i) {
            if (list[i] == entry) list[i] = list[last];
        }
        list.pop();
    }
}
