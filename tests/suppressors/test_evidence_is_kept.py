"""The law over all stories of this folder: a suppressor lowers a score and is shown; it removes nothing."""

from __future__ import annotations

import pytest

from moneytrail.suppressors import by_code
from moneytrail.testing import check_matches
from moneytrail.typologies import by_id
from tests.suppressors.cases import CASES
from tests.suppressors.look_alikes import EVERY
from tests.suppressors.telling import Scene, codes

SCENES = (
    *(scene for case in CASES for scene in (case.hit, *case.misses.values())),
    *(one.scene for one in EVERY),
)


def lowered() -> list[Scene]:
    return [scene for scene in SCENES if any(codes(row) for row in scene.answer.rows)]


@pytest.fixture(params=range(len(SCENES)), ids=lambda place: f"{place} {SCENES[place].typology}")
def scene(request: pytest.FixtureRequest) -> Scene:
    place: int = request.param
    return SCENES[place]


def test_most_of_the_stories_show_something() -> None:
    assert len(lowered()) >= 100


def test_matches_and_their_evidence_are_those_of_the_finder(scene: Scene) -> None:
    made, raw = scene.answer.matches, scene.answer.raw
    assert made.evidence.equals(raw.evidence)
    kept = ["match_id", "typology", "subject", "value", "transfers", "started_at", "ended_at", "detectable_at"]
    assert made.match.select(kept).equals(raw.match.select(kept))


def test_the_score_before_it_stays_and_the_strongest_factor_alone_decides(scene: Scene) -> None:
    raw = dict(scene.answer.raw.match.select("match_id", "score").iter_rows())
    for row in scene.answer.rows:
        assert row["unsuppressed_score"] == raw[row["match_id"]], "the score that the gate and the measures give"
        lowest = min((one["factor"] for one in row["suppressors"]), default=1.0)
        assert row["score"] == round(row["unsuppressed_score"] * lowest, 6)
        assert row["score"] <= row["unsuppressed_score"]


def test_every_suppressor_that_held_is_shown_with_its_factor_and_its_figures(scene: Scene) -> None:
    for row in scene.answer.rows:
        for one in row["suppressors"]:
            entry = by_code(one["code"])
            assert scene.typology in entry.on
            assert one["factor"] == entry.factor.default
            assert one["said"] in row["explanation"]
            assert f"({entry.code})" in row["explanation"]
        assert len(set(codes(row))) == len(codes(row))


def test_the_frames_keep_the_contract(scene: Scene) -> None:
    answer = scene.answer
    ids = set(answer.transfers["transaction_id"])
    assert check_matches(by_id(scene.typology), answer.matches, ids) == []
