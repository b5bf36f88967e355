"""The proof of a trace, from a file or plain data: checked for its form, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from moneytrail.errors import InputError
from moneytrail.verify.money import IN_ORDER, Statements, Transfer

FORMAT: Final = "moneytrail trace proof 1"
COLUMNS: Final = ("transaction_id", "booked_at", "debtor_account", "creditor_account", "amount")
WHEN: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
MOST: Final = 2**61
KEYS: Final = frozenset({
    "proof", "rules", "currency", "floor", "ledger_transfers", "through_other_banks", "seeds", "reversals", "accounts",
    "columns", "transfers", "held", "carried", "funds", "totals",
})  # fmt: skip
KNOWN: Final = (*IN_ORDER, "pari_passu", "poison")
PARTS: Final = ("withdrawn", "in_accounts", "other_banks", "cash", "overdrafts", "dropped", "rounding")

Claimed = Mapping[str, Mapping[str, Sequence[int | None]]]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof, its form checked.

    Attributes
    ----------
    statements : Statements
    currency : str
    ledger_transfers : int
        How many transfers of the ledger the trace went through.
    through_other_banks : bool
        Whether it went through accounts at other banks.
    accounts : frozenset of str
        Those with all their transfers.
    rules : tuple of str
    held, carried : mapping
        By rule and account, and by rule and transaction id: tainted and unknown money.
    funds : mapping
        By account, the tainted part of its fund by the end-point rule.
    totals : mapping
    """

    statements: Statements
    currency: str
    ledger_transfers: int
    through_other_banks: bool
    accounts: frozenset[str]
    rules: tuple[str, ...]
    held: Claimed
    carried: Claimed
    funds: Mapping[str, int]
    totals: Mapping[str, Mapping[str, int]]


