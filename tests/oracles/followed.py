"""Which transfers money is followed along: pushed, between accounts of different parties. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles.book import PULLED, Book, Links


def followed(book: Book, links: Links) -> list[bool]:
    """One truth a transfer; no salary stands in these worlds."""
    return [
        transfer["channel"] not in PULLED
        and between_parties(transfer["debtor_account"], transfer["creditor_account"], links)
        for transfer in book.transfers
    ]


def between_parties(debtor: str | None, creditor: str | None, links: Links) -> bool:
    if debtor is None or creditor is None or debtor == creditor:
        return False
    party = links.get(debtor, {}).get("party")
    return party is None or party != links.get(creditor, {}).get("party")
