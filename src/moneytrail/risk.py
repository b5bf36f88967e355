"""How scores become one risk: each typology counts by its weight, and strangeness adds a little.

The weight of a typology is what a match of full score is worth. ``weights.toml`` ships with the package; it was fitted
to simulated banks (``python -m models.weights``) of mostly careful gangs, at the simulator's default base rate. In a
bank a risk says in which order to read, and is no probability.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY: Final = 86_400_000_000

TABLE: Final = "risk"
"""What the table of weights is called in a file of parameters."""

ANOMALY_FROM: Final = 0.9
"""From this mean anomaly score on, strangeness adds to a risk score; at 1 it adds most. Design."""

ANOMALY_WEIGHT: Final = 0.05
"""The most that strangeness can add: it alone can never bring a risk score above this. Design."""

RAISE_FROM: Final = 0.35
"""An alert of less risk is kept and marked, and not raised: most like it would be about innocent people. Design."""

EARLY_DAYS: Final = 30.0
"""In the first days of the data everybody's old acquaintances look like strangers. Design. Of data of less than twice
as many days, fewer count as first: those beyond the last thirty."""

EARLY_FACTOR: Final = 0.5
"""What the score of a match that was detectable in these days is multiplied by in the risk. Design."""

MODEL: Final = "M01"
"""The id that the opinion of a trained model has among the typologies."""

MODEL_WEIGHT: Final = 1.0
"""What the opinion of a trained model weighs: its score is a calibrated probability, and worth what it says."""

SETTINGS: Final = {"raise_from": (0.0, 1.0), "early_days": (0.0, 365.0), "early_factor": (0.0, 1.0)}
"""What may be changed beside the weights, and within which bounds."""

OWN_WEIGHT: Final = 0.5
"""What a typology of a bank's own weighs unless the bank says otherwise: enough to raise an alert alone. Design."""


@cache
def shipped_weights() -> Mapping[str, float]:
    """The weights that come with moneytrail, by typology id."""
    document = tomllib.loads(files("moneytrail").joinpath("weights.toml").read_text("utf-8"))
    return {name: float(weight) for name, weight in document["weights"].items()}


def usual_weight(typology: str) -> float:
    """What a typology weighs unless somebody says otherwise."""
    return shipped_weights().get(typology, MODEL_WEIGHT if typology == MODEL else OWN_WEIGHT)


@dataclass(frozen=True)
class RiskRule:
    """How much each typology and the detectors count.

    Attributes
    ----------
    weights : mapping of typology id to float
        0 to 1; a typology that is not named weighs :data:`OWN_WEIGHT`, a model's opinion :data:`MODEL_WEIGHT`.
    anomaly_from, anomaly_weight : float
        See :data:`ANOMALY_FROM` and :data:`ANOMALY_WEIGHT`.
    raise_from, early_days, early_factor : float
        See :data:`RAISE_FROM`, :data:`EARLY_DAYS` and :data:`EARLY_FACTOR`.
    """

    weights: Mapping[str, float] = field(default_factory=shipped_weights)
    anomaly_from: float = ANOMALY_FROM
    anomaly_weight: float = ANOMALY_WEIGHT
    raise_from: float = RAISE_FROM
    early_days: float = EARLY_DAYS
    early_factor: float = EARLY_FACTOR

    @classmethod
    def of(cls, changes: Mapping[str, object], typologies: Sequence[str]) -> RiskRule:
        """The shipped rule with `changes`: weights by typology id, and :data:`SETTINGS`.

        Raises
        ------
        ParameterError
            Naming the entry and what is allowed.
        """
        allowed = SETTINGS | dict.fromkeys(typologies, (0.0, 1.0))
        given: dict[str, float] = {}
        for name, value in changes.items():
            if name not in allowed:
                raise ParameterError(f"{TABLE} has no entry {name}; it has {', '.join(allowed)}")
            low, high = allowed[name]
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise ParameterError(f"{TABLE}.{name} = {value!r}: allowed is a number from {low:g} to {high:g}")
            given[name] = float(value)
        settings = {name: given.pop(name) for name in SETTINGS if name in given}
        return cls({name: usual_weight(name) for name in typologies} | given, **settings)

    def weight(self, typology: str) -> float:
        """What a match of full score of this typology weighs."""
        return self.weights.get(typology, usual_weight(typology))

    def __call__(
        self, typologies: Sequence[str], scores: NDArray[np.float64], anomaly: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The combined score of transfers or alerts.

        ``1 - (1 - w1 s1)(1 - w2 s2)…(1 - a)``, where the ``s`` are typology scores, the ``w`` their weights, and ``a``
        is `anomaly_weight` times how far the mean anomaly score lies between `anomaly_from` and 1. The parts stay
        beside it and are never lost.

        Parameters
        ----------
        typologies : sequence of str
            Ids, one a column of `scores`.
        scores : float64[n, typologies]
            In [0, 1]; 0 where a typology did not match.
        anomaly : float64[n, detectors]
            In [0, 1]; no column at all means that no detector ran.

        Returns
        -------
        float64[n]
            In [0, 1], rounded to six decimals.
        """
        weights = np.array([self.weight(name) for name in typologies])
        calm = np.prod(1.0 - weights * scores, axis=1)
        if anomaly.shape[1]:
            strange = np.clip((anomaly.mean(axis=1) - self.anomaly_from) / (1.0 - self.anomaly_from), 0.0, 1.0)
            calm = calm * (1.0 - self.anomaly_weight * strange)
        combined: NDArray[np.float64] = np.round(1.0 - calm, 6)
        return combined

    def early_until(self, begins: int, ends: int) -> int:
        """The moment before which a match counts for less, for data from `begins` to `ends`; all microseconds UTC."""
        days = min(int(self.early_days * DAY), max(0, ends - begins - int(self.early_days * DAY)))
        return begins + days

    def document(self) -> dict[str, Any]:
        """As plain data, for the run record."""
        return asdict(self) | {"weights": dict(self.weights)}
