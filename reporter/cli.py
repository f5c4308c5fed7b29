"""The command line: parser, output and exit codes, and the one place that catches ReporterError."""

from __future__ import annotations

import argparse
import gc
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TextIO

from reporter import __version__
from reporter.errors import ReporterError, UsageError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from reporter.bundle import Bundle
    from reporter.collect.project import Project
    from reporter.commands.post_bundles import TasksFor
    from reporter.commands.report import ReportRequest, Source
    from reporter.commands.task import Task
    from reporter.model.ci import CiContext
    from reporter.model.report import AnyReport
    from reporter.model.rules import CommentRule

DONE = 0
BUG = 70
INTERRUPTED = 130
"""128 + SIGINT, as a shell would say."""
READER_GONE = 141
"""128 + SIGPIPE."""

_COLLECT_AFTER = 50_000
"""Objects between two collections of garbage: with Python's 700, loading DVC takes a tenth longer."""

GROUPS = {
    "compare": {"report": "compare the workspace, or a revision, with a baseline"},
    "publish": {
        "merge": "put several bundles of one commit into one: one verdict, one comment",
        "post": "publish a bundle: comment, check, job summary",
        "gate": "exit code from a bundle's verdict",
    },
    "run": {"ci": "report, post and gate, all from the CI environment"},
}
"""The commands by what they are for, as `--help` lists them."""

