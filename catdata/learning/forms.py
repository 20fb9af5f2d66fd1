"""Which form of the first layer is cheaper, and whether a training fits in memory at all."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from catdata.errors import ConfigRefused
from catdata.learning.inputs import SLICE_ROWS
from catdata.learning.optimizers import OPTIMIZERS
from catdata.learning.sources import is_held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.learning.config import TrainConfig

GRAM_BYTES = 2 * 2**30
"""The largest matrix K that is chosen without being asked for."""
MEMORY_LIMIT = 8 * 2**30
"""Bytes that one training may take."""


def cheaper_form(config: TrainConfig, dims: Sequence[int], images: int, runs: int = 1) -> str:
    """Choose the exact form that needs fewer operations and whose matrix is of bearable size.

    Args:
        config: What is trained.
        dims: Widths of all layers, input and output included.
        images: Number of training images.
        runs: Networks that share the matrix.

    Returns:
        ``gram`` or ``direct``.
    """
    if not OPTIMIZERS[config.optimizer].linear:
        return "direct"
    (pixels, units), iterations = dims[:2], runs * config.iterations
    seen = min(config.batch_size or images, images)
    once = images**2 * pixels + 4 * units * pixels * images
    gram = once + iterations * 2 * units * images * seen
    direct = iterations * 4 * units * pixels * seen
    return "gram" if gram < direct and _BYTES[config.dtype] * images**2 <= GRAM_BYTES else "direct"


def check_memory(
    form: str, config: TrainConfig, dims: Sequence[int], images: int, runs: int
) -> None:
    """Refuse networks whose arrays would not fit in memory, before any of them is made.

    Args:
        form: ``gram`` or ``direct``.
        config: What is trained.
        dims: Widths of all layers, input and output included.
        images: Number of training images.
        runs: Networks that are in memory at once.

    Raises:
        ConfigRefused: If they need more than ``MEMORY_LIMIT``; the message says how much.
    """
    pixels, units = dims[:2]
    first = units * (images if form == "gram" else pixels + 1)
    others = sum(above * (below + 1) for below, above in pairwise(dims[1:]))
    at_once, shared = images, images * images
    if form == "direct":
        whole = not config.batch_size and is_held(images, pixels + 1, config.dtype)
        at_once = images if whole else min(images, max(SLICE_ROWS, config.batch_size))
        shared = at_once * (pixels + 1)
    # Parameters, gradient, step and two copies to return to; three of what the optimizer remembers;
    # W1 before training; two signals.
    vectors = 5 + 3 * OPTIMIZERS[config.optimizer].memory
    for_a_run = vectors * (first + others) + units * pixels + 2 * sum(dims[1:]) * at_once
    needed = _BYTES[config.dtype] * (runs * for_a_run + shared)
    if needed > MEMORY_LIMIT:
        layers = ",".join(str(width) for width in dims[1:-1])
        raise ConfigRefused(
            f"training layers {layers} on {images} images ({form} form, {runs} at once) would take"
            f" {needed / 2**30:,.1f} GiB of memory; the limit is {MEMORY_LIMIT / 2**30:.0f} GiB",
            hint="Use fewer units.",
        )


_BYTES = {"float64": 8, "float32": 4}
