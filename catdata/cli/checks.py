"""Commands that look for trouble: check, verify."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catdata.cli import helping, options, output
from catdata.errors import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.dataset.audit import Finding
    from catdata.dataset.verify import VerifyReport
    from catdata.dataset.workspace import Workspace
    from catdata.engine import Jobs

_SHOWN_OF_A_KIND = 10


@helping.command(epilog="Example: catdata check --strict")
@click.option("--strict", is_flag=True, help="Exit with status 1 if anything is found.")
@click.option(
    "--doubtful/--no-doubtful",
    default=True,
    show_default=True,
    help="Also look for wrong labels, by networks that did not see the image.",
)
@options.plot
@options.checking_workers
@options.as_json
@options.quiet
@click.pass_obj
@click.pass_context
def check(
    ctx: click.Context,
    start: Path | None,
    strict: bool,
    doubtful: bool,
    plot: Path | None,
    jobs: Jobs,
    training_jobs: Jobs,
    as_json: bool,
) -> None:
    """Look for copies, leaks, wrong labels and poor pictures.

    Nothing is changed. --plot draws how much of each kind was found, and some of the pictures.
    """
    from catdata.dataset.audit import audit
    from catdata.dataset.workspace import Workspace

    workspace = Workspace.find(start)
    with output.progress("check", "images") as show:
        findings = audit(workspace, jobs=jobs, on_progress=show)
    if doubtful:
        findings += _doubtful(workspace, jobs, training_jobs)
    if plot:
        _draw(workspace, findings, plot)
    if as_json:
        output.emit_json({"findings": [finding.to_json() for finding in findings]})
    else:
        click.echo(_describe(findings))
    if not plot and any(finding.refs for finding in findings):
        output.next_step("catdata check --plot found.png", "see them; or catdata show REF")
    ctx.exit(1 if strict and findings else 0)


def _doubtful(workspace: Workspace, jobs: Jobs, training_jobs: Jobs) -> list[Finding]:
    from catdata.dataset.audit import Finding
    from catdata.dataset.pixels import everything
    from catdata.learning import doubt

    options_of_doubt = doubt.DoubtConfig()
    whole = everything(workspace, most=doubt.MOST_IMAGES, jobs=jobs)
    obstacle = (
        doubt.obstacle(whole.labels, whole.groups, options_of_doubt) if whole else doubt.TOO_MANY
    )
    if whole is None or obstacle:
        output.warn(f"Labels were not doubted: {obstacle}.")
        return []
    with output.progress("doubt", "trainings") as show:
        doubtful = doubt.doubtful_labels(
            whole, options_of_doubt, groups=whole.groups, jobs=training_jobs, on_progress=show
        )
    return [
        Finding(
            "doubtful-label",
            (whole.refs[row],),
            f"networks that did not see it give its label {probability:.1%} "
            f"(limit {options_of_doubt.limit:.0%}); {doubt.CAVEAT}",
        )
        for row, probability in doubtful
    ]


def _draw(workspace: Workspace, found: Sequence[Finding], plot: Path) -> None:
    from catdata.dataset.pixels import view
    from catdata.report import findings, plots
    from catdata.report.galleries import Tile

    if not found:
        output.warn(f"Nothing was found, so {shown(plot)} was not drawn.")
        return
    some = _some_of_each_kind(found)[: findings.MOST_GROUPS]
    images = iter(view(workspace, [ref for refs, _ in some for ref in refs]))
    groups = []
    for refs, kinds in some:
        seen = [next(images) for _ in refs]
        captions = [f"{image.ref}, {image.class_name}" for image in seen]
        captions[0] = f"{' and '.join(kinds)}: {captions[0]}"
        groups.append([Tile(one.whole, text) for one, text in zip(seen, captions, strict=True)])
    counts = Counter(finding.kind for finding in found)
    plots.save(findings.findings_figure(counts, groups), plot)
    output.drew(plot)


def _some_of_each_kind(found: Sequence[Finding]) -> list[tuple[tuple[str, ...], list[str]]]:
    """Return images and pairs with all kinds found of them, the first of every kind leading."""
    kinds: dict[tuple[str, ...], list[str]] = {}
    for finding in found:
        if finding.refs:
            kinds.setdefault(finding.refs, []).append(finding.kind)
    seen: Counter[str] = Counter()
    turns = {}
    for refs, of_refs in kinds.items():
        turns[refs] = seen[of_refs[0]]
        seen[of_refs[0]] += 1
    return sorted(kinds.items(), key=lambda entry: turns[entry[0]])


def _describe(findings: Sequence[Finding]) -> str:
    if not findings:
        return "Nothing found."
    lines = []
    for kind, number in Counter(finding.kind for finding in findings).items():
        lines.append(f"{kind} ({number})")
        some = [finding for finding in findings if finding.kind == kind][:_SHOWN_OF_A_KIND]
        lines += [
            output.paragraph(" ".join((*finding.refs, finding.detail)), "  ") for finding in some
        ]
        if number > len(some):
            lines.append(f"  ... and {number - len(some)} more: catdata check --json")
    return "\n".join(lines)


@helping.command(epilog="Example: catdata verify")
@click.option("--repair", is_flag=True, help="Mend what can be mended.")
@click.option("--prune", is_flag=True, help="Delete stored files that no image refers to.")
@options.as_json
@options.quiet
@click.pass_obj
@click.pass_context
def verify(
    ctx: click.Context, start: Path | None, repair: bool, prune: bool, as_json: bool
) -> None:
    """Check every stored byte against what is known of it.

    With --repair the catalog is made again from its log (data/log.jsonl) or the log from the
    catalog, misnamed photos are put back, lost ones are fetched from where they came or taken out
    of builds, and damaged builds are written anew. The exit status is 3 if anything is damaged and
    was not mended.
    """
    from catdata.dataset import verify as verifying
    from catdata.dataset.workspace import Workspace

    workspace = Workspace.find(start)
    with output.progress("verify", "files") as show:
        report = verifying.verify(workspace, repair=repair, on_progress=show)
    if report.orphans:
        # After the catalog was lost they may be images that nothing else tells of.
        prune = prune and not any(damage.kind == "damaged-catalog" for damage in report.damage)
        output.warn(_describe_orphans(report, prune=prune))
        if prune:
            report = verifying.prune(workspace, report)
    if as_json:
        output.emit_json(report.to_json())
    else:
        click.echo(_describe_verify(report))
    if not report.is_sound:
        output.next_step(*_advice(report, workspace.root, repaired=repair))
    ctx.exit(0 if report.is_sound else 3)


def _describe_orphans(report: VerifyReport, *, prune: bool) -> str:
    number, size = len(report.orphans), sum(orphan.bytes for orphan in report.orphans) / 1e6
    are = "stored file belongs" if number == 1 else "stored files belong"
    what = f"{number} {are} to no image ({size:.1f} MB)"
    if prune:
        return f"{what}: deleting."
    if any(damage.kind == "damaged-catalog" for damage in report.damage):
        first = report.orphans[0].path
        return (
            f"{what}: the newest lines of the log may be lost as well as the catalog. Add them"
            f" again, such as {first}, by name and label; catdata verify --json names all."
        )
    return f"{what}. Delete them with: catdata verify --prune"


def _advice(report: VerifyReport, root: Path, *, repaired: bool) -> tuple[str, str]:
    """Return what to do about damage that was not mended, and why."""
    left = [damage for damage in report.damage if not damage.mended]
    kinds = {damage.kind for damage in left}
    away = [damage for damage in left if damage.kind in ("missing-file", "changed-file")]
    away = [damage for damage in away if damage.ref]
    if kinds == {"extra-file"}:
        stray = shlex.quote(str(root / left[0].path))
        return f"mv {stray} ELSEWHERE", "catdata did not put it there, and leaves it alone"
    if repaired or all(damage.path.startswith("data/original/") for damage in left):
        return (
            "catdata verify",
            "once the file is put back from a backup: the course's own in data/original/",
        )
    if away:
        why = (
            "if the photos lie elsewhere now, or connect their disk; catdata verify --repair takes"
            f" out of builds what cannot be fetched again, {len(away)} at most"
        )
        return "catdata add FOLDER --label cat|non-cat [--in-place]", why
    return "catdata verify --repair", "mend what can be mended"


def _describe_verify(report: VerifyReport) -> str:
    lines = []
    for kind, number in Counter(damage.kind for damage in report.damage).items():
        some = [damage for damage in report.damage if damage.kind == kind]
        for damage in some[:_SHOWN_OF_A_KIND]:
            mended = f" ({damage.mended})" if damage.mended else ""
            lines.append(f"{kind}  {damage.path}: {damage.detail}{mended}")
        if number > _SHOWN_OF_A_KIND:
            more = number - _SHOWN_OF_A_KIND
            lines.append(f"{kind}  ... and {more} more: catdata verify --json")
    lines.append(f"{report.files} files read: {'all sound' if report.is_sound else 'damage found'}")
    return "\n".join(lines)
