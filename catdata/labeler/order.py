"""In which order photos are shown: a table from the order's name to what comes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catdata.dataset.pixels import everything
from catdata.errors import ConfigRefused
from catdata.learning import doubt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from catdata.dataset.workspace import Workspace

Rank = float  # smaller comes first


def _given(_probabilities: Sequence[float], _label: int | None) -> Rank:
    return 0.0


def _uncertain(probabilities: Sequence[float], _label: int | None) -> Rank:
    """Put first what the models are least sure of: a mean probability near one half."""
    return abs(float(np.mean(probabilities)) - 0.5)


def _disagreement(probabilities: Sequence[float], label: int | None) -> Rank:
    """Put first where the models contradict the label, or one another where there is none."""
    if label is None:
        return -(max(probabilities) - min(probabilities))
    cat = float(np.mean(probabilities))
    return cat if label == 1 else 1 - cat


ORDERS: dict[str, Callable[[Sequence[float], int | None], Rank]] = {
    "given": _given,
    "doubtful": _given,  # the ranks come from doubts(), before the page opens
    "uncertain": _uncertain,
    "disagreement": _disagreement,
}
"""The orders, by what ``--order`` calls them."""


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """What is labelled, and how.

    Attributes:
        folder: The photos; None to review the catalog.
        models: Folders of saved models whose opinion is shown.
        order: A key of :data:`ORDERS`; None for the natural one: folders by name, a review most
            doubtful first, or by disagreement if there is a model.
        split: Where new images go: ``auto``, ``train`` or ``test``.

    Raises:
        ConfigRefused: If these do not fit together.
    """

    folder: Path | None = None
    models: tuple[Path, ...] = ()
    order: str | None = None
    split: str = "auto"

    def __post_init__(self) -> None:
        if self.order is None:
            reviewing = "disagreement" if self.models else "doubtful"
            object.__setattr__(self, "order", "given" if self.folder else reviewing)
        if self.order not in ORDERS:
            raise ConfigRefused(f"order is {self.order!r}; it must be one of {', '.join(ORDERS)}.")
        if self.order == "doubtful" and self.folder:
            raise ConfigRefused(
                "Photos without a label can't be doubted.",
                hint="Use --order uncertain with --model NAME, or --review.",
            )
        if self.asks_models and not self.models:
            raise ConfigRefused(
                f"The order {self.order!r} needs a model's opinion.",
                hint="Name one with --model; save one with: catdata train --save NAME",
            )
        if self.order == "disagreement" and self.folder and len(self.models) < 2:
            raise ConfigRefused(
                "Photos without a label need two models that can disagree.",
                hint="Name a second one with --model, or use --order uncertain.",
            )

    @property
    def asks_models(self) -> bool:
        """Whether the order depends on what models say of each photo."""
        return self.order in {"uncertain", "disagreement"}

    def rank(self, probabilities: Sequence[float], label: int | None) -> Rank:
        """Return where a photo stands by what the models say of it."""
        return ORDERS[self.order or "given"](probabilities, label)


@dataclass(frozen=True, slots=True)
class Doubts:
    """How far networks that never saw an image believe its label.

    Attributes:
        believed: Mean probability of the label, 0..1, by image id.
        obstacle: Why there are none, for people; empty if there are.
    """

    believed: dict[int, float]
    obstacle: str = ""


def doubts(
    workspace: Workspace, *, on_progress: Callable[[int, int], None] | None = None
) -> Doubts:
    """Doubt every label of the catalog; see :mod:`catdata.learning.doubt`.

    Args:
        workspace: Whose catalog.
        on_progress: Called with the trainings done and their total.
    """
    options = doubt.DoubtConfig()
    whole = everything(workspace, most=doubt.MOST_IMAGES)
    if whole is None:
        return Doubts({}, doubt.TOO_MANY)
    obstacle = doubt.obstacle(whole.labels, whole.groups, options)
    if obstacle:
        return Doubts({}, obstacle)
    believed = doubt.label_probabilities(
        whole, options, groups=whole.groups, on_progress=on_progress
    )
    return Doubts(dict(zip(whole.ids, believed.tolist(), strict=True)))
