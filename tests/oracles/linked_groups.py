"""Which accounts are linked, by walking from one to the next. Imports nothing of ours."""

from __future__ import annotations


def linked_groups(links: list[tuple[int, ...]], most: int) -> list[int]:
    """The smallest account of each account's group; of `links` -1 is unknown."""
    found = []
    for start in range(len(links)):
        reached, waiting = {start}, [start]
        while waiting:
            here = waiting.pop()
            for other in _neighbours(links, here, most) - reached:
                reached.add(other)
                waiting.append(other)
        found.append(min(reached) if len(reached) <= most else start)
    return found


def _neighbours(links: list[tuple[int, ...]], account: int, most: int) -> set[int]:
    near = set()
    for kind, value in enumerate(links[account]):
        sharing = {other for other, own in enumerate(links) if own[kind] == value}
        if value >= 0 and len(sharing) <= most:
            near |= sharing
    return near
