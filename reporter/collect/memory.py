"""What was parsed, kept while it is worth its room: the texts last met, up to so many bytes of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def remembering_up_to(size: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep results of a function whose first argument is a text or bytes: those of the last ones, of `size` together.

    A longer text is computed each time. What is raised is not kept. Of a project of 240 stages, which all name one file of params, a
    report would take four times as long without it; of a small one a twentieth more.
    """

    def decorate(compute: Callable[P, T]) -> Callable[P, T]:
        known: OrderedDict[tuple[Any, ...], T] = OrderedDict()
        lock = threading.Lock()
        held = 0

        @wraps(compute)
        def remembered(*arguments: P.args, **named: P.kwargs) -> T:
            nonlocal held
            with lock:
                if arguments in known:
                    known.move_to_end(arguments)
                    return known[arguments]
            result = compute(*arguments, **named)
            weight = _weight(arguments)
            with lock:
                if weight <= size and arguments not in known:
                    known[arguments] = result
                    held += weight
                    while held > size:
                        held -= _weight(known.popitem(last=False)[0])
            return result

        return remembered

    return decorate


def _weight(arguments: tuple[Any, ...]) -> int:
    """Never nothing, so that empty texts are not kept without end."""
    return 1 + len(arguments[0])
