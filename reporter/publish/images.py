"""The choice of where pictures go so that a comment can show them: what `images:` in reporter.yaml says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from reporter.errors import UsageError
from reporter.forges.interface import Forge
from reporter.model.rules import ImagesRule, ImageStoreKind
from reporter.publish.branch import BranchStore
from reporter.publish.store import ImageStore, Published


class NoStore:
    """Pictures stay in the bundle: `images: {store: none}`."""

    place = "nowhere but in the bundle"

    def publish(self, images: Mapping[str, bytes]) -> Published:  # noqa: ARG002  the interface's parameter
        """Send nothing: no picture gets an address."""
        return Published({}, self.place)


def choose_store(rule: ImagesRule, forge: Forge) -> ImageStore:
    """The store that reporter.yaml names. Raises `UsageError` for one that this forge has not got."""
    match rule.store:
        case ImageStoreKind.BRANCH:
            return BranchStore(forge, rule.branch)
        case ImageStoreKind.NONE:
            return NoStore()
        case ImageStoreKind.S3 | ImageStoreKind.FORGE:
            raise UsageError(
                f"reporter.yaml: images.store is `{rule.store}`, which cannot be used with this forge",
                hint="use `branch`, which keeps pictures on a branch of the repository, or `none`",
            )
        case _:
            assert_never(rule.store)
