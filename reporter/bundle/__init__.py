"""The folder a report lives in: written whole or not at all, and read back as what it is, untrusted input."""

from reporter.bundle.folder import (
    REPORT_HTML,
    Bundle,
    check_replaceable,
    read_bundle,
    read_failure,
    write_bundle,
    write_failure,
)
from reporter.codec.reader import report_from_json

__all__ = [
    "REPORT_HTML",
    "Bundle",
    "check_replaceable",
    "read_bundle",
    "read_failure",
    "report_from_json",
    "write_bundle",
    "write_failure",
]
