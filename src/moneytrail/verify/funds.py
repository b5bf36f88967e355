"""The end-point rule once more: every debit of an account, and what is left, carries the ratio of its fund."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from moneytrail.verify.money import Statements, Transfer, nearest
from moneytrail.verify.proofs import Proof


@dataclass(slots=True)
class Shares:
    """Where the money is, given the tainted part of each fund.

    Attributes
    ----------
    carried : Counter
        Tainted money in each transfer as it arrived.
    left : dict
        By account, what is left.
    lent : int
        What repaid overdrafts.
    seeded : int
        What seeds made tainted.
    reached : Counter
        By account, what arrived there; ``None`` is cash.
    arrivals : Counter
        By account, how many transfers may have brought it, be it less than half a minor unit each.
    came : dict
        What arrived at each account of this bank.
    impossible : tuple or None
        An account whose fund is smaller than its tainted part, and the fund.
    """

    carried: Counter[str] = field(default_factory=Counter)
    left: dict[str, int] = field(default_factory=dict)
    lent: int = 0
    seeded: int = 0
    reached: Counter[str | None] = field(default_factory=Counter)
    arrivals: Counter[str | None] = field(default_factory=Counter)
    came: dict[str, int] = field(default_factory=dict)
    impossible: tuple[str, int] | None = None


STEADY, NEAR, MOST_WORK = 16, 1e-2, 50_000_000


def solve_funds(proof: Proof, balances: Mapping[str, int]) -> dict[str, float] | None:
    """The tainted part of each fund, from the equations themselves: what came in, at each payer's ratio.

    By passing on what has not been passed on yet, all payments of one account to another at once; ``None`` when money
    goes round so often that this takes too long.
    """
    known = proof.statements
    struck = {*known.reversals, *known.reversals.values()}
    repaid = _repaid(known)
    paid: dict[str, Counter[str]] = {}
    whole: Counter[str] = Counter()
    waiting: dict[str, float] = {}
    for name, _, debtor, creditor, amount in known.transfers:
        if name in struck or debtor == creditor:
            continue
        inside = creditor in proof.accounts
        if debtor in proof.accounts:
            whole[str(debtor)] += amount
            if inside and name not in known.seeds:
                paid.setdefault(str(debtor), Counter())[str(creditor)] += amount
        if inside and name in known.seeds:
            waiting[str(creditor)] = waiting.get(str(creditor), 0.0) + amount
    for account in proof.accounts:
        whole[account] += repaid.get(account, 0) + max(0, balances.get(account, 0))
    came = dict.fromkeys(proof.accounts, 0.0)
    near, sweep, work = NEAR, 0, 0
    while work < MOST_WORK:
        moving = [account for account, value in waiting.items() if value > near]
        sweep += 1
        if not moving:
            tight = NEAR / max(1, sweep // STEADY)
            if near <= tight:
                return {account: came[account] + waiting.get(account, 0.0) for account in came}
            near = tight
        for account in moving:
            fresh = waiting.pop(account)
            came[account] += fresh
            work += 1 + len(paid.get(account, ()))
            for payee, amount in paid.get(account, {}).items():
                waiting[payee] = waiting.get(payee, 0.0) + fresh * amount / whole[account]
    return None


def share_funds(proof: Proof, balances: Mapping[str, int]) -> Shares:
    """Take the claimed funds apart again.

    Debits in ledger order, then what repaid an overdraft, then what is left: up to each of them the shares come to the
    fund's ratio of the sum, to the nearest whole number.
    """
    known, now = proof.statements, Shares()
    struck = {*known.reversals, *known.reversals.values()}
    usual = [one for one in known.transfers if one.transaction_id not in struck and one.debtor != one.creditor]
    paid: dict[str | None, list[Transfer]] = {}
    for one in usual:
        paid.setdefault(one.debtor, []).append(one)
    repaid = _repaid(known)
    for account, part in proof.funds.items():
        debits, owed = paid.get(account, []), repaid.get(account, 0)
        whole = sum(one.amount for one in debits) + owed + max(0, balances.get(account, 0))
        if account not in proof.accounts or part > whole:
            now.impossible = account, whole
            return now
        so_far, passed = 0, 0
        for one in debits:
            so_far += one.amount
            now.carried[one.transaction_id] = nearest(part, so_far, whole) - passed
            passed += now.carried[one.transaction_id]
        debts = nearest(part, so_far + owed, whole) - passed
        now.lent += debts
        now.left[account] = part - passed - debts
    for one in usual:
        if one.transaction_id in known.seeds:
            now.seeded += one.amount - now.carried.get(one.transaction_id, 0)
            now.carried[one.transaction_id] = one.amount
        if now.carried.get(one.transaction_id):
            now.reached[one.creditor] += now.carried[one.transaction_id]
        if one.transaction_id in now.carried:
            now.arrivals[one.creditor] += 1
    now.came = dict.fromkeys(proof.funds, 0) | {
        account: value for account, value in now.reached.items() if account is not None and account not in known.outside
    }
    return now


def _repaid(known: Statements) -> dict[str, int]:
    """What repaid each account's overdrafts."""
    balance = dict(known.openings)
    found: dict[str, int] = {}
    for _, _, debtor, creditor, amount in known.transfers:
        if debtor == creditor:
            continue
        if debtor in balance:
            balance[debtor] -= amount
        if creditor in balance:
            if balance[creditor] < 0:
                found[creditor] = found.get(creditor, 0) + min(amount, -balance[creditor])
            balance[creditor] += amount
    return found
