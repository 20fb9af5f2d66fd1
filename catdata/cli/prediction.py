"""The command that asks a saved network about new photos: predict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catdata.cli import completion, helping, options, output
from catdata.errors import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.dataset.ingest import AddReport
    from catdata.dataset.pixels import PreparedFile
    from catdata.learning.models import Model


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a network says of a photo.

    Attributes:
        file: Its path, as given.
        label: The class that the network names.
        probability: That the photo shows a cat, 0..1.
        mistake: Whether that is wrong by the label given; None if none was given.
    """

    file: str
    label: str
    probability: float
    mistake: bool | None


@helping.command(epilog="Example: catdata predict photos/ --label cat --add-mistakes")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE..."
)
@click.option(
    "--model",
    metavar="NAME",
    shell_complete=completion.models,
    help="A network kept by train --save [default: the one].",
)
@click.option(
    "--label", type=options.NameIn("catdata.h5file:CLASS_NAMES"), help="What they all really show."
)
@click.option("--add-mistakes", is_flag=True, help="Add those it gets wrong to train.")
@options.plot
@options.jobs
@options.as_json
@options.quiet
@click.pass_obj
@click.pass_context
def predict(
    ctx: click.Context,
    start: Path | None,
    paths: tuple[Path, ...],
    model: str | None,
    label: str | None,
    add_mistakes: bool,
    plot: Path | None,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Ask a saved network what photos show.

    The photos are prepared just as its build was. With --label and --add-mistakes the photos
    that it gets wrong are added to train.
    """
    from catdata.dataset import ingest, labels, pixels
    from catdata.dataset.images import Preparation
    from catdata.dataset.status import learnt
    from catdata.dataset.workspace import Workspace
    from catdata.h5file import CLASS_NAMES
    from catdata.learning import models

    if add_mistakes and not label:
        raise click.UsageError("--add-mistakes needs --label: what do the photos really show?")
    workspace = Workspace.find(start)
    network = models.load(workspace.run_folder(model))
    truth = CLASS_NAMES.index(label) if label else None
    entries = list(labels.with_label(paths, truth or 0))
    preparation = Preparation(network.origin.size, network.origin.fit)
    prepared = list(pixels.prepare_files(entries, preparation, jobs=jobs))
    readable = [file for file in prepared if file.picture]
    predictions = _ask(network, readable, truth)
    added = None
    if add_mistakes and truth is not None:
        wrong = [f.path for f, p in zip(readable, predictions, strict=True) if p.mistake]
        added = ingest.add(workspace, labels.with_label(wrong, truth, "train"), jobs=jobs)
    if plot and readable:
        _draw(readable, predictions, plot)
    pictures = [file.picture for file in readable if file.picture]
    known = learnt(workspace, network.origin.build, [one.content_hash for one in pictures])
    _show(predictions, [file for file in prepared if file.refused], added, as_json=as_json)
    if known:
        output.warn(
            f"{known} of these {len(readable)} photos are in train, so the network may have learnt"
            " them by heart: ask it about others."
        )
    ctx.exit(1 if len(readable) < len(prepared) or (added and added.refused) else 0)


def _ask(model: Model, files: Sequence[PreparedFile], truth: int | None) -> list[Prediction]:
    import numpy as np

    size = model.origin.size
    squares = [file.picture.pixels for file in files if file.picture]
    probabilities = model.probabilities(np.array(squares, np.uint8).reshape(-1, size, size, 3))
    predictions = []
    for file, probability in zip(files, probabilities, strict=True):
        named = model.class_name(float(probability))
        mistake = None if truth is None else model.origin.class_names.index(named) != truth
        predictions.append(Prediction(shown(file.path), named, float(probability), mistake))
    return predictions


def _draw(files: Sequence[PreparedFile], predictions: Sequence[Prediction], plot: Path) -> None:
    from catdata.dataset.pixels import previews
    from catdata.report import galleries, plots

    groups = []
    drawn = files[: galleries.MOST_GROUPS]
    wholes = previews(file.path for file in drawn)
    for file, prediction, whole in zip(drawn, predictions, wholes, strict=False):
        if file.picture:
            answer = f"{prediction.label} (cat: {prediction.probability:.0%})"
            wrong = ", wrong" if prediction.mistake else ""
            groups.append(
                [
                    galleries.Tile(whole, file.path.name),
                    galleries.Tile(file.picture.pixels, f"{answer}{wrong}"),
                ]
            )
    plots.save(galleries.gallery_figure(groups, "Photos, and what the network sees"), plot)
    output.drew(plot)


def _show(
    predictions: Sequence[Prediction],
    refused: Sequence[PreparedFile],
    added: AddReport | None,
    *,
    as_json: bool,
) -> None:
    if as_json:
        record = {
            "predictions": [asdict(prediction) for prediction in predictions],
            "refused": [{"file": shown(f.path), "reason": str(f.refused)} for f in refused],
            "added": added.to_json() if added else None,
        }
        output.emit_json(record)
        return
    for prediction in predictions:
        wrong = "  wrong" if prediction.mistake else ""
        cat = f"cat: {prediction.probability:6.1%}"
        click.echo(f"{prediction.label:7}  {cat}  {prediction.file}{wrong}")
    for file in refused:
        if file.refused:
            output.error(file.refused.message, file.refused.hint)
    if predictions and predictions[0].mistake is not None:
        mistakes = sum(bool(prediction.mistake) for prediction in predictions)
        click.echo(f"{mistakes} of {len(predictions)} wrong")
    if added:
        for image in added.added:
            click.echo(f"{image.ref}  {image.label:7}  {image.split:5}  {image.file}")
        click.echo(f"{len(added.added)} added to train, {len(added.skipped)} there already")
        if added.added:
            output.next_step("catdata build-h5", "write the enlarged h5 files")
        for refusal in added.refused:
            output.error(f"{refusal.file}: {refusal.reason}", refusal.hint)
