"""What is booked at the same time, counted anew for each transfer. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles.history import debuts
from tests.oracles.ordering import Row


def instant(rows: list[Row], place: int, role: int) -> list[int]:
    """Transfers of the account in this role at the same time on its own side, on the other, and the first dealings."""
    account, moment = rows[place][role], rows[place][2]
    now = [row for row in rows if row[2] == moment]
    own, other = (sum(row[side] == account for row in now) for side in (role, 1 - role))
    return [own, other, sum(rows[i][2] == moment for i in debuts(rows, account, role))]