EXAMPLES = {
    "report": """examples:
  reporter report                  compare the workspace with the default branch
  reporter report main --gate      the same with main; exit 1 if a gate fails
  reporter report v1.0 --head v1.1 compare two revisions; nothing is checked out
  reporter report --json | jq .verdict
""",
    "post": """examples:
  reporter post                    put the bundle in reports/ on its pull request
  reporter post reports --dry-run  say what would be done
  reporter post reports reports-9  post several, such as those for two pull requests of one branch
""",
    "merge": """examples:
  reporter merge reports-a reports-b   put both into reports/, which `reporter post` and `reporter gate` take
  reporter merge bundles/* --out all   the same into all/
""",
    "ci": """examples:
  reporter ci                      report, post and gate, as the CI environment says
  reporter ci --start              mark the pull request's comment as running
  reporter ci --make --repro       train and make the report where stages find no token; `reporter post` posts it
""",
    "gate": """examples:
  reporter gate reports            exit 1 if the bundle's verdict fails
""",
}


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run one command and return the process's exit code (see docs/cli.md).

    Without `environ` the process is ours: it takes the environment's and ends here.
    """
    if environ is None:
        _be_the_process(arguments)
    return _exit_code(arguments, environ)


def _be_the_process(arguments: Sequence[str] | None) -> NoReturn:
    """End with the command, whatever still waits: a thread that hangs in a storage's client must not keep the process."""
    import os

    from reporter import warden

    warden.post()
    gc.set_threshold(_COLLECT_AFTER)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` wants it
            signal.signal(number, _end_in_order)
    try:
        code = _exit_code(arguments, os.environ)
        _hear_no_more()
    except SystemExit as left:  # a usage error, `--help`, SIGTERM
        code = left.code if isinstance(left.code, int) else DONE
    except KeyboardInterrupt:  # after all was done
        code = INTERRUPTED
    warden.dismiss()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            _flush(stream)
    os._exit(code)


def _flush(stream: TextIO | None) -> None:
    """None is one that was closed before this process began."""
    if stream is not None:
        stream.flush()


def _exit_code(arguments: Sequence[str] | None, environ: Mapping[str, str]) -> int:
    try:
        code = _run(arguments, environ)
        _flush(sys.stdout)  # here a reader that has gone away can still be told from a bug
    except ReporterError as error:
        _say_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        _say("reporter: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        return _leave_quietly()
    except Exception:  # noqa: BLE001  the last resort: whatever is not a ReporterError is a bug
        return _say_bug(environ)
    return code


def _end_in_order(number: int, _frame: FrameType | None) -> NoReturn:
    """Leave every block on the way out, so that no browser, reader or temporary folder stays; the warden sees to the time."""
    _hear_no_more()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def _hear_no_more() -> None:
    """An end is under way: a second signal must not disturb it, and what breaks in other threads by it is no news."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _ignore)
    for module, hook in ((threading, "excepthook"), (sys, "unraisablehook")):
        setattr(module, hook, _ignore)


def _ignore(*_: object) -> None:
    """A handler, unlike SIG_IGN, is not inherited by the programs that an end in order still runs."""


def _run(arguments: Sequence[str] | None, environ: Mapping[str, str]) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.run is None:
        parser.print_help()
        return DONE
    run: Callable[[argparse.Namespace, Mapping[str, str]], int] = options.run
    return run(options, environ)


def _say_error(error: ReporterError) -> None:
    _say(f"reporter: {error.message}")
    if error.hint:
        _say(f"          {error.hint}")


def _leave_quietly() -> int:
    """End as `head` and the like expect of a program that they have heard enough of: without a word."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left must not fail at the exit again
    return READER_GONE


def _say_bug(environ: Mapping[str, str]) -> int:
    """Put the traceback where it can be found, without tokens and passwords, and say so in one line."""
    import tempfile
    import traceback

    from reporter.settings import Environment

    text = Environment(environ).without_secrets(traceback.format_exc())
    if environ.get("CI"):
        print(text, file=sys.stderr)
        place = "above"
    else:
        with tempfile.NamedTemporaryFile("w", prefix="reporter-", suffix=".log", delete=False) as log:
            log.write(text)
        place = f"in {log.name}"
    last = text.strip().splitlines()[-1]
    _say(f"reporter: a bug in reporter {__version__}: {last}; the traceback is {place}")
    return BUG


class _Parser(argparse.ArgumentParser):
    """Says a usage error in the same form as every other error."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"reporter: {message}\n          `{self.prog} --help` shows the usage.\n")


class _Grouped(argparse.HelpFormatter):
    """Lists the commands group by group."""

    def _format_action(self, action: argparse.Action) -> str:
        if not isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  argparse gives its type no public name
            return super()._format_action(action)
        lines = (
            line
            for group, commands in GROUPS.items()
            for line in (f"  {group}", *(f"    {name:<20}{summary}" for name, summary in commands.items()))
        )
        return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="reporter",
        description="Tells what a change does to a model: compares two revisions of a DVC project and reports it.",
        epilog="`reporter COMMAND --help` shows a command's options with examples.",
        formatter_class=_Grouped,
    )
    parser.add_argument("--version", action="version", version=f"reporter {__version__}")
    _add_completion(parser)
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    _add_report(commands)
    _add_merge(commands)
    _add_post(commands)
    _add_ci(commands)
    _add_gate(commands)
    return parser


def _add_completion(parser: argparse.ArgumentParser) -> None:
    class PrintCompletion(argparse.Action):
        def __call__(
            self,
            parser: argparse.ArgumentParser,
            _namespace: argparse.Namespace,
            values: object,
            _option: str | None = None,
        ) -> None:
            import shtab

            print(shtab.complete(parser, str(values)))
            parser.exit()

    parser.add_argument(
        "--print-completion",
        choices=("bash", "zsh"),
        action=PrintCompletion,
        help="print a completion script for this shell",
    )


Commands = argparse._SubParsersAction  # noqa: SLF001  argparse gives its type no public name


def _add_command(commands: Commands[_Parser], name: str) -> argparse.ArgumentParser:
    summary = next(group[name] for group in GROUPS.values() if name in group)
    return commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=EXAMPLES[name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_report(commands: Commands[_Parser]) -> None:
    command = _add_command(commands, "report")
    _add_comparison_options(command)
    command.add_argument(
        "--head",
        metavar="REV",
        action="append",
        help="a revision instead of the workspace; nothing is checked out. Given again: further candidates",
    )
    command.add_argument("--json", action="store_true", help="print report.json to standard output, and nothing else")
    command.add_argument("--gate", action="store_true", help="exit 1 if the verdict fails")
    command.set_defaults(run=_run_report)


def _add_comparison_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("base", metavar="BASE", nargs="?", help="the baseline: a branch, tag, commit or experiment")
    command.add_argument(
        "--policy",
        choices=("merge-base", "tip", "exact"),
        default="merge-base",
        help="where on a branch the baseline is taken (default: merge-base)",
    )
    command.add_argument("--out", metavar="DIR", type=Path, default=Path("reports"), help="the bundle's folder")
    _add_config_option(command)
    command.add_argument("--no-images", dest="images", action="store_false", help="no pictures; needs no browser")


def _add_config_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--config", metavar="FILE", type=Path, help="default: reporter.yaml beside dvc.yaml")


def _add_merge(commands: Commands[_Parser]) -> None:
    command = _add_command(commands, "merge")
    command.add_argument("bundles", metavar="DIR", nargs="+", type=Path)
    command.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("reports"), help="the folder of the new bundle"
    )
    command.set_defaults(run=_run_merge)


def _add_post(commands: Commands[_Parser]) -> None:
    command = _add_command(commands, "post")
    command.add_argument("bundles", metavar="DIR", nargs="*", type=Path, default=[Path("reports")])
    _add_config_option(command)
    command.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    command.set_defaults(run=_run_post)


def _add_ci(commands: Commands[_Parser]) -> None:
    command = _add_command(commands, "ci")
    _add_comparison_options(command)
    part = command.add_mutually_exclusive_group()
    part.add_argument("--start", action="store_true", help="only mark the comment as running")
    part.add_argument(
        "--make", action="store_true", help="only make the report; needs no token, `reporter post` posts it"
    )
    command.add_argument(
        "--repro",
        action="store_true",
        help="first dvc pull, repro and (in CI) push; the baseline too where its outputs are nowhere",
    )
    command.set_defaults(run=_run_ci)


def _add_gate(commands: Commands[_Parser]) -> None:
    command = _add_command(commands, "gate")
    command.add_argument("bundle", metavar="DIR", nargs="?", type=Path, default=Path("reports"))
    command.set_defaults(run=_run_gate)


def _run_report(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from reporter import wiring

    report = _write_bundle(options, environ, wiring.read_context(environ)).report
    _print_report(report, options.out, as_json=options.json)
    return _leave_by_gate(report) if options.gate else DONE


def _write_bundle(
    options: argparse.Namespace, environ: Mapping[str, str], context: CiContext | None, *, in_ci: bool = False
) -> Bundle:
    """Make the report that the options ask for and write its bundle."""
    heads = () if in_ci else tuple(options.head or ())
    (bundle,) = _write_bundles(options, environ, {options.out: context}, heads, in_ci=in_ci)
    return bundle


def _write_bundles(
    options: argparse.Namespace,
    environ: Mapping[str, str],
    contexts: Mapping[Path, CiContext | None],
    heads: tuple[str, ...],
    *,
    in_ci: bool,
) -> list[Bundle]:
    """Make a report for each folder and write its bundle there, all of the same candidates: these are trained and opened once."""
    import tempfile

    from reporter import wiring

    project = wiring.open_project(_here())
    if notice := wiring.notice_of_dvc():
        _say(notice)
    rules = wiring.project_rules(project, options.config, heads[0] if heads and in_ci else None)
    is_real = any(context is not None for context in contexts.values())
    with (
        wiring.progress(environ) as say,
        _opened_source(options, project, say, list(contexts), is_real=is_real, in_ci=in_ci) as source,
        wiring.open_exporter(environ, images=options.images) as exporter,
    ):
        from reporter.bundle import check_replaceable, write_bundle
        from reporter.commands.report import make_report

        for folder in contexts:
            check_replaceable(folder)
        wiring.load_renderers()
        request = _report_request(options, project, heads, in_ci=in_ci)
        written: list[Bundle] = []
        for folder, context in contexts.items():
            run = wiring.run_info(context)
            with tempfile.TemporaryDirectory(prefix="reporter-") as pictures:
                made = make_report(
                    request, source, exporter, rules, context, run, Path(pictures), wiring.plotly_js(), say
                )
                written.append(write_bundle(folder, made.bundle, made.page))
            if made.failure is not None:
                _say(f"What else the report holds is in {folder / 'report.html'}")
                raise made.failure
        return written


def _opened_source(
    options: argparse.Namespace,
    project: Project,
    say: Callable[[str], None],
    folders: Sequence[Path],
    *,
    is_real: bool,
    in_ci: bool,
) -> AbstractContextManager[Source]:
    """The project as it is, or reproduced first. A dry run must not write to the team's storage."""
    from contextlib import nullcontext

    from reporter import wiring

    if in_ci and options.repro:
        from reporter.bundle import check_replaceable

        for folder in folders:
            check_replaceable(folder)  # a training takes long
        return nullcontext(wiring.reproduced(project, say, push=is_real))
    return wiring.reading(project, say)


def _report_request(
    options: argparse.Namespace, project: Project, heads: tuple[str, ...], *, in_ci: bool
) -> ReportRequest:
    from reporter import wiring
    from reporter.commands.checkout import left_out
    from reporter.commands.report import ReportRequest
    from reporter.model.revision import WORKSPACE, Policy
    from reporter.settings import CONFIG_NAME

    config = wiring.config_path(project, options.config)
    if in_ci and config is None:
        raise UsageError(
            f"{options.config} is outside the DVC project, so no baseline has it to judge by",
            "Put it into the project: in CI the gates are those of the baseline.",
        )
    return ReportRequest(
        base=options.base or None,
        heads=heads or (WORKSPACE,),
        policy=Policy(options.policy),
        config=config or CONFIG_NAME,
        judged_by_base=in_ci,
        notices=(
            *(left_out(heads[0], project.resolve_head(None)) if in_ci and heads else ()),
            *(() if options.config else project.stray_configurations(CONFIG_NAME)),
        ),
    )


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise UsageError("The current folder is no longer there", "Change into the project's folder.") from error


def _print_report(report: AnyReport, folder: Path, *, as_json: bool = False) -> None:
    """The result on standard output; where to look on standard error."""
    from reporter import wiring
    from reporter.codec.writer import report_to_json
    from reporter.render.terminal import print_report

    if as_json:
        sys.stdout.write(report_to_json(report))
    else:
        print_report(report, wiring.result_console())
    _say(f"The whole report: {folder / 'report.html'}, with report.md and report.json beside it")


def _run_merge(options: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    from reporter.bundle import check_replaceable, write_bundle
    from reporter.commands.merge import merge

    check_replaceable(options.out)
    merged = merge(options.bundles)
    _print_report(write_bundle(options.out, merged.bundle, merged.page).report, options.out)
    return DONE


def _run_post(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from reporter import wiring
    from reporter.bundle import read_bundle
    from reporter.commands.dry_run import rehearse
    from reporter.commands.post_bundles import post_bundles

    context = wiring.read_context(environ)
    connect, open_store = wiring.connector(context, environ), wiring.store_opener(_here(), options.config)
    tasks_for = _tasks_for(context, options, environ) if context else None
    if tasks_for and not options.dry_run:
        for failure in post_bundles(options.bundles, tasks_for, connect, open_store, _say):
            raise failure
        return DONE
    bundles = {folder: read_bundle(folder) for folder in options.bundles}
    if not options.dry_run:
        raise UsageError(
            "There is nothing to post to outside a CI job", "See what a job would post with `reporter post --dry-run`."
        )
    for folder, bundle in bundles.items():
        task = tasks_for(bundle.report)[0] if tasks_for else None
        rehearse(bundle, folder, task, connect, open_store, _say, print)
    return DONE


def _tasks_for(context: CiContext, options: argparse.Namespace, environ: Mapping[str, str]) -> TasksFor:
    """What a report was made for: as the start of the job has decided, else as the reporter.yaml here says."""
    from reporter import wiring
    from reporter.commands.task import Task, task_of

    started = _started(context, environ)

    def tasks_for(report: AnyReport | None) -> Sequence[Task]:
        if started:
            return [task_of(report, started)] if report else started
        comment = wiring.comment_rule(_here(), options.config)
        return [Task(context, _allowed(comment, report.comment) if report else comment)]

    return tasks_for


def _started(context: CiContext, environ: Mapping[str, str]) -> list[Task]:
    """What `reporter ci --start` has told this step there is to do; nothing where it has not."""
    from reporter.commands.task import read_tasks

    started = environ.get("REPORTER_STARTED")
    return read_tasks(started, context) if started else []


def _allowed(trusted: CommentRule, asked: CommentRule) -> CommentRule:
    """The comment that a report goes to: the one it asks for only if the trusted reporter.yaml knows that one."""
    from reporter.render.escape import shorten

    comment = trusted.allowed(asked)
    if comment.key != asked.key:
        _say(
            f"The report asks for the comment “{shorten(asked.key)}” and goes to “{comment.key}”: the reporter.yaml in "
            "force here names no other in `comment`"
        )
    return comment


def _run_ci(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from reporter import wiring
    from reporter.commands.ci import Maker, ci, ci_make, ci_start
    from reporter.commands.task import Task, find_tasks

    context = wiring.read_context(environ)
    if options.repro and not options.start:
        _warn_of_tokens(environ, in_ci=context is not None)
    if context is None:
        return _rehearse_ci(options, environ)
    connect = wiring.connector(context, environ)

    def comment_for(context: CiContext) -> CommentRule:
        own = wiring.comment_rule(_here(), options.config)
        return _allowed(wiring.comment_in_force(_here(), options.config, own, context), own)

    def make(tasks: Sequence[Task], head: str | None) -> list[Bundle]:
        contexts = {task.folder(options.out, place): task.context for place, task in enumerate(tasks)}
        bundles = _write_bundles(options, environ, contexts, (head,) if head else (), in_ci=True)
        for folder, bundle in zip(contexts, bundles, strict=True):
            _print_report(bundle.report, folder)
        return bundles

    maker = Maker(lambda: wiring.read_checkout(_here()), make, trains=options.repro)
    if options.make:
        tasks = _started(context, environ) or [Task(context, comment_for(context))]
        with _ending_leftovers(trains=options.repro):
            return ci_make(tasks, options.out, maker, _say)
    tasks = find_tasks(context, connect, options.base or None, comment_for)
    if options.start:
        ci_start(tasks, connect, _say)
        return DONE
    return ci(tasks, options.out, maker, connect, wiring.store_opener(_here(), options.config), _say)


def _warn_of_tokens(environ: Mapping[str, str], *, in_ci: bool) -> None:
    from reporter import wiring

    if names := wiring.read_environment(environ).token_names:
        _say(f"The stages can read the token in {' and '.join(names)}: the environment of this process is open to them")
        _say(
            "  Train in a step without it, by `ci --make --repro`, between `ci --start` and `post`: see docs/github.md"
        )
    if in_ci and wiring.keeps_credentials(_here()):
        _say("The stages can read the token that the checkout left in git's configuration")
        _say("  Give actions/checkout `persist-credentials: false`")


def _ending_leftovers(*, trains: bool) -> AbstractContextManager[None]:
    """What a stage leaves running could read the token of the step that posts."""
    from contextlib import nullcontext

    from reporter.collect.leftovers import no_leftovers

    return no_leftovers(_say) if trains else nullcontext()


def _rehearse_ci(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Outside CI: make the report, say what would be posted, and leave by the gate."""
    from reporter import wiring
    from reporter.commands.dry_run import rehearse
    from reporter.commands.gate import gate_exit_code

    if options.start:
        _say("[dry run] Outside CI there is no comment to mark as running")
        return DONE
    bundle = _write_bundle(options, environ, None, in_ci=True)
    if options.make:
        _print_report(bundle.report, options.out)
        return gate_exit_code(bundle.report)
    open_store = wiring.store_opener(_here(), options.config)
    rehearse(bundle, options.out, None, wiring.connector(None, environ), open_store, _say, print)
    return gate_exit_code(bundle.report)


def _run_gate(options: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    from reporter.bundle import read_bundle
    from reporter.render.escape import visible

    report = read_bundle(options.bundle).report
    print(f"{report.verdict}: {visible(report.summary)}")
    return _leave_by_gate(report)


def _leave_by_gate(report: AnyReport) -> int:
    """The exit code, and a word where nobody has said what is to fail."""
    from reporter.commands.gate import gate_exit_code, what_is_not_gated

    if ungated := what_is_not_gated(report):
        _say(ungated)
    return gate_exit_code(report)


def _say(message: str) -> None:
    """One line on standard error. What it quotes may come from anybody, and must steer neither a terminal nor a CI log."""
    from reporter.render.escape import visible

    print(visible(message), file=sys.stderr, flush=True)
