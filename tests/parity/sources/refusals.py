"""The table of refusals as text, and the Solidity error selectors that follow from it."""

from __future__ import annotations

from eth_utils.crypto import keccak

from tests.parity.sources.shapes import Case, hex0, with_counts

TABLE = """
1 Paused(bits) 54
2 LaneUnknown(lane) 50
3 AssetUnknown(asset) 50
4 SenderUnbound(account) 56
5 ReceiverUnbound(account) 57
6 SenderBlocked(permissions) 56
7 SenderFrozen() 56
8 ReceiverFrozen() 57
9 ReceiverNotEligible(permissions) 57
10 EligibilityExpired(since) 57
11 OracleStale(age,maxAge) 54
12 AmountZero() 50
13 InsufficientBalance(available,amount) 52
14 LotsLocked(free,nextUnlock,amount) 55
15 TooManyLots(wouldBe,max) 50
16 LimitExceeded(limit,wouldBe) 57
17 HolderCapReached(class,quota) 57
18 ClassTransferForbidden(fromClass,toClass) 50
19 VelocityExceeded(wait) 50
20 RateLimited(wait,available) 50
21 DeadlinePassed(deadline) 50
22 OrderConsumed(outcome) 50
23 QuorumNotMet(got,need) 58
24 SignerUnknown(signer) 58
25 SignerOrder(index) 58
26 SignatureMalformed(index) 58
27 DomainMismatch(have,need) 50
28 RecipientMalformed(recipient) 57
29 DecimalsMismatch(have,need) 50
30 NotController(account) 58
31 NotGuardian(account) 58
32 NotAdmin(account) 58
33 InFlightUnknown(order) 50
34 BridgeNotPermitted(permissions) 56
35 BatchOutOfOrder(expected) 50
36 ApprovalExpired(expiresAt) 50
37 DeadlineRange(min,max) 50
38 NotYet(at) 50
39 TermsMismatch(have,need) 50
40 TooManyInFlight(max) 50
41 LotUnknown(acquiredAt,unlocksAt,have) 52
42 LotTooSmall(min) 50
43 AmountTooLarge(amount,max) 50
44 AccountInUse(balance,inFlight) 50
45 BindingInvalid(account) 50
46 SignerSetUnknown(set,current) 58
47 FrozenAmount(frozen) 55
48 Malformed(at) 50
49 OverAuthorisedIssue(authorised,wouldBe) 50
"""


def make() -> Case:
    cases = []
    for line in TABLE.split("\n")[1:-1]:
        number, call, status = line.split(" ")
        name, _, rest = call[:-1].partition("(")
        values = [value for value in rest.split(",") if value]
        signature = f"{name}({','.join(['uint256'] * len(values))})"
        cases.append(
            {
                "number": int(number),
                "name": name,
                "values": values,
                "signature": signature,
                "selector": hex0(keccak(text=signature)[:4]),
                "erc1066": int(status, 16),
            }
        )
    return with_counts(refusal=cases)
