"""Draws what happens to signer sets, and signatures that go wrong."""

from __future__ import annotations

from bridge.ledger import Ledger
from bridge.types import Role
from tests.differential.beginnings import Args
from tests.differential.draws import Draws
from tests.differential.scene import SUBSTRATE, Op
from tests.differential.signing import NEWCOMERS, STRANGER, WAYS, address

NO_ROLE = 3


class SignerDraws(Draws):
    """Proposals and what may follow them, near what the book says of the sets at that moment."""

    theme: str

    def _signed(self, args: Args) -> Args:
        """The operation, rarely with signatures that are not what they should be; by the set before more often."""
        about_signers = self.theme == "signers"
        if self._rarely() or (about_signers and self._rarely()):
            args["sign"] = self._random.choice((*WAYS, "previous", "previous"))
        return args

    def _succession(self, role: str) -> Op | None:
        """Sets that can sign no more are replaced, or nothing would ever be delivered again."""
        ledger = self._ledger
        for signing, signers in ledger.signers.items():
            current, pending = signers.sets.current, signers.pending
            if len(current.signers) >= current.threshold or self._random.random() < 0.5:
                continue
            if pending is not None and len(pending.set.signers) >= pending.set.threshold:
                return 4, "activate_signers", role, {"of": int(signing)}
            return 2, "propose_signers", role, {"of": int(signing), **self._set()}
        return None

    @property
    def _ledger(self) -> Ledger:
        return self._world.ledgers[SUBSTRATE]

    def _fitting(self, kind: str) -> str:
        """What of signer sets would mean nothing now mostly becomes what makes it mean something."""
        waits = any(known.pending for known in self._ledger.signers.values())
        replaced = any(known.sets.previous for known in self._ledger.signers.values())
        if kind in ("activate_signers", "cancel_signers") and not waits and not self._rarely():
            return "propose_signers_signed"
        if kind == "retire_signers" and not replaced and not self._rarely():
            return "activate_signers" if waits else "propose_signers"
        return kind

    def _of(self, kind: str = "") -> int:
        """A role; mostly one for which such an act means something."""
        signers = self._ledger.signers
        roles = [int(role) for role, known in signers.items() if kind == "retire" and known.sets.previous]
        roles += [int(role) for role, known in signers.items() if kind == "pending" and known.pending]
        return NO_ROLE if self._rarely() else self._random.choice(roles or [int(role) for role in Role])

    def _set(self) -> Args:
        """Some signers whom nobody struck, and a threshold that is more than half."""
        free = [number for number in NEWCOMERS if address(number) not in self._ledger.struck]
        count = min(len(free), self._random.choice((1, 2, 3, 3, 4, 5)))
        signers = sorted(self._random.sample(free, count))
        return {"signers": signers, "threshold": self._random.randint(count // 2 + 1, max(count, 1))}

    def _propose_signers(self, role: str) -> Args:
        args: Args = {"of": self._of(), **self._set()}
        if self._rarely():
            args["number"] = self._random.choice((-1, 1))
        if self._rarely():
            args["jumbled"] = True
        if self._rarely():
            args["threshold"] = self._random.choice((0, len(args["signers"]) // 2, len(args["signers"]) + 1))
        if self._rarely():
            args["signers"] = self._random.choice(([], [10, 11, 12], [20, 21], list(NEWCOMERS[:26])))
        return args

    def _propose_signers_signed(self, role: str) -> Args:
        return self._signed(self._propose_signers(role))

    def _activate_signers(self, role: str) -> Args:
        return {"of": self._of("pending")}

    _cancel_signers = _activate_signers

    def _retire_signers(self, role: str) -> Args:
        return {"of": self._of("retire")}

    def _strike_signer(self, role: str) -> Args:
        """Mostly one who signs somewhere."""
        of = self._of()
        signers = self._ledger.signers.get(of)
        known: set[bytes] = set()
        if signers is not None and not self._rarely():
            known.update(signers.sets.current.signers)
            known.update(signers.pending.set.signers if signers.pending else ())
        candidates = [number for number in (10, 11, 12, 20, 21, 22, *NEWCOMERS) if address(number) in known]
        return {"of": of, "signer": self._random.choice(candidates or [STRANGER, *NEWCOMERS[:3]])}
