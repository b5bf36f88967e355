"""What kinds of acts gangs have, and the fee that a passenger owes. The acts themselves are in their own files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from moneytrail.simulate.gangs.gang import Gang

ESCROWED, LEGS, DEPOSIT, PREPAID = "escrow", "legs", "deposit", "prepaid"
"""Modes of payment: held until arrival, paid leg by leg, a part before and the rest after, all before."""


@dataclass(slots=True)
class Fee:
    """What one party of passengers owes, and who pays it in Britain where the bank can see it.

    Attributes
    ----------
    payer : int
        The account of the relative or passenger who pays: a customer of ours or of another bank.
    amount : int
        The whole fee in pence.
    mode : str
        One of `ESCROWED`, `LEGS`, `DEPOSIT`, `PREPAID`.
    crossing : int
        Planned time of the crossing in microseconds; it moves when the weather does.
    paid : int
        Pence paid so far.
    """

    payer: int
    amount: int
    mode: str
    crossing: int
    paid: int = 0


class Collection(Protocol):
    """A way to collect fees so that the bank sees it. One lives for some weeks; it pays on what it collects."""

    def agree(self, now: int, fee: Fee) -> None:
        """Take on a fee some days or weeks before its crossing: what the mode asks for before is paid before."""

    def arrived(self, now: int, fee: Fee) -> None:
        """The passengers arrived at `now`: what the mode leaves until then is released or paid, with its delay."""

    def failed(self, now: int, fee: Fee) -> None:
        """No crossing, and no other try: what was paid goes back, where the mode grants that."""


Opening = Callable[[Gang, int, int], Collection]
"""Opens a collection at a time (first argument after the gang) that is to live until another (microseconds)."""

Layering = Callable[[Gang, int, int, int, int], None]
"""``act(gang, now, source, target, amount)``: move pence from one account of the gang to another by a detour."""

Placement = Callable[[Gang, int, int, int], None]
"""``act(gang, now, target, amount)``: bring pence from the cash box into the bank, in the end to `target`."""

Exit = Callable[[Gang, int, int, int], None]
"""``act(gang, now, source, amount)``: take pence out of an account of the gang to an end: paid, spent, hidden."""

Operation = Callable[[Gang, int, int], None]
"""``act(gang, now, crossing)``: buy, move or pay what a crossing needs."""

COMMISSION: Final = (0.03, 0.10)
"""What a broker keeps of a fee that goes through it. Unverified, design."""

GRACE: Final = 14
"""Days after its end that an account still takes fees of those who arrived late; then notes change hands. Design."""
