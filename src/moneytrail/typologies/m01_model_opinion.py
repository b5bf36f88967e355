"""M01: what a trained model holds of an account's transfers. Only the declaration; the model is asked elsewhere.

It stands beside the catalogue and not in it: it is looked for only where a run has a model
(:mod:`moneytrail.opinion`), and there is no pattern that a checker could prove.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from moneytrail.errors import ParameterError
from moneytrail.matches import Parameter, Role
from moneytrail.risk import MODEL
from moneytrail.typologies.base import Source, Typology

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values
    from moneytrail.typologies.base import Found
    from moneytrail.typologies.ground import Ground

HUB: Final = 150
"""An account with more counterparties in a period is a subject only where the other side is one too, or absent: half
the bank pays the same shop. Design."""

PARAMETERS: Final = (
    Parameter(
        "least_probability", 0.5, "share", 0.5, 0.99, "probability from which a transfer counts",
        "more likely illicit than not; below it most are innocent", "design",
    ),
    Parameter(
        "window_days", 30, "days", 1, 180, "length of the periods that transfers of one account are gathered in",
        "about the length of a collection", "design",
    ),
    Parameter(
        "first_days", 30, "days", 0, 365, "days from the beginning of the data in which no opinion is given",
        "the shipped model was trained and measured behind the first 30 days: before, its windows are not full",
        "design",
    ),
)  # fmt: skip


def _find(_ground: Ground, _values: Values) -> Iterator[Found]:
    raise ParameterError(f"{MODEL} is the opinion of a trained model, and no model was named")


TYPOLOGY = Typology(
    id=MODEL,
    name="Opinion of a trained model",
    stage="any",
    summary="A model that learned from labelled transfers holds some of an account's to be illicit.",
    definition=(
        "Each transfer to which the model gives a probability of `least_probability` or more is put to one of its two "
        "accounts: to the one whose such transfers of the same period have the larger probabilities together, of "
        f"equals to the creditor. An account with more than {HUB} counterparties in the period gets it only where the "
        "other is absent or such a one too. Periods are of `window_days`, counted from 1 January 1970 UTC. The "
        "transfers of one account and period are one match; its score is the highest probability among them, rounded, "
        "and 0.99 at most. Of transfers booked less than `first_days` after the data begin there is no opinion; where "
        "that is all of them, it is not applicable. A probability is one at the base rate of the banks that the model "
        "learned from. It is an opinion and no pattern: whoever doubts it reads the transfers and what weighed most. "
        "Looked for only where a run names a model. Not covered: what the model never learned."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("flow", "held to be illicit, in the direction in which more such money moved", "counterparty"),
        Role("counterflow", "held to be illicit, the other way", "counterparty", counts=False),
    ),
    subject_part="account of interest",
    sources=(Source("moneytrail", "the card of the model that the run names", None),),
    innocent_explanations=(
        "loans between companies of one owner (ask for the register of companies, before anything else)",
        "somebody new to the country (ask when the account was opened and whether its holder has just moved here)",
        "a solicitor's client account (ask whether the firm is authorised, and which matter the money belongs to)",
        "a payout run of refunds, claims, prizes or dividends (ask what is paid out, and for the list of payees)",
        "a way of dealing that the banks that the model learned from did not have (ask what the account is for)",
    ),
    finder=_find,
    # What its columns and its echo look back over in practice; the echo never forgets wholly.
    span_days=lambda values: 400 + int(values["window_days"]),
)
