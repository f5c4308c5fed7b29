"""Whether a CI job has checked out the commit that its report will be about: posted on that one, it must be read from it."""

from __future__ import annotations

from reporter.errors import ProjectError
from reporter.model.ci import Checkout, CiContext
from reporter.model.revision import Revision


def head_to_read(checkout: Checkout, context: CiContext, *, trains: bool) -> str | None:
    """None, which is the work tree, where that is of the run's commit; the commit where a merge of it is checked out.

    `trains`: the pipeline is run in the work tree first. Raises ProjectError where another commit is checked out, or a
    merge that would be trained.
    """
    if context.names_no_head or checkout.sha == context.head_sha:  # not known: then nothing is posted either
        return None
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
    return context.head_sha


def left_out(head: str, workspace: Revision) -> tuple[str, ...]:
    """What a report on the commit `head` must say where the job has changed its merge, which is the work tree."""
    if not workspace.dirty:
        return ()
    return (
        f"The report is about {head[:7]} as it was pushed, without what this job changed in its merge with the target.",
    )
