"""Commands that look for trouble: check, verify."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catdata.cli import options, output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.dataset.audit import Finding
    from catdata.dataset.verify import VerifyReport

_SHOWN_OF_A_KIND = 10


@click.command(epilog="Example: catdata check --strict")
@click.option("--strict", is_flag=True, help="Exit with status 1 if anything is found.")
@options.jobs
@options.as_json
@options.quiet
@click.pass_obj
@click.pass_context
def check(
    ctx: click.Context, start: Path | None, strict: bool, jobs: int | None, as_json: bool
) -> None:
    """Look for copies, leaks, conflicting labels, poor pictures and imbalance; change nothing."""
    from catdata.dataset.audit import audit
    from catdata.dataset.workspace import Workspace

    workspace = Workspace.find(start)
    with output.progress("check", "images") as show:
        findings = audit(workspace, jobs=jobs, on_progress=show)
    if as_json:
        output.emit_json({"findings": [finding.to_json() for finding in findings]})
    else:
        click.echo(_describe(findings))
    ctx.exit(1 if strict and findings else 0)


def _describe(findings: Sequence[Finding]) -> str:
    if not findings:
        return "Nothing found."
    lines = []
    for kind, number in Counter(finding.kind for finding in findings).items():
        lines.append(f"{kind} ({number})")
        some = [finding for finding in findings if finding.kind == kind][:_SHOWN_OF_A_KIND]
        lines += [f"  {' '.join((*finding.refs, finding.detail))}" for finding in some]
        if number > len(some):
            lines.append(f"  ... and {number - len(some)} more: catdata check --json")
    return "\n".join(lines)


@click.command(epilog="Example: catdata verify")
@click.option("--repair", is_flag=True, help="Mend what can be mended.")
@click.option("--prune", is_flag=True, help="Delete stored files that no image refers to.")
@options.as_json
@options.quiet
@click.pass_obj
@click.pass_context
def verify(
    ctx: click.Context, start: Path | None, repair: bool, prune: bool, as_json: bool
) -> None:
    """Check every stored file and build, byte by byte, against what is known of it.

    The exit status is 3 if anything is damaged and was not mended.
    """
    from catdata.dataset.verify import verify as inspect
    from catdata.dataset.workspace import Workspace

    with output.progress("verify", "files") as show:
        report = inspect(Workspace.find(start), repair=repair, prune=prune, on_progress=show)
    if as_json:
        output.emit_json(report.to_json())
    else:
        click.echo(_describe_verify(report))
    ctx.exit(0 if report.is_sound else 3)


def _describe_verify(report: VerifyReport) -> str:
    lines = []
    for damage in report.damage:
        mended = f" ({damage.mended})" if damage.mended else ""
        lines.append(f"{damage.kind}  {damage.path}: {damage.detail}{mended}")
    size = sum(orphan.bytes for orphan in report.orphans) / 1e6
    if report.orphans:
        what = "deleted" if report.pruned else "kept; delete them with: catdata verify --prune"
        number = len(report.orphans)
        lines.append(f"{number} stored files ({size:.1f} MB) belong to no image: {what}")
    lines.append(f"{report.files} files read: {'all sound' if report.is_sound else 'damage found'}")
    return "\n".join(lines)