def read_proof(path: Path) -> Proof:
    """A proof from its file.

    Raises
    ------
    InputError
        Naming what is wrong with it.
    """
    try:
        document = json.loads(path.read_text("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no JSON document: {error}") from error
    return proof_of(document, str(path))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names stand once: of two a person reads the first and a program the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def proof_of(document: object, name: str = "the proof") -> Proof:
    """A proof from plain data, as :func:`moneytrail.tracing.prove` makes it.

    Raises
    ------
    InputError
        Naming what is wrong with it.
    """
    if not isinstance(document, dict) or document.get("proof") != FORMAT:
        raise InputError(f"{name}: is no {FORMAT!r}")
    form = _Form(document, name)
    strange = sorted(set(document) - KEYS)
    if strange:
        raise InputError(f"{name}: {strange[0]!r} is no part of a proof")
    rules = tuple(form.need("rules", list))
    wrong = [rule for rule in rules if rule not in KNOWN]
    if wrong or not rules or len(set(rules)) < len(rules):
        raise InputError(f"{name}: 'rules' names {wrong[0]!r}, which is none" if wrong else f"{name}: 'rules' is amiss")
    if form.need("columns", list) != list(COLUMNS):
        raise InputError(f"{name}: 'columns' must be {', '.join(COLUMNS)}")
    openings, outside = form.accounts()
    funds = form.need("funds", dict)
    if not all(_is_whole(value) and value >= 0 for value in funds.values()):
        raise InputError(f"{name}: 'funds' must hold whole numbers from zero on")
    statements = Statements(
        transfers=tuple(_transfer(row, name) for row in form.need("transfers", list)),
        openings=openings,
        outside=outside,
        seeds=frozenset(form.texts("seeds", form.need("seeds", list))),
        reversals=form.reversals(),
        floor=form.need("floor", int),
    )
    return Proof(
        statements=statements,
        currency=form.need("currency", str),
        ledger_transfers=form.need("ledger_transfers", int),
        through_other_banks=form.yes_no("through_other_banks"),
        accounts=frozenset(document["accounts"]) - outside,
        rules=rules,
        held=form.claims("held", rules),
        carried=form.claims("carried", rules),
        funds=funds,
        totals=form.totals(rules),
    )


@dataclass(frozen=True, slots=True)
class _Form:
    """A document, and what it is called in errors."""

    document: Mapping[str, Any]
    name: str

    def need(self, key: str, kind: type) -> Any:
        """The value at `key`, which must be there and of its kind."""
        value = self.document.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise InputError(f"{self.name}: {key!r} is missing or of the wrong kind")
        return value

    def yes_no(self, key: str) -> bool:
        """The yes or no at `key`."""
        value = self.document.get(key)
        if not isinstance(value, bool):
            raise InputError(f"{self.name}: {key!r} is missing or of the wrong kind")
        return value

    def texts(self, key: str, values: Sequence[object]) -> list[str]:
        """`values`, which must be texts."""
        found = [value for value in values if isinstance(value, str)]
        if len(found) < len(values):
            raise InputError(f"{self.name}: {key!r} must hold transaction ids")
        return found

    def accounts(self) -> tuple[dict[str, int], frozenset[str]]:
        """Opening balances where they are known, and the accounts at other banks."""
        openings: dict[str, int] = {}
        outside: set[str] = set()
        for account, told in self.need("accounts", dict).items():
            fine = isinstance(told, dict) and isinstance(told.get("outside"), bool)
            if (
                not fine
                or set(told) != {"opening", "outside"}
                or not _is_whole(told["opening"], none=True)
                or not _is_text(account)
            ):
                raise InputError(f"{self.name}: account {account!r} is not told as opening and outside")
            if told["outside"]:
                outside.add(account)
            elif told["opening"] is not None:
                openings[account] = told["opening"]
        return openings, frozenset(outside)

    def reversals(self) -> dict[str, str]:
        """Of a transfer to the one that it takes back."""
        pairs = self.need("reversals", list)
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise InputError(f"{self.name}: 'reversals' must hold pairs of transaction ids")
        texts = [self.texts("reversals", pair) for pair in pairs]
        if len({pair[0] for pair in texts}) < len(texts):
            raise InputError(f"{self.name}: 'reversals' names a transfer twice")
        return {pair[0]: pair[1] for pair in texts}

    def claims(self, key: str, rules: Sequence[str]) -> Claimed:
        """Tainted and unknown money by rule and name."""
        by_rule = self.need(key, dict)
        if set(by_rule) != set(rules) or not all(isinstance(claims, dict) for claims in by_rule.values()):
            raise InputError(f"{self.name}: {key!r} is not told by the rules")
        for claims in by_rule.values():
            for name, pair in claims.items():
                two = isinstance(pair, list) and len(pair) == 2
                if not two or not _is_whole(pair[0]) or not _is_whole(pair[1], none=True):
                    raise InputError(f"{self.name}: {key!r}: {name!r} is not told as tainted and unknown money")
        found: Claimed = by_rule
        return found

    def totals(self, rules: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """The totals of each rule but poison."""
        totals: dict[str, dict[str, int]] = self.need("totals", dict)
        strange = sorted(set(totals) - set(rules))
        if strange:
            raise InputError(f"{self.name}: there are totals of {strange[0]}, which was not traced")
        for rule in rules:
            row = totals.get(rule)
            told = isinstance(row, dict) and set(row) == {"seeded", *PARTS} and all(map(_is_whole, row.values()))
            if rule != "poison" and not told:
                raise InputError(f"{self.name}: the totals of {rule} are amiss")
        return totals


def _is_whole(value: object, *, none: bool = False) -> bool:
    return (none and value is None) or (isinstance(value, int) and not isinstance(value, bool))


def _is_text(value: object) -> bool:
    """Whether a value is a text that can be written down; half of a surrogate pair cannot."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _transfer(row: object, name: str) -> Transfer:
    if not isinstance(row, list) or len(row) != len(COLUMNS):
        raise InputError(f"{name}: a transfer is not told by {len(COLUMNS)} values")
    said, when, debtor, creditor, amount = row
    texts = _is_text(said) and isinstance(when, str) and WHEN.fullmatch(when)
    sides = all(one is None or _is_text(one) for one in (debtor, creditor)) and not debtor is creditor is None
    whole = isinstance(amount, int) and not isinstance(amount, bool) and 0 <= amount <= MOST
    if not texts or not sides or not whole:
        raise InputError(f"{name}: transfer {said!r} is amiss")
    return Transfer(said, when, debtor, creditor, amount)
