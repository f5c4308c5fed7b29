"""The order of rows: the candidate's, with what only the baseline has at its place."""

from __future__ import annotations

from collections.abc import Iterable


def merged_order(head: Iterable[str], base: Iterable[str]) -> list[str]:
    """Each key of either side once: head's order, a key of base alone right after the key it follows in base."""
    ordered = list(dict.fromkeys(head))
    shared = set(ordered)
    opening: list[str] = []
    followers: dict[str, list[str]] = {}
    place = opening
    for key in dict.fromkeys(base):
        if key in shared:
            place = followers.setdefault(key, [])
        else:
            place.append(key)
    return [*opening, *(key for anchor in ordered for key in (anchor, *followers.get(anchor, ())))]
