"""`reporter merge`: several bundles of one commit become one bundle, one comment and one verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from bundle_factories import WORKSPACE, write_small
from jsonschema import Draft202012Validator

from reporter.bundle import read_bundle
from reporter.cli import main
from reporter.codec.schema import schema_text
from reporter.errors import BundleError
from reporter.model.comparison import Verdict
from reporter.model.report import Report, Reports
from reporter.model.rules import FailOn


@pytest.fixture
def two(tmp_path, monkeypatch) -> tuple[Report, Report]:
    monkeypatch.chdir(tmp_path)
    return write_small(Path("a"), "models/early"), write_small(Path("b"), "models/late", Verdict.FAIL)


def merged(folder: str = "reports") -> Reports:
    report = read_bundle(Path(folder)).report
    assert isinstance(report, Reports)
    return report


def test_each_report_is_whole_and_the_verdict_is_the_worst(two, capfd):
    assert main(["merge", "a", "b"], {}) == 0
    found = merged()
    assert [each.project for each in found.reports] == ["models/early", "models/late"]
    assert [each.metrics for each in found.reports] == [each.metrics for each in two]
    assert found.verdict is Verdict.FAIL
    assert found.summary == "Of 2 reports 1 fails and 1 passes; models/late: summary of models/late"
    assert found.summary in capfd.readouterr().out


def test_the_document_is_as_the_schema_says(two):
    main(["merge", "a", "b"], {})
    document = json.loads(Path("reports/report.json").read_text())
    assert list(Draft202012Validator(json.loads(schema_text())).iter_errors(document)) == []
    assert list(document) == ["schema_version", "verdict", "summary", "notices", "reports"]


def test_pictures_of_one_name_are_kept_apart_and_each_page_is_kept(two):
    main(["merge", "a", "b"], {})
    assert sorted(merged().images) == ["images/1-roc.png", "images/2-roc.png"]
    assert Path("reports/files/2.html").read_text() == "<!doctype html><p>models/late"
    page = Path("reports/report.html").read_text()
    assert 'href="files/1.html"' in page
    assert "models/early" in page


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ((Verdict.PASS,), "The report passes"),
        ((Verdict.PASS, Verdict.PASS), "Both reports pass"),
        ((Verdict.WARN,) * 3, "All 3 reports are in doubt; p0: summary of p0"),
        ((Verdict.PASS, Verdict.WARN, Verdict.UNKNOWN), "Of 3 reports 1 is not judged, 1 is in doubt and 1 passes"),
        ((Verdict.PASS, Verdict.FAIL, Verdict.PASS), "Of 3 reports 1 fails and 2 pass; p1: summary of p1"),
    ],
)
def test_the_sentence_says_how_many_ended_how(tmp_path, verdicts, said):
    for place, verdict in enumerate(verdicts):
        write_small(tmp_path / f"in{place}", f"p{place}", verdict)
    folders = [str(tmp_path / f"in{place}") for place in range(len(verdicts))]
    assert main(["merge", *folders, "--out", str(tmp_path / "out")], {}) == 0
    report = read_bundle(tmp_path / "out").report
    assert report.summary.startswith(said)
    assert report.verdict is max(verdicts, key=lambda verdict: verdict.severity)


def test_each_report_s_own_fail_on_decides_what_the_gate_says(two, tmp_path):
    main(["merge", "a", "b"], {})
    assert main(["gate", "reports"], {}) == 1
    write_small(tmp_path / "lenient", "models/late", Verdict.FAIL, fail_on=FailOn.NEVER)
    main(["merge", "a", "lenient", "--out", "other"], {})
    assert main(["gate", "other"], {}) == 0


def test_reports_of_one_project_are_called_by_their_folders(two, tmp_path):
    write_small(tmp_path / "cpu", "")
    write_small(tmp_path / "gpu", "")
    main(["merge", "cpu", "gpu", "a"], {})
    assert [each.project for each in merged().reports] == ["cpu", "gpu", "models/early"]


def test_what_was_merged_can_be_merged_again(two, tmp_path):
    main(["merge", "a", "b"], {})
    write_small(tmp_path / "c", "models/third")
    assert main(["merge", "reports", "c", "--out", "all"], {}) == 0
    assert [each.project for each in merged("all").reports] == ["models/early", "models/late", "models/third"]
    assert Path("all/files/2.html").read_text() == "<!doctype html><p>models/late"


def test_it_may_replace_one_of_its_parts(two):
    assert main(["merge", "a", "b", "--out", "a"], {}) == 0
    assert [each.project for each in merged("a").reports] == ["models/early", "models/late"]


def test_reports_of_different_commits_are_refused(two, tmp_path, capfd):
    write_small(tmp_path / "old", "models/old", head=replace(WORKSPACE, sha="1" * 40))
    assert main(["merge", "a", "old"], {}) == 3
    assert "Merge reports on one commit" in capfd.readouterr().err
    assert not Path("reports").exists()


def test_a_folder_without_a_bundle_is_one_line_and_nothing_is_written(two, capfd):
    assert main(["merge", "a", "nowhere"], {}) == 3
    assert "There is no bundle in nowhere" in capfd.readouterr().err
    assert not Path("reports").exists()


def test_a_page_that_is_a_link_is_not_followed(two, tmp_path):
    (tmp_path / "secret").write_text("secret")
    Path("a/report.html").unlink()
    Path("a/report.html").symlink_to(tmp_path / "secret")
    assert main(["merge", "a", "b"], {}) == 0
    assert [path.name for path in Path("reports/files").iterdir()] == ["2.html"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda document: document.update(reports=[]), "reports must be a list of at least one report"),
        (lambda document: document.update(verdict="pass"), "verdict must be fail, as the worst of its reports says"),
        (lambda document: document["reports"][1].update(verdict="pass"), "reports[1].verdict must be fail"),
        (lambda document: document["reports"][0]["head"].update(sha="2" * 40), "reports[1].head.sha must be the same"),
        (lambda document: document["reports"][0].update(params=[{}] * 60_000), "holds more than 50,000 rows"),
        (lambda document: document["reports"][0].update(reports=[1]), None),
    ],
    ids=["none", "verdict", "inner verdict", "other commit", "rows", "nested"],
)
def test_a_document_that_contradicts_itself_is_refused(two, change, said):
    main(["merge", "a", "b"], {})
    path = Path("reports/report.json")
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    if said is None:  # an unknown field of a report
        assert len(merged().reports) == 2
        return
    with pytest.raises(BundleError) as refused:
        read_bundle(Path("reports"))
    assert said in refused.value.message
