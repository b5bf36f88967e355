"""Simulated banks, made once: a middling one for the content, a small one where only the form counts."""

from __future__ import annotations

import polars as pl
import pytest

from moneytrail.simulate import SimulatedBank, simulate
from tests.simulate.gates import Move


@pytest.fixture(scope="session")
def bank() -> SimulatedBank:
    return simulate(1500, 150, seed=11, gangs=12)


@pytest.fixture(scope="session")
def small() -> SimulatedBank:
    return simulate(80, 21, seed=3)


LINKS = ("party", "address_hash", "phone_hash", "email_hash", "device_hash")


def related_accounts(bank: SimulatedBank, account: str) -> set[str]:
    """Return the accounts that share a party or a hashed attribute with `account`, itself left out."""
    mine = bank.accounts.filter(pl.col("account") == account)
    if mine.is_empty():
        return set()
    same = pl.any_horizontal(pl.col(link) == mine[link][0] for link in LINKS if mine[link][0] is not None)
    return set(bank.accounts.filter(same, pl.col("account") != account)["account"])


def moves_of(bank: SimulatedBank, account: str) -> list[Move]:
    """Return every transfer of `account`, in order, as the gates read them."""
    kin = related_accounts(bank, account)
    rows = bank.transfers.filter(
        (pl.col("debtor_account") == account) | (pl.col("creditor_account") == account)
    ).select("booked_at", "debtor_account", "creditor_account", "amount", "channel")
    moves = []
    for booked_at, debtor, creditor, amount, channel in rows.iter_rows():
        incoming = creditor == account
        peer = debtor if incoming else creditor
        moves.append(Move(booked_at.timestamp(), peer, amount, incoming, channel, peer in kin))
    return moves
