"""report.json: how a report is written, and read back as the untrusted input that it is. Pure."""

from reporter.codec.reader import report_from_json
from reporter.codec.writer import report_to_json

__all__ = ["report_from_json", "report_to_json"]
