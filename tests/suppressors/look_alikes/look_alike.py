"""What a look-alike is: an innocent explanation that a typology names, and a scene of it as life makes it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.suppressors.telling import Scene


@dataclass(frozen=True, eq=False)
class LookAlike:
    """One named look-alike.

    Attributes
    ----------
    says : str
        The innocent explanation, exactly as its typology names it.
    scene : Scene
    by : tuple of str
        Codes of the suppressors that tell it; each tells some match. Empty: the typology does not fire at all.
    why_open : str
        Why nothing in the data tells it; empty for all that are told.
    """

    says: str
    scene: Scene
    by: tuple[str, ...] = ()
    why_open: str = ""

    @property
    def name(self) -> str:
        """What a test calls it."""
        return f"{self.scene.typology}: {self.says}"
