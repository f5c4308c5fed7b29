"""Time series: examples in an order, of which neighbours resemble each other, so that each says less than an independent one.

Steps of time are resampled in blocks of neighbours (Künsch 1989, The jackknife and the bootstrap for general stationary
observations), of which the last is followed by the first, so that each step is drawn as often as any other (Politis &
Romano 1992, A circular block-resampling procedure for stationary data). How long the blocks are the data say (Politis & White 2004,
Automatic block-length selection for the dependent bootstrap, as corrected by Patton, Politis & White 2009).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from reporter.compare.statistics.columns import FloatArray, IntArray, numbers
from reporter.compare.statistics.examples import Classified, Examples, Regressed, Scored, require_all
from reporter.model.snapshot import Column

MOST_STEPS = 20_000
"""Of a longer series as many neighbouring times are one step as leave no more: blocks are then a little longer than they need to be."""
INSIGNIFICANT = 2.0
"""A correlation below this many times √(log₁₀ n / n) is none: the constant c of Politis & White."""


def steps_of_time(column: Column, name: str) -> IntArray:
    """Number the times of a column of the candidate from 0, earliest first; equal times are one step. Shape (n,).

    Raises `UnusablePredictionsError` where a cell is neither a number nor a time as ISO 8601 writes it.
    """
    times = _times(column) if column.dtype == object else numbers(column)
    require_all(
        np.isfinite(times), name, "neither a number nor a time such as 2026-01-31 or 2026-01-31T12:00", base=False
    )
    _, steps = np.unique(times, return_inverse=True)
    return np.asarray(steps // math.ceil((int(steps.max()) + 1) / MOST_STEPS), dtype=np.int64)


def _times(column: Column) -> FloatArray:
    """Of text: all numbers, or all times, in seconds; NaN where a cell is not what the others are."""
    found = numbers(column)
    if np.isfinite(found).any():
        return found
    seconds = {text: _seconds(text) for text in set(column.tolist())}
    return np.fromiter((seconds[text] for text in column.tolist()), np.float64, len(column))


def _seconds(text: object) -> float:
    """Since 1970, a time without a zone as UTC; a month is its first day. NaN of anything else."""
    for written in (str(text), f"{text}-01"):
        try:
            time = datetime.fromisoformat(written)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            continue
    return math.nan


def row_differences(base: Examples, head: Examples) -> FloatArray:
    """How differently both sides did on each row, in every way that metrics look at; shape (n, k)."""
    match base, head:
        case Regressed(), Regressed():
            before, after = (np.abs(side.actual - side.predicted) for side in (base, head))
            found = [after - before, after**2 - before**2]
        case Scored(), Scored():
            found = [head.values - base.values]
        case Classified(), Classified():
            right = [(side.predicted == side.actual).astype(np.float64) for side in (base, head)]
            found = [right[1] - right[0]]
            if base.scores is not None and head.scores is not None:
                found.append(_of_actual(head, head.scores) - _of_actual(base, base.scores))
        case _:
            raise ValueError("both sides are of one task")
    return np.column_stack(found)


def _of_actual(examples: Classified, scores: FloatArray) -> FloatArray:
    if scores.ndim == 1:
        return np.where(examples.actual == 1, scores, -scores)
    return np.asarray(scores[np.arange(examples.rows), examples.actual])


def block_length(differences: FloatArray, steps: IntArray, weights: FloatArray | None) -> int:
    """How many steps a block needs to hold what hangs together: the longest that any column of the rows' differences, shape (n, k),
    asks for; n^(1/3) of n steps, the order that is best for a mean, where none varies.
    """
    own = np.ones(len(steps)) if weights is None else weights
    with np.errstate(over="ignore", invalid="ignore"):
        centred = differences - np.average(differences, axis=0, weights=own if own.any() else None)
        sums = [np.asarray(np.bincount(steps, weights=own * column), dtype=np.float64) for column in centred.T]
    lengths = [_politis_white(series) for series in sums if np.isfinite(series).all() and series.std() > 0]
    return max(lengths, default=math.ceil(len(sums[0]) ** (1 / 3)))


def _politis_white(series: FloatArray) -> int:
    """The best length of circular blocks for the variance of a mean, at most 3 √n and a third of n."""
    count = len(series)
    lags = _last_lag(series)
    covariances = _covariances(series, 2 * lags)
    # A window that is flat up to the last lag that matters, and falls to 0 at twice as much.
    window = np.minimum(1.0, 2 * (1 - np.arange(2 * lags + 1) / (2 * lags)))
    slope = 2 * float(np.sum(window * np.arange(2 * lags + 1) * covariances))
    spectrum = 2 * float(np.sum(window * covariances)) - float(covariances[0])
    longest = math.ceil(min(3 * math.sqrt(count), count / 3))
    if spectrum <= 0:
        return longest
    best: float = (2 * slope**2 / (4 / 3 * spectrum**2) * count) ** (1 / 3)
    return max(1, min(math.ceil(best), longest))


def _last_lag(series: FloatArray) -> int:
    """The last lag with a correlation, before a run of them without one; at least 1."""
    count = len(series)
    run = max(5, math.ceil(math.sqrt(math.log10(count)))) if count > 1 else 1
    most = min(math.ceil(math.sqrt(count)) + run, (count - 1) // 2)
    covariances = _covariances(series, most)
    is_none = np.abs(covariances[1:]) < INSIGNIFICANT * math.sqrt(math.log10(count) / count) * covariances[0]
    for lag in range(len(is_none) - run + 1):
        if is_none[lag : lag + run].all():
            return max(lag, 1)
    return max(most, 1)


def _covariances(series: FloatArray, most: int) -> FloatArray:
    """Of lags 0 to `most`, each divided by the whole number of steps; 0 beyond the series."""
    centred = series - series.mean()
    count = len(series)
    return np.array([centred[lag:] @ centred[: count - lag] / count if lag < count else 0.0 for lag in range(most + 1)])


def draw_blocks(rng: np.random.Generator, steps: int, block: int, count: int) -> npt.NDArray[np.int32]:
    """Draw blocks of neighbours until they hold `steps` of them, `count` times; how often each was drawn, shape (count, steps)."""
    blocks = math.ceil(steps / block)
    lengths = np.full(blocks, block)
    lengths[-1] = steps - (blocks - 1) * block
    starts = rng.integers(0, steps, (count, blocks))
    # One more from a block's start on, one fewer from its end on: the running sum counts. What is beyond the end goes on at the start.
    width = steps + block + 1
    rows = np.arange(count)[:, None] * width
    changes = np.bincount((rows + starts).ravel(), minlength=count * width)
    changes -= np.bincount((rows + starts + lengths).ravel(), minlength=count * width)
    drawn = np.cumsum(changes.reshape(count, width), axis=1)
    drawn[:, :block] += drawn[:, steps : steps + block]
    return np.asarray(drawn[:, :steps], dtype=np.int32)
