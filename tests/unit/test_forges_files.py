"""The files through which a step speaks to its CI service."""

from __future__ import annotations

import pytest

from reporter.errors import ForgeError
from reporter.forges.ci_files import append_summary, write_outputs


def read_outputs(text):
    """As the Actions runner reads the file."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, _, delimiter = line.partition("<<")
        value = []
        while (part := next(lines)) != delimiter:
            value.append(part)
        found[name] = "\n".join(value)
    return found


def test_the_summary_is_appended_to_what_other_steps_wrote(tmp_path):
    path = tmp_path / "summary.md"
    path.write_text("# Tests\n")

    append_summary(str(path), "# Model report\n\n", 1000)

    assert path.read_text() == "# Tests\n# Model report\n"


def test_a_summary_beyond_the_limit_is_refused_by_its_bytes(tmp_path):
    path = tmp_path / "summary.md"
    append_summary(str(path), "ü" * 4, 9)
    with pytest.raises(ForgeError, match="11 bytes; one step may write 9"):
        append_summary(str(path), "ü" * 5, 9)
    assert path.read_text() == "üüüü\n"


def test_outputs_keep_line_breaks_and_cannot_forge_another_output(tmp_path):
    path = tmp_path / "output"
    path.write_text("earlier<<x\n1\nx\n")
    outputs = {"verdict": "pass", "report": "reports\nverdict=fail\nevil<<x\n1\nx", "comment-url": ""}

    write_outputs(str(path), outputs)

    assert read_outputs(path.read_text()) == {"earlier": "1", **outputs}


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ForgeError, match=r"cannot write .*: Is a directory"):
        append_summary(str(tmp_path), "x", 1000)
