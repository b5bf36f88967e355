"""What is tried of one suppressor."""

from __future__ import annotations

from dataclasses import dataclass

from tests.suppressors.telling import Scene


@dataclass(frozen=True, eq=False)
class Trial:
    """One story in which a suppressor's test just holds, and those in which it just fails.

    Attributes
    ----------
    code : str
    subject : str
        The account whose last match is looked at.
    hit : Scene
    figures : tuple of str
        Numbers that the sentence states.
    misses : mapping of str to Scene
        By what is one unit, one day or one person short. The typology fires in each of them.
    """

    code: str
    subject: str
    hit: Scene
    figures: tuple[str, ...]
    misses: dict[str, Scene]
