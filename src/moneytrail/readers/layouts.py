"""The public layouts that are known by their header, one table entry each. To add one, add one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from moneytrail.errors import InputError, UnknownLayoutError
from moneytrail.readers.mapping import AmountForm, FileForm, Mapping, TimeForm
from moneytrail.readers.times import ISO_FORMATS
from moneytrail.schema import ACCOUNT_COLUMNS, TRANSFER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from moneytrail.readers.convert import Prepare

_EPOCH_ASSUMED: Final = "the file counts steps from no stated day: 2020-01-01 00:00 UTC assumed"
UTC_ASSUMED: Final = "times are taken as UTC"
OFFSETS_ASSUMED: Final = "times without an offset are taken as UTC"
_USD_ASSUMED: Final = "the file states no currency: USD assumed"


@dataclass(frozen=True, slots=True)
class Layout:
    """One known layout.

    Attributes
    ----------
    name : str
        As in ``--layout``.
    title : str
        What it is, for the documentation.
    required : tuple of str
        The header has all of these, in any order; a repeated name is ``name#2``.
    mapping : Mapping
        What the columns mean. A column of the mapping that is not in `required` may be missing.
    assumptions : tuple of str
        What the layout does not say and the reader takes for granted.
    prepare : function or None
        What no mapping can say: a touch on the text of the fields before they are converted.
    made_anew : tuple of str
        Columns that the reading makes itself: what the file has there is not missed.
    """

    name: str
    title: str
    required: tuple[str, ...]
    mapping: Mapping
    assumptions: tuple[str, ...] = ()
    prepare: Prepare | None = None
    made_anew: tuple[str, ...] = ()

    def spelled(self, header: Sequence[str]) -> tuple[str, ...]:
        """Return `header` with the second column of a required name as ``name#2``, however a program renamed it.

        pandas writes ``name.1``, polars ``name_duplicated_0``; neither is touched where ``name`` is absent, or
        ``name#2`` present.
        """
        made = list(header)
        for wanted in self.required:
            name, mark, _ = wanted.partition("#")
            if not mark or wanted in made or name not in made:
                continue
            renamed = [other for other in (f"{name}.1", f"{name}_duplicated_0") if other in made]
            if renamed:
                made[made.index(renamed[0])] = wanted
        return tuple(made)

    def bound(self, header: Sequence[str]) -> Mapping:
        """Return the mapping without the optional columns that `header` lacks."""
        present = set(header)
        columns = {
            name: source for name, source in self.mapping.columns.items() if present.issuperset(map(str, source))
        }
        return Mapping(
            name=self.name,
            columns=columns,
            file=self.mapping.file,
            amount=self.mapping.amount,
            time=self.mapping.time,
            words=self.mapping.words,
            absent=self.mapping.absent,
            unmapped_channel=self.mapping.unmapped_channel,
        )


def _outside_absent(fields: pl.DataFrame) -> pl.DataFrame:
    """AMLGentex: an id below zero, or the bank ``source`` or ``sink``, is the world outside the bank."""
    made = []
    for side in ("debtor", "creditor"):
        account, bank = pl.col(f"{side}_account"), pl.col(f"{side}_institution")
        outside = account.str.starts_with("-").fill_null(True) | bank.is_in(["source", "sink"]).fill_null(False)
        made += [pl.when(~outside).then(column).alias(column.meta.output_name()) for column in (account, bank)]
    labelled = ~pl.col("label_attempt").str.starts_with("-") if "label_attempt" in fields.columns else pl.lit(True)
    made += [pl.when(labelled).then(name).alias(name) for name in ("label_attempt", "label_typology") if name in fields]
    return fields.with_columns(made)


def _cash_has_one_side(fields: pl.DataFrame) -> pl.DataFrame:
    """PaySim: ``CASH_IN`` pays nameOrig and ``CASH_OUT`` takes from it; nameDest is the agent, hence a location."""
    kind = pl.col("channel").str.to_uppercase().str.replace_all("-", "_", literal=True)
    cash_in, cash_out = (kind == "CASH_IN").fill_null(False), (kind == "CASH_OUT").fill_null(False)
    debtor, creditor = pl.col("debtor_account"), pl.col("creditor_account")
    return fields.with_columns(
        debtor_account=pl.when(~cash_in).then(debtor),
        creditor_account=pl.when(cash_in).then(debtor).when(~cash_out).then(creditor),
        location=pl.when(cash_in | cash_out).then(creditor),
    )


_AMLWORLD_CURRENCIES: Final = {
    "US Dollar": "USD",
    "Euro": "EUR",
    "Yuan": "CNY",
    "Yen": "JPY",
    "UK Pound": "GBP",
    "Swiss Franc": "CHF",
    "Ruble": "RUB",
    "Rupee": "INR",
    "Saudi Riyal": "SAR",
    "Australian Dollar": "AUD",
    "Canadian Dollar": "CAD",
    "Mexican Peso": "MXN",
    "Brazil Real": "BRL",
    "Shekel": "ILS",
    "Bitcoin": "BTC",
}

LAYOUTS: Final = (
    Layout(
        name="moneytrail",
        title="moneytrail's own columns; amounts in minor units, times in ISO 8601; `row` is counted anew",
        required=("booked_at", "debtor_account", "creditor_account", "amount", "currency"),
        mapping=Mapping(
            name="moneytrail",
            columns={column.name: (column.name,) for column in TRANSFER_COLUMNS if column.name != "row"},
            file=FileForm(trim=False),
            amount=AmountForm(unit="minor"),
            time=TimeForm(formats=ISO_FORMATS),
            unmapped_channel="reject",
        ),
        assumptions=(OFFSETS_ASSUMED,),
        made_anew=("row",),
    ),
    Layout(
        name="amlworld",
        title="AMLworld (IBM AML-Data): an account is bank/account, what was paid and received may differ",
        required=(
            "Timestamp",
            "From Bank",
            "Account",
            "To Bank",
            "Account#2",
            "Amount Received",
            "Receiving Currency",
            "Amount Paid",
            "Payment Currency",
            "Payment Format",
        ),
        mapping=Mapping(
            name="amlworld",
            columns={
                "booked_at": ("Timestamp",),
                "debtor_account": ("From Bank", "Account"),
                "creditor_account": ("To Bank", "Account#2"),
                "debtor_institution": ("From Bank",),
                "creditor_institution": ("To Bank",),
                "amount": ("Amount Paid",),
                "currency": ("Payment Currency",),
                "credited_amount": ("Amount Received",),
                "credited_currency": ("Receiving Currency",),
                "channel": ("Payment Format",),
                "label_illicit": ("Is Laundering",),
            },
            amount=AmountForm(rounding="half_even"),
            time=TimeForm(formats=("%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", *ISO_FORMATS)),
            words={
                "channel": {
                    "Cheque": "cheque",
                    "ACH": "credit_transfer",
                    "Credit Card": "card",
                    "Wire": "wire",
                    "Cash": "cash",
                    "Bitcoin": "crypto",
                    "Reinvestment": "internal",
                },
                "currency": _AMLWORLD_CURRENCIES,
                "credited_currency": _AMLWORLD_CURRENCIES,
            },
        ),
        assumptions=(UTC_ASSUMED, "the currency `Rupee` is taken as the Indian rupee (INR)"),
    ),
    Layout(
        name="amlsim",
        title="AMLSim transactions",
        required=("tran_id", "orig_acct", "bene_acct", "tx_type", "base_amt", "tran_timestamp"),
        mapping=Mapping(
            name="amlsim",
            columns={
                "transaction_id": ("tran_id",),
                "booked_at": ("tran_timestamp",),
                "debtor_account": ("orig_acct",),
                "creditor_account": ("bene_acct",),
                "amount": ("base_amt",),
                "channel": ("tx_type",),
                "label_illicit": ("is_sar",),
                "label_attempt": ("alert_id",),
            },
            amount=AmountForm(rounding="half_even", currency="USD"),
            time=TimeForm(formats=("%Y-%m-%dT%H:%M:%SZ", *ISO_FORMATS)),
            words={
                "channel": {
                    "TRANSFER": "credit_transfer",
                    "WIRE": "wire",
                    "CHECK": "cheque",
                    "CREDIT": "card",
                    **dict.fromkeys(("CASH", "CASH-IN", "CASH_IN", "CASH-OUT", "CASH_OUT", "DEPOSIT"), "cash"),
                }
            },
            absent={"label_attempt": ("-1", "-1.0")},
        ),
        assumptions=(_USD_ASSUMED, OFFSETS_ASSUMED),
    ),
    Layout(
        name="amlgentex",
        title="AMLGentex transaction log; one step is one day, `source` and `sink` are the world outside",
        required=("step", "type", "amount", "nameOrig", "nameDest", "bankOrig", "bankDest"),
        mapping=Mapping(
            name="amlgentex",
            columns={
                "step": ("step",),
                "debtor_account": ("nameOrig",),
                "creditor_account": ("nameDest",),
                "debtor_institution": ("bankOrig",),
                "creditor_institution": ("bankDest",),
                "amount": ("amount",),
                "channel": ("type",),
                "label_illicit": ("isSAR",),
                "label_attempt": ("patternID",),
                "label_typology": ("modelType",),
            },
            amount=AmountForm(rounding="half_even", currency="USD"),
            time=TimeForm(step="day"),
            words={
                "channel": {
                    "TRANSFER": "credit_transfer",
                    "CASH": "cash",
                    "INITALBALANCE": "internal",
                    "INITIALBALANCE": "internal",
                }
            },
        ),
        assumptions=(
            _USD_ASSUMED,
            _EPOCH_ASSUMED,
            "an id below zero and the banks `source` and `sink` are outside the bank: that side is absent",
            "a balance at the start is kept as money that arrives (channel `internal`, no debtor)",
        ),
        prepare=_outside_absent,
    ),
    Layout(
        name="saml-d",
        title="SAML-D; the amount is in the payment currency",
        required=("Time", "Date", "Sender_account", "Receiver_account", "Amount", "Payment_currency", "Payment_type"),
        mapping=Mapping(
            name="saml-d",
            columns={
                "date": ("Date",),
                "time": ("Time",),
                "debtor_account": ("Sender_account",),
                "creditor_account": ("Receiver_account",),
                "debtor_country": ("Sender_bank_location",),
                "creditor_country": ("Receiver_bank_location",),
                "amount": ("Amount",),
                "currency": ("Payment_currency",),
                "channel": ("Payment_type",),
                "label_illicit": ("Is_laundering",),
                "label_typology": ("Laundering_type",),
            },
            amount=AmountForm(rounding="half_even"),
            time=TimeForm(formats=("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M:%S")),
            words={
                "channel": {
                    "Cash Deposit": "cash",
                    "Cash Withdrawal": "cash",
                    "Cheque": "cheque",
                    "ACH": "credit_transfer",
                    "Credit card": "card",
                    "Debit card": "card",
                    "Cross-border": "wire",
                },
                "currency": {
                    **dict.fromkeys(("UK pounds", "UK pound"), "GBP"),
                    "Euro": "EUR",
                    "US dollar": "USD",
                    "Dirham": "AED",
                    "Turkish lira": "TRY",
                    "Swiss franc": "CHF",
                    "Pakistani rupee": "PKR",
                    "Naira": "NGN",
                    "Moroccan dirham": "MAD",
                    "Indian rupee": "INR",
                    "Albanian lek": "ALL",
                    "Yen": "JPY",
                    "Mexican Peso": "MXN",
                },
            },
        ),
        assumptions=(
            UTC_ASSUMED,
            "what the receiver gets in another currency is not stated: credited amounts are absent",
            "`Dirham` is taken as that of the United Arab Emirates (AED)",
        ),
    ),
    Layout(
        name="paysim",
        title="PaySim mobile money; one step is one hour, cash has one side, and the agent is its location",
        required=("step", "type", "amount", "nameOrig", "nameDest", "oldbalanceOrg", "isFraud"),
        mapping=Mapping(
            name="paysim",
            columns={
                "step": ("step",),
                "debtor_account": ("nameOrig",),
                "creditor_account": ("nameDest",),
                "amount": ("amount",),
                "channel": ("type",),
                "label_illicit": ("isFraud",),
            },
            amount=AmountForm(rounding="half_even", currency="USD"),
            time=TimeForm(step="hour"),
            words={
                "channel": {
                    **dict.fromkeys(("CASH_IN", "CASH-IN", "CASH_OUT", "CASH-OUT"), "cash"),
                    **dict.fromkeys(("TRANSFER", "DEBIT"), "credit_transfer"),
                    "PAYMENT": "other",
                }
            },
        ),
        assumptions=(
            _USD_ASSUMED,
            _EPOCH_ASSUMED,
            "in CASH_IN and CASH_OUT the other side is an agent: it is kept as the location, not as an account",
        ),
        prepare=_cash_has_one_side,
    ),
)
"""Known layouts; the first that fits a header is taken."""

ACCOUNT_MAPPINGS: Final = (
    Mapping(
        name="moneytrail",
        columns={},
        file=FileForm(trim=False),
        amount=AmountForm(unit="minor"),
        time=TimeForm(formats=("%Y-%m-%d",)),
        accounts={column.name: (column.name,) for column in ACCOUNT_COLUMNS},
    ),
    Mapping(
        name="amlsim",
        columns={},
        amount=AmountForm(rounding="half_even"),
        accounts={
            "account": ("acct_id",),
            "kind": ("type",),
            "currency": ("acct_rptng_crncy",),
            "opening_balance": ("initial_deposit",),
            "country": ("country",),
        },
        account_words={"kind": {"I": "personal", "O": "business", "": "unknown"}},
    ),
)
"""Known account files; the first whose ``account`` column is in the header is taken. AMLSim counts the day of
opening in steps from no stated day, so it stays absent; names are never read."""


def named_layout(name: str) -> Layout:
    """Return the layout of that name.

    Raises
    ------
    UnknownLayoutError
    """
    for layout in LAYOUTS:
        if layout.name == name:
            return layout
    raise UnknownLayoutError(f"no layout is called {name!r}; known: {_known()}")


def layout_lacks(layout: Layout, header: Sequence[str]) -> list[str]:
    """Return the required columns that the header lacks."""
    present = set(layout.spelled(header))
    return [name for name in layout.required if name not in present]


def check_header(layout: Layout, path: Path, header: Sequence[str]) -> None:
    """Refuse a header that lacks a column of the layout.

    Raises
    ------
    InputError
    """
    missing = layout_lacks(layout, header)
    if missing:
        raise InputError(
            f"{path}: lacks the column {missing[0]!r} of the layout {layout.name}; it has {', '.join(header)}"
        )


def recognise(path: Path, header: Sequence[str]) -> Layout:
    """Return the first layout whose required columns are all in the header.

    Raises
    ------
    UnknownLayoutError
        With the header, the layouts, and, where one nearly fits, the column that it misses.
    """
    for layout in LAYOUTS:
        if not layout_lacks(layout, header):
            return layout
    near = min(LAYOUTS, key=lambda layout: len(layout_lacks(layout, header)) / len(layout.required))
    missing = layout_lacks(near, header)
    hint = f"; {near.name} would fit but for {', '.join(missing)}" if 2 * len(missing) <= len(near.required) else ""
    shown = ", ".join(header)
    shown = shown if len(shown) <= 500 else shown[:500] + " …"
    raise UnknownLayoutError(
        f"{path}: no layout fits the header ({shown}){hint}; known layouts: {_known()}; "
        "for any other file give a mapping"
    )


def _known() -> str:
    return ", ".join(layout.name for layout in LAYOUTS)
