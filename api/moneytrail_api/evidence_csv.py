"""Evidence as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from moneytrail.alerts import EvidenceTransfer

HEADER: Final = (
    "match_id",
    "role",
    "transaction_id",
    "booked_at",
    "debtor_account",
    "creditor_account",
    "amount_minor_units",
    "currency",
    "reference_amount_minor_units",
    "reference_currency",
    "channel",
    "reference",
    "anomaly_score",
    "probability",
    "placebo",
)
_ROWS_AT_ONCE: Final = 500
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def evidence_csv(
    evidence: Sequence[EvidenceTransfer], reference_currency: str, placebo: Mapping[str, str]
) -> Iterator[bytes]:
    """Yield `evidence` as UTF-8 CSV with a header and CRLF line ends, some hundred rows at a time.

    A text that a spreadsheet would take for a formula gets an apostrophe in front. Amounts are minor units. `placebo`
    is by match id what shuffled copies say of a match; without a sentence the column is empty.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(HEADER)
    for number, transfer in enumerate(evidence, start=1):
        writer.writerow((*_row(transfer, reference_currency), guarded(placebo.get(transfer.match_id))))
        if number % _ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def guarded(text: str | None) -> str:
    """Return `text` so that no spreadsheet runs it as a formula; absent text is empty."""
    if text is None:
        return ""
    # Spreadsheets drop leading blanks before they look for a formula; the writer cannot carry U+0000.
    text = text.replace("\x00", "\ufffd")
    return "'" + text if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _row(transfer: EvidenceTransfer, reference_currency: str) -> tuple[object, ...]:
    return (
        guarded(transfer.match_id),
        guarded(transfer.role),
        guarded(transfer.transaction_id),
        transfer.booked_at.isoformat(),
        guarded(transfer.debtor_account),
        guarded(transfer.creditor_account),
        transfer.amount,
        guarded(transfer.currency),
        transfer.reference_amount,
        guarded(reference_currency),
        guarded(transfer.channel),
        guarded(transfer.reference),
        *("" if number is None else number for number in (transfer.anomaly_score, transfer.probability)),
    )


def _taken(buffer: io.StringIO) -> bytes:
    # Half of a surrogate pair has no UTF-8; a question mark stands for it.
    content = buffer.getvalue().encode(errors="replace")
    buffer.seek(0)
    buffer.truncate()
    return content
