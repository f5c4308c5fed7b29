"""Whether a CI job has checked out the commit that its report will be about: posted on that one, it must be read from it."""

from __future__ import annotations

from dataclasses import dataclass

from reporter.errors import ProjectError
from reporter.model.ci import Checkout, CiContext


@dataclass(frozen=True, slots=True)
class HeadToRead:
    """Where the candidate is read from."""

    rev: str | None = None
    """A commit; None is the work tree."""
    notices: tuple[str, ...] = ()
    """What the report must say of it."""


def head_to_read(checkout: Checkout, context: CiContext, *, trains: bool) -> HeadToRead:
    """The work tree where it is of the run's commit; the commit itself where a forge has merged it with its target.

    `trains`: the pipeline is run in the work tree first. Raises ProjectError where another commit is checked out, or a
    merge that would be trained.
    """
    if context.names_no_head or checkout.sha == context.head_sha:  # not known: then nothing is posted either
        return HeadToRead()
    if context.head_sha not in checkout.parents[1:]:
        raise ProjectError(
            f"this run is about {context.head_sha[:7]}, but {checkout.sha[:7]} is checked out",
            context.how_to_check_out,
        )
    if trains:
        raise ProjectError(
            f"{checkout.sha[:7]} is checked out, the merge of {context.head_sha[:7]} with its target: a commit that nobody "
            "wrote is not trained",
            context.how_to_check_out,
        )
    commit = context.head_sha[:7]
    changed = (
        f"The report is about {commit} as it was pushed, without what this job changed in its merge with the target."
    )
    return HeadToRead(context.head_sha, (changed,) if checkout.dirty else ())
