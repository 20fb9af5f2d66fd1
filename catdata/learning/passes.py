"""Forward and backward through training images: a mini-batch, all at once, or all by slices.

Slices are for images that are not in memory as numbers. Their gradients add up to the one of all
images, and what is kept between them does not grow with the number of images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catdata.learning.inputs import row_slices
from catdata.learning.network import Floats

if TYPE_CHECKING:
    from catdata.learning.inputlayer import InputLayer
    from catdata.learning.network import Rows, UpperLayers

Shapes = list[tuple[int, ...]]
Drop = Callable[[Shapes], Sequence[Floats]]
"""Takes the shapes of the hidden layers' activations, each (runs, units, images), and returns what
these are multiplied by, or nothing without dropout."""


class Look(NamedTuple):
    """How the networks of a stack stand on all training images.

    Attributes:
        logits: Their answers, shape (runs, m).
        gradient_norms: Length of the gradient of each layer's weights, shape (runs, layers).
        dead_units: Units of each hidden layer that are 0 for all images, shape (runs, layers - 1).
    """

    logits: Floats
    gradient_norms: Floats
    dead_units: Floats


class _Buffers(NamedTuple):
    """The layers above the first for one number of images, and views of what enters them."""

    upper: UpperLayers
    signal: Floats  # (runs, units, images)
    row: Floats  # of all its numbers, for the product with itself
    column: Floats

    @classmethod
    def over(cls, upper: UpperLayers, signal: Floats) -> _Buffers:
        runs = len(signal)
        return cls(upper, signal, signal.reshape(runs, 1, -1), signal.reshape(runs, -1, 1))


class Passes:
    """Fills the gradient of a stack of networks from training images.

    Args:
        layer: The first layer.
        layers_above: Makes the others on a pre-activation of the first, of any number of images.
        targets: The labels, shape (m,), 0.0 or 1.0.
        weights: How much each image counts, shape (m,); None for all alike.
        gradient: The vector that all layers' gradients are parts of.
    """

    def __init__(
        self,
        layer: InputLayer,
        layers_above: Callable[[Floats], UpperLayers],
        targets: Floats,
        weights: Floats | None,
        gradient: Floats,
    ) -> None:
        self._layer = layer
        self._layers_above = layers_above
        self._targets = targets
        self._weights = weights
        self._gradient = gradient
        self._total = np.empty(0 if layer.whole else len(gradient), gradient.dtype)
        self._whole = _Buffers.over(layers_above(layer.signal), layer.signal)
        self._buffers: dict[int, _Buffers] = {}
        self._slices = row_slices(len(targets))

    @property
    def upper(self) -> UpperLayers:
        """The layers above the first."""
        return self._whole.upper

    def batch(self, rows: Rows, epoch: int, drop: Drop, square: Floats) -> None:
        """Leave the gradient of the mean cost of some images.

        Args:
            rows: Which, shape (k,).
            epoch: Times that training has been through all images.
            drop: Draws the units left out.
            square: Filled with the squared length of the gradient that reaches the first layer,
                shape (runs, 1, 1).
        """
        buffers = self._of(len(rows))
        self._layer.forward_rows(rows, buffers.signal, epoch)
        buffers.upper.forward(drop(buffers.upper.hidden_shapes))
        buffers.upper.backward(self._targets[rows], self._weights_of(rows))
        self._layer.backward_rows(rows, buffers.signal)
        np.matmul(buffers.row, buffers.column, out=square)

    def everything(self, drop: Drop, square: Floats) -> None:
        """Leave the gradient of the mean cost of all images; see :meth:`batch`."""
        if self._layer.whole:
            self._layer.forward()
            self.upper.forward(drop(self.upper.hidden_shapes))
            self._backward()
            np.matmul(self._whole.row, self._whole.column, out=square)
            return
        count = len(self._targets)
        dropped = drop([(*shape[:2], count) for shape in self.upper.hidden_shapes])
        square[:] = 0.0
        self._total[:] = 0.0
        for rows, buffers in self._forward_slices(dropped):
            self._add_backward(rows, buffers)
            square += np.matmul(buffers.row, buffers.column)
        self._gradient[:] = self._total

    def logits(self) -> Floats:
        """Return every run's answers to all images as logits, shape (runs, m)."""
        if self._layer.whole:
            self._layer.forward()
            self.upper.forward()
            return self.upper.output[:, 0].copy()
        logits = self._no_logits()
        for rows, buffers in self._forward_slices():
            logits[:, rows] = buffers.upper.output[:, 0]
        return logits

    def look(self) -> Look:
        """Return how the networks stand, and leave the gradient of all images without dropout."""
        if self._layer.whole:
            logits = self.logits()
            active = self.upper.active_units()
            self._backward()
            norms = self.upper.gradient_norms()
        else:
            logits = self._no_logits()
            active = [np.zeros(shape[:2], bool) for shape in self.upper.hidden_shapes]
            self._total[:] = 0.0
            for rows, buffers in self._forward_slices():
                logits[:, rows] = buffers.upper.output[:, 0]
                for units, active_here in zip(active, buffers.upper.active_units(), strict=True):
                    np.logical_or(units, active_here, out=units)
                self._add_backward(rows, buffers)
            self._gradient[:] = self._total
            norms = self.upper.gradient_norms()
        dead = [np.sum(~units, axis=1) for units in active]
        return Look(
            logits,
            np.column_stack([self._layer.gradient_norms(), *norms]),
            np.stack(dead, axis=1) if dead else np.zeros((len(logits), 0), np.int64),
        )

    def _of(self, images: int) -> _Buffers:
        if images not in self._buffers:
            signal = np.empty((*self._layer.signal.shape[:2], images), self._gradient.dtype)
            self._buffers[images] = _Buffers.over(self._layers_above(signal), signal)
        return self._buffers[images]

    def _weights_of(self, rows: slice | Rows) -> Floats | None:
        return None if self._weights is None else self._weights[rows]

    def _backward(self) -> None:
        self.upper.backward(self._targets, self._weights)
        self._layer.backward()

    def _forward_slices(self, dropped: Sequence[Floats] = ()) -> Iterator[tuple[slice, _Buffers]]:
        """Go forward through all images, and stop after each slice."""
        for rows in self._slices:
            buffers = self._of(rows.stop - rows.start)
            self._layer.forward_rows(rows, buffers.signal)
            buffers.upper.forward([factor[:, :, rows] for factor in dropped])
            yield rows, buffers

    def _add_backward(self, rows: slice, buffers: _Buffers) -> None:
        """Go back through the slice that was last gone forward through."""
        buffers.upper.backward(self._targets[rows], self._weights_of(rows), len(self._targets))
        self._layer.backward_rows(rows, buffers.signal)
        self._total += self._gradient

    def _no_logits(self) -> Floats:
        return np.empty((len(self._whole.signal), len(self._targets)), self._gradient.dtype)
