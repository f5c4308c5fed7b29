"""Whose reporter.yaml judges a change in CI: the baseline's, so that no change can loosen its own gates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reporter.collect.moves import LostProjectError
from reporter.errors import ConfigurationError, ProjectError
from reporter.model.revision import Revision
from reporter.model.rules import Rules
from reporter.settings import parse_rules


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The rules that judge."""

    rules: Rules
    notices: tuple[str, ...] = ()
    """Where they are not the candidate's own, or are though a baseline might have had some."""
    obstacle: str = ""
    """Why nothing can be judged at all; usually empty."""
    lost: str = ""
    """Why a baseline without metrics makes no first report; usually empty."""


def rules_in_force(
    own: Rules,
    base: Revision,
    name: str,
    read: Callable[[Revision], str | None],
    tip: Callable[[], Revision | None],
) -> RulesInForce:
    """The rules of the baseline; those of its branch today where the baseline is from before there were any.

    `own`: the change's. `name`: the path of reporter.yaml, which `read` reads of a revision, None where it has none and raising
    ProjectError where it has one that cannot be read. `tip`: the newest commit of the baseline's branch.
    """
    try:
        text = read(base)
        if text is not None:
            return _of_base(own, parse_rules(text), base, name)
        newest = tip() if base.behind else None
        text = None if newest is None else read(newest)
        if text is not None:
            return _of_tip(own, parse_rules(text), base, name)
    except LostProjectError as lost:
        return RulesInForce(own.judged_by(Rules()), obstacle=f"can't be judged: {base.label} {lost.message}")
    except (ConfigurationError, ProjectError) as error:
        return _of_nobody(own, base, name, error)
    notice = f"{base.label} has no {name}: this change's own gates are in force."
    return RulesInForce(own, () if own == Rules() else (notice,))


def _of_base(own: Rules, trusted: Rules, base: Revision, name: str) -> RulesInForce:
    if own.judges_like(trusted):
        return RulesInForce(own)
    notice = f"This change edits how {name} judges; the gates in force are those of {base.label}."
    return RulesInForce(own.judged_by(trusted), (notice,))


def _of_tip(own: Rules, trusted: Rules, base: Revision, name: str) -> RulesInForce:
    """A change that left its branch before there were gates must not get past them by that."""
    notice = (
        f"This change left {base.label} before there was a {name}; the gates in force are those of {base.label} today."
    )
    is_gated = any(rule.gate is not None for rule in trusted.metrics)
    lost = f"this change left {base.label} before there were metrics to compare with; merge {base.label} into it"
    return RulesInForce(own.judged_by(trusted), (notice,), lost=lost if is_gated else "")


def _of_nobody(own: Rules, base: Revision, name: str, error: ConfigurationError | ProjectError) -> RulesInForce:
    """Nobody may judge by rules of his own because the baseline's are broken: what decides the verdict is the default."""
    why = error.message
    if isinstance(error, ConfigurationError):
        why = error.problem if error.line is None else f"line {error.line}: {error.problem}"
    obstacle = f"can't be judged: {base.label}'s {name} is broken ({why}); this change may mend it"
    notice = f"No gate is in force until {name} can be read in {base.label}; the metrics are shown by the defaults."
    return RulesInForce(own.judged_by(Rules()), (notice,), obstacle)
