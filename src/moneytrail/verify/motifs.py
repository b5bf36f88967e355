"""The rules of the motifs as their evidence can show them, stated a second time."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from moneytrail.verify.rule import Rule

MOTIF_RULES: Final[Mapping[str, Rule]] = MappingProxyType({})
