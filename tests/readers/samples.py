"""A few rows of every layout, and the means to write and read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from moneytrail.readers.mapping import AmountForm, FileForm, Mapping, StatementForm, TimeForm
from moneytrail.readers.reading import Reading, _Run

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARED: Final = Path(__file__).resolve().parents[3] / "shared" / "data"

STATEMENT: Final = Mapping(
    name="statement",
    columns={
        "transaction_id": ("id",),
        "booked_at": ("day",),
        "account": ("own",),
        "counterparty": ("bank", "other"),
        "counterparty_institution": ("bank",),
        "direction": ("kind",),
        "amount": ("sum",),
        "channel": ("how",),
    },
    file=FileForm(separator=";"),
    amount=AmountForm(decimal=",", thousands=".", currency="EUR"),
    time=TimeForm(formats=("%d.%m.%Y",), timezone="Europe/Berlin"),
    statement=StatementForm(debit=("OUT",), credit=("IN",)),
    words={"channel": {"TRF": "credit_transfer", "ATM": "cash"}},
)

HEADERS: Final = {
    "moneytrail": "transaction_id,row,booked_at,debtor_account,creditor_account,amount,currency,channel,reference",
    "amlworld": "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,"
    "Payment Currency,Payment Format,Is Laundering",
    "amlsim": "tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp,is_sar,alert_id",
    "amlgentex": "step,type,amount,nameOrig,nameDest,bankOrig,bankDest,daysInBankOrig,isSAR,patternID,modelType",
    "saml-d": "Time,Date,Sender_account,Receiver_account,Amount,Payment_currency,Received_currency,"
    "Sender_bank_location,Receiver_bank_location,Payment_type,Is_laundering,Laundering_type",
    "paysim": "step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,nameDest,oldbalanceDest,newbalanceDest,"
    "isFraud,isFlaggedFraud",
    "statement": "id;day;own;bank;other;kind;sum;how",
}

ROWS: Final[dict[str, tuple[str, ...]]] = {
    "moneytrail": (
        "t1,0,2024-03-01T10:00:00Z,A,B,1250,GBP,credit_transfer,rent",
        't2,1,2024-03-01T10:00:00.000001Z,,B,9007199254740993,GBP,cash,"two\nlines, ""quoted"""',
        "t3,2,2024-03-02 11:00:00,A,A,0,JPY,internal,",
        "t4,3,yesterday,A,B,1,GBP,card,",
    ),
    "amlworld": (
        "2022/09/01 00:20,10,8000EBD30,11,8000F5340,3697.34,US Dollar,3697.34,US Dollar,Reinvestment,0",
        "2022/09/01 00:21,3,A1,4,B1,100.00,Euro,15000.50,Yen,ACH,1",
        "2022/09/01 00:22,3,A1,4,B1,0.00012345,Bitcoin,0.00012345,Bitcoin,Bitcoin,0",
        "2022/09/01 00:23,3,A1,4,B1,1.00,Florin,1.00,Florin,Wire,0",
    ),
    "amlsim": (
        "1,4254,28,TRANSFER,467.08,2017-01-01T00:00:00Z,False,-1",
        "2,2532,316,TRANSFER,834.5,2017-01-02T00:00:00Z,True,7",
        "2,2532,316,TRANSFER,834.5,2017-01-02T00:00:00Z,True,7",
        "3,1,2,WIRE,-1.00,2017-01-02T00:00:00Z,False,-1",
    ),
    "amlgentex": (
        "0,INITALBALANCE,40649.62,-2,5,source,bank_a,0,0,-1,0",
        "1,TRANSFER,440.9996691,5,6,bank_a,bank_a,3,1,12,4",
        "2,CASH,3.4867e-07,5,-1,bank_a,sink,3,0,-1,0",
        "3,TRANSFER,10.0,-2,-1,source,sink,3,0,-1,0",
    ),
    "saml-d": (
        "10:35:19,2022-10-07,8724731955,2769355426,1459.15,UK pounds,UK pounds,UK,UK,Cash Deposit,0,Normal_Cash",
        "10:35:20,2022-10-07,1491989064,8401255335,6019.64,UK pounds,Dirham,UK,UAE,Cross-border,0,Normal_Fan_Out",
        "10:35:21,2022-10-07,1,2,100.5,Albanian lek,Euro,Albania,Spain,ACH,1,Structuring",
        "25:35:21,2022-10-07,1,2,100.5,Yen,Euro,Japan,Spain,ACH,1,Structuring",
    ),
    "paysim": (
        "1,PAYMENT,9839.64,C1,170136.0,160296.36,M1,0.0,0.0,0,0",
        "2,CASH_IN,181.005,C2,1.0,182.0,C9,500.0,319.0,0,0",
        "3,CASH_OUT,181.0,C2,181.0,0.0,C9,21182.0,0.0,1,0",
        "4,TRANSFER,much,C2,181.0,0.0,C9,21182.0,0.0,1,0",
    ),
    "statement": (
        "1;31.03.2024;own-1;DE1;77;OUT;1.234,50;TRF",
        "2;01.04.2024;own-1;;;IN;12,00;ATM",
        "3;01.04.2024;own-1;;;SIDEWAYS;12,00;ATM",
        "4;01.04.2024;own-1;;;IN;12,005;ATM",
    ),
}

NAMES: Final = tuple(HEADERS)


def text_of(name: str, rows: Sequence[str] | None = None) -> str:
    """Return a file of the layout, with these rows or with the sample's."""
    return "\n".join((HEADERS[name], *(ROWS[name] if rows is None else rows))) + "\n"


def mapping_of(name: str) -> Mapping | None:
    """Return the mapping where the sample needs one."""
    return STATEMENT if name == "statement" else None


def read_in_blocks(paths: Sequence[Path], mapping: Mapping | None, block_bytes: int, slice_rows: int) -> Reading:
    """Read with blocks and slices of these sizes."""
    run = _Run(paths, mapping, None, None, None, block_bytes=block_bytes, slice_rows=slice_rows)
    return run.reading(list(run.batches()))
