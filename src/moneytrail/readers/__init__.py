"""From bank files to the canonical transfer frame: nothing lost, nothing unexplained.

``read(sources, mapping)`` gives everything at once, ``stream`` the same in batches; both know the public layouts
(``LAYOUTS``) by their header and take a mapping (``load_mapping``) for everything else. A wrong row is kept aside
with its file, line, field, value and reason; a wrong file is one clear error, and so is a wrong table of arrivals.
"""

from __future__ import annotations

from moneytrail.readers.accounts import AccountReading, read_accounts
from moneytrail.readers.arrivals import read_arrivals
from moneytrail.readers.layouts import LAYOUTS, Layout
from moneytrail.readers.mapping import Mapping, load_mapping
from moneytrail.readers.reading import Batch, Reading, read, stream
from moneytrail.readers.reasons import REASONS

__all__ = [
    "LAYOUTS",
    "REASONS",
    "AccountReading",
    "Batch",
    "Layout",
    "Mapping",
    "Reading",
    "load_mapping",
    "read",
    "read_accounts",
    "read_arrivals",
    "stream",
]
