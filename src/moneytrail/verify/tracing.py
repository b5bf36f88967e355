"""The verdict on a trace: its proof replayed, penny by penny, from the statements that it shows.

What a proof cannot show by itself: whether the seeds are proceeds of crime, whether the statements are the bank's (hold
them to the ledger), and which rule applies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from moneytrail.verify.funds import share_funds, solve_funds
from moneytrail.verify.money import IN_ORDER, Replay, Statements, Transfer, replay
from moneytrail.verify.proofs import PARTS, Proof
from moneytrail.verify.rule import Check

NOT_CHECKABLE: Final = (
    "whether a transfer that is shown as taking another back did so: hold the proof to the ledger",
    "whether the seeds are proceeds of crime",
    "whether the statements are the bank's, and whole: hold the proof to the ledger",
    "which rule a court applies",
)


@dataclass(frozen=True, slots=True)
class TraceVerdict:
    """What the checker says of a proof.

    Attributes
    ----------
    confirmed : bool
        Whether every check holds.
    checks : tuple of Check
        In order. After a check of form fails nothing is replayed.
    not_checkable : tuple of str
        What the proof cannot show.
    """

    confirmed: bool
    checks: tuple[Check, ...]
    not_checkable: tuple[str, ...] = NOT_CHECKABLE

    @property
    def refusals(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.held)


def verify_trace(proof: Proof) -> TraceVerdict:
    """Replay a trace from its proof.

    Returns
    -------
    TraceVerdict
        Cost: about linear in the transfers shown, for each rule.
    """
    checks = list(_check_form(proof))
    if all(check.held for check in checks):
        replayed = {rule: replay(proof.statements, rule) for rule in proof.rules if rule in IN_ORDER}
        first = next(iter(replayed.values()), None) or replay(proof.statements, IN_ORDER[0])
        balances = _balances(proof.statements)
        for rule in proof.rules:
            if rule in IN_ORDER:
                checks += _check_in_order(proof, rule, replayed[rule])
            elif rule == "pari_passu":
                checks += _check_end_point(proof, balances)
            else:
                checks += _check_poison(proof, balances, first)
    return TraceVerdict(all(check.held for check in checks), tuple(checks))


def _check_form(proof: Proof) -> Iterator[Check]:
    """Whether the statements are such that money can be followed through them."""
    known, transfers = proof.statements, proof.statements.transfers
    place = {one.transaction_id: number for number, one in enumerate(transfers)}
    yield Check("once", len(place) == len(transfers), f"{len(transfers):,} transfers, {len(place):,} different ids")
    late = [b for a, b in pairwise(transfers) if b.booked_at < a.booked_at]
    yield Check("order", not late, f"transfer {late[0].transaction_id} is too late" if late else "in order of booking")
    absent = sorted(known.seeds - place.keys())
    said = f"seed {absent[0]} is not shown" if absent else f"{len(known.seeds):,} seeds are shown"
    yield Check("seeds", bool(known.seeds) and not absent, said if known.seeds else "there is no seed")
    yield Check("floor", known.floor >= 0, f"{known.floor} minor units")
    told = proof.accounts | known.outside
    stray = [
        one.transaction_id
        for one in transfers
        if not {one.transaction_id, known.reversals.get(one.transaction_id)} & known.seeds
        and one.debtor not in proof.accounts
        and one.creditor not in proof.accounts
    ]
    yield Check(
        "statements",
        not stray,
        f"transfer {stray[0]} is of no account that is told of" if stray else f"of {len(told):,} accounts",
    )
    wrong = [later for later, earlier in known.reversals.items() if not _takes_back(transfers, place, later, earlier)]
    twice = len(set(known.reversals.values())) < len(known.reversals)
    twice = twice or not known.reversals.keys().isdisjoint(known.reversals.values())
    fine = not wrong and not twice
    said = f"{len(known.reversals):,} pairs" if fine else f"{wrong[0] if wrong else 'one'} does not take another back"
    yield Check("reversals", fine, said)


def _takes_back(transfers: Sequence[Transfer], place: Mapping[str, int], later: str, earlier: str) -> bool:
    if not (later in place and earlier in place and place[earlier] < place[later]):
        return False
    back, first = transfers[place[later]], transfers[place[earlier]]
    swapped = (back.debtor, back.creditor) == (first.creditor, first.debtor) and None not in (
        back.debtor,
        back.creditor,
    )
    return swapped and back.amount == first.amount > 0


def _balances(known: Statements) -> dict[str, int]:
    """Balances at the end. Where no opening balance is known an account is never overdrawn."""
    found = dict(known.openings)
    for _, _, debtor, creditor, amount in known.transfers:
        if debtor == creditor:
            continue
        if debtor is not None:
            left = found.get(debtor, 0) - amount
            found[debtor] = left if debtor in known.openings else max(0, left)
        if creditor is not None:
            found[creditor] = found.get(creditor, 0) + amount
    return found


def _differences(claimed: Mapping[str, Sequence[int | None]], found: Mapping[str, tuple[int, int | None]]) -> list[str]:
    """Whose figures are not those that were found; nothing told means nothing there."""
    names = {*claimed, *found}
    return sorted(name for name in names if tuple(claimed.get(name, (0, 0))) != tuple(found.get(name, (0, 0))))


def _compared(rule: str, what: str, claimed: Mapping[str, Sequence[int | None]], found: Mapping[str, Any]) -> Check:
    wrong = _differences(claimed, found)
    if not wrong:
        return Check(f"{rule}: {what}", True, f"{len(found):,} to the minor unit")
    name = wrong[0]
    told, was = claimed.get(name, (0, 0)), found.get(name, (0, 0))
    return Check(
        f"{rule}: {what}",
        False,
        f"{name} is said to hold {told[0]} tainted, {told[1]} unknown; it holds {was[0]}, {was[1]}",
    )


def _check_in_order(proof: Proof, rule: str, now: Replay) -> Iterator[Check]:
    known = proof.statements
    untold = sorted(now.touched.keys() - proof.accounts)
    said = (
        f"{untold[0]} is reached, and its statement is not shown"
        if untold
        else f"{len(now.touched):,} accounts reached"
    )
    yield Check(f"{rule}: whole", not untold, said)
    held = {
        name: now.of(name) for name in (now.touched.keys() | (known.outside & now.held.keys())) if any(now.of(name))
    }
    yield _compared(rule, "accounts", proof.held[rule], held)
    carried = {name: pair for name, pair in now.carried.items() if any(pair)}
    yield _compared(rule, "transfers", proof.carried[rule], carried)
    found = {
        "seeded": now.seeded,
        "withdrawn": now.withdrawn,
        "in_accounts": sum(now.of(name)[0] for name in now.touched),
        "other_banks": sum(now.of(name)[0] for name in known.outside),
        "cash": now.cash,
        "overdrafts": now.overdrafts,
        "dropped": now.dropped,
        "rounding": 0,
    }
    yield from _check_totals(proof, rule, found)


def _check_totals(proof: Proof, rule: str, found: Mapping[str, int]) -> Iterator[Check]:
    told = proof.totals[rule]
    wrong = [name for name, value in found.items() if told[name] != value]
    said = f"{wrong[0]} is said to be {told[wrong[0]]}, and is {found[wrong[0]]}" if wrong else "to the minor unit"
    yield Check(f"{rule}: totals", not wrong, said)
    parts = sum(found[name] for name in PARTS)
    yield Check(f"{rule}: no penny lost or made", found["seeded"] == parts, f"{found['seeded']} seeded, {parts} found")


def _check_end_point(proof: Proof, balances: Mapping[str, int]) -> Iterator[Check]:
    """Each debit and the rest of an account carry one ratio: that of the tainted part of its fund."""
    known, rule = proof.statements, "pari_passu"
    now = share_funds(proof, balances)
    if now.impossible:
        account, whole = now.impossible
        said = f"{account} is said to have {proof.funds[account]} tainted in a fund of {whole}"
        yield Check(f"{rule}: funds", False, said)
        return
    untold = sorted(now.came.keys() - proof.accounts)
    said = (
        f"{untold[0]} is reached, and its statement is not shown" if untold else f"{len(now.came):,} accounts reached"
    )
    yield Check(f"{rule}: whole", not untold, said)
    # A fund is solved for in fractions, and each transfer into it is rounded: a minor unit for each may be amiss.
    amiss = [a for a in now.came if abs(now.came[a] - proof.funds.get(a, 0)) > 1 + now.arrivals.get(a, 0)]
    said = "agree with what came in"
    if amiss:
        said = f"{amiss[0]} was paid {now.came[amiss[0]]} tainted, and its fund has {proof.funds.get(amiss[0], 0)}"
    yield Check(f"{rule}: funds", not amiss, said)
    yield _check_solved(proof, balances, now.arrivals)
    abroad = {name: value for name, value in now.reached.items() if name in known.outside}
    held = {name: (value, None) for name, value in (now.left | abroad).items() if value}
    yield _compared(rule, "accounts", proof.held[rule], held)
    carried = {name: (value, None) for name, value in now.carried.items() if value}
    yield _compared(rule, "transfers", proof.carried[rule], carried)
    found = {
        "seeded": now.seeded,
        "withdrawn": 0,
        "in_accounts": sum(now.left.values()),
        "other_banks": sum(abroad.values()),
        "cash": now.reached.get(None, 0),
        "overdrafts": now.lent,
        "dropped": 0,
        "rounding": sum(now.came.values()) - sum(proof.funds.values()),
    }
    yield from _check_totals(proof, rule, found)


def _check_solved(proof: Proof, balances: Mapping[str, int], arrivals: Mapping[str | None, int]) -> Check:
    """Whether the funds are those that the equations give: in a ring, what agrees with itself may still be too much."""
    solved = solve_funds(proof, balances)
    if solved is None:
        return Check(
            "pari_passu: equations", False, "money went round too often to solve them: no figure by this rule holds"
        )
    amiss = [a for a, value in solved.items() if abs(value - proof.funds.get(a, 0)) > 1 + arrivals.get(a, 0)]
    if not amiss:
        return Check("pari_passu: equations", True, f"{len(solved):,} funds as they give")
    name = amiss[0]
    return Check("pari_passu: equations", False, f"{name} has {proof.funds.get(name, 0)}; they give {solved[name]:.2f}")


def _check_poison(proof: Proof, balances: Mapping[str, int], first: Replay) -> Iterator[Check]:
    """The whole balance of every account that tainted money reached, and all that it paid from then on."""
    known = proof.statements
    held = {name: (balances[name], None) for name in first.touched if balances.get(name, 0) > 0}
    carried: dict[str, tuple[int, None]] = {}
    reached: set[str] = set()
    for one in known.transfers:
        name, _, debtor, creditor, amount = one
        if not amount or debtor == creditor:
            continue
        if name in known.seeds or debtor in reached:
            carried[name] = amount, None
            if creditor in known.outside:
                held[creditor] = held.get(creditor, (0, None))[0] + amount, None
        if creditor is not None and first.touched.get(creditor) == name:
            reached.add(creditor)
    yield _compared("poison", "accounts", proof.held["poison"], held)
    yield _compared("poison", "transfers", proof.carried["poison"], carried)
