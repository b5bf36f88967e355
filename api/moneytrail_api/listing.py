"""How much of an answer about money is listed; what is not is counted and said."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def list_first(document: dict[str, Any], most: Mapping[str, int], *, inside: str = "") -> list[str]:
    """Cut entries of `document` in place, and put beside each how many there are in all.

    Parameters
    ----------
    document : dict
        Plain data.
    most : mapping
        By field, which is a list or an object, how many of its first entries stay; the count goes to ``FIELD_in_all``.
    inside : str
        The field of the answer that `document` is, for the words.

    Returns
    -------
    list of str
        What was cut, for :func:`said`.
    """
    cut = []
    for name, limit in most.items():
        entries = document[name]
        document[f"{name}_in_all"] = len(entries)
        if len(entries) > limit:
            first = islice(entries.items() if isinstance(entries, dict) else entries, limit)
            document[name] = dict(first) if isinstance(entries, dict) else list(first)
            cut.append(_words(inside, name, limit, len(entries)))
    return cut


def already_cut(document: Mapping[str, Any], name: str, *, inside: str = "") -> list[str]:
    """What the package itself left out of a list, for :func:`said`."""
    listed, every = len(document[name]), document[f"{name}_in_all"]
    return [_words(inside, name, listed, every)] if listed < every else []


def said(cut: Sequence[str]) -> str | None:
    """One sentence or two on what was cut; ``None`` where nothing was."""
    if not cut:
        return None
    return f"Listed are {'; '.join(cut)}. Every figure and the proof are of all of them."


def _words(inside: str, name: str, listed: int, every: int) -> str:
    place = f"`{inside}.{name}`" if inside else f"`{name}`"
    return f"the first {listed:,} of {every:,} in {place}" if listed else f"none of {every:,} in {place}"
