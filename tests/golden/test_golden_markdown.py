"""The comment, word by word, for each situation a team meets.

After a change that is meant, write the expected texts again and read their difference before committing it:

    REPORTER_WRITE_GOLDEN=1 pytest tests/golden/test_golden_markdown.py
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from report_factories import SCENARIOS, links, merged_reports

from reporter.render.markdown.document import render_markdown

EXPECTED = Path(__file__).parent / "markdown"


TEXTS = {**SCENARIOS, "merged_reports": merged_reports}


@pytest.mark.parametrize("name", TEXTS)
def test_the_comment_reads_as_agreed(name):
    report = TEXTS[name]()
    text = render_markdown(report, links(report), whole="https://example.org/report.html")
    expected = EXPECTED / f"{name}.md"
    if os.environ.get("REPORTER_WRITE_GOLDEN"):
        expected.write_text(text, encoding="utf-8", newline="\n")
    assert text == expected.read_text(encoding="utf-8")


def test_every_expected_text_belongs_to_a_scenario():
    assert {path.stem for path in EXPECTED.iterdir()} == set(TEXTS)
