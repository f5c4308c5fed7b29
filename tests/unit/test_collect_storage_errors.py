"""What storage clients raise, as one line with its mend."""

from __future__ import annotations

import pytest

from reporter.collect.dvc.remotes import RemoteAddress
from reporter.collect.dvc.storage_errors import explain_failure
from reporter.collect.pipeline import StoredObject
from reporter.model.problem import ProblemKind

CONTENT = StoredObject("0123456789abcdef", "md5")
REMOTE = RemoteAddress("storage", "s3://bucket")


class NoCredentialsError(Exception):
    """As botocore calls it."""


class EndpointConnectionError(Exception):
    """As botocore calls it."""


class ClientResponseError(Exception):
    """As aiohttp calls it."""

    status = 403


class ClientError(Exception):
    """As botocore calls it."""

    response = {"Error": {"Code": "InvalidAccessKeyId"}}  # noqa: RUF012  as botocore has it


def wrapped(inner: Exception) -> Exception:
    outer = OSError("something failed")
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (FileNotFoundError("x"), ProblemKind.MISSING, "in neither the cache nor remote 'storage'"),
        (NoCredentialsError(), ProblemKind.ACCESS, "there are no credentials for remote 'storage' (s3://bucket)"),
        (wrapped(NoCredentialsError()), ProblemKind.ACCESS, "there are no credentials"),
        (PermissionError("denied"), ProblemKind.ACCESS, "refuses the credentials"),
        (ClientResponseError(), ProblemKind.ACCESS, "refuses the credentials"),
        (wrapped(ClientError()), ProblemKind.ACCESS, "refuses the credentials"),
        (EndpointConnectionError(), ProblemKind.ACCESS, "is unreachable"),
        (ConnectionRefusedError(), ProblemKind.ACCESS, "is unreachable"),
        (TimeoutError(), ProblemKind.ACCESS, "is unreachable"),
        (
            ImportError("gs is supported, but requires 'dvc-gs' to be installed"),
            ProblemKind.ACCESS,
            "remote 'storage' (s3://bucket) needs dvc-gs, which is not installed",
        ),
        (ValueError("odd https://u:hunter2@h/x?sig=1"), ProblemKind.ACCESS, "cannot be read: odd https://h/x"),
    ],
)
def test_each_failure_has_its_kind_and_reason(error, kind, says):
    found = explain_failure(error, CONTENT, REMOTE, ["storage"], damaged=False)

    assert found.kind is kind
    assert says in found.message
    assert found.hint
    assert "hunter2" not in found.message


def test_a_refusal_may_be_of_one_object_while_no_answer_is_of_all():
    refused = explain_failure(PermissionError(), CONTENT, REMOTE, ["storage"], damaged=False)
    silent = explain_failure(TimeoutError(), CONTENT, REMOTE, ["storage"], damaged=False)

    assert (refused.final, silent.final) == (False, True)
    assert refused.remote == silent.remote == "remote 'storage'"


def test_a_damaged_object_that_no_remote_has_is_corrupt():
    assert explain_failure(FileNotFoundError(), CONTENT, REMOTE, ["storage"], damaged=True).kind is ProblemKind.CORRUPT
