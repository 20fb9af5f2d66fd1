"""How a gradient becomes a step, and how the learning rate falls: two tables of functions.

An optimizer works in place on one flat vector of all parameters, and on rows of memory of the same
length. It is linear if its steps are sums of gradients times numbers that depend on neither; only
then does W1 stay within the span of the images, and the Gram form is exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from catdata.learning.network import Floats


class Moment(NamedTuple):
    """The numbers of one step.

    Attributes:
        iteration: Steps made before, 0 or more.
        rate: The learning rate of this step.
        momentum: Share of the memory that is kept, 0 to below 1.
    """

    iteration: int
    rate: float
    momentum: float


class Vectors(NamedTuple):
    """What a step works on, each of shape (parameters,).

    Attributes:
        parameters: Moved in place.
        gradient: The gradient of the cost; left as it is.
        memory: What the optimizer keeps from step to step, shape (rows, parameters); zero at first.
        scratch: Overwritten.
    """

    parameters: Floats
    gradient: Floats
    memory: Floats
    scratch: Floats


Step = Callable[[Vectors, Moment], None]


class Optimizer(NamedTuple):
    """A rule that turns gradients into steps.

    Attributes:
        step: The rule.
        memory: How many rows it remembers.
        linear: Whether the Gram form is exact with it.
    """

    step: Step
    memory: int
    linear: bool


def gradient_descent(vectors: Vectors, moment: Moment) -> None:
    """Step down the gradient: w ← w − α g."""
    np.multiply(vectors.gradient, moment.rate, out=vectors.scratch)
    np.subtract(vectors.parameters, vectors.scratch, out=vectors.parameters)


def heavy_ball(vectors: Vectors, moment: Moment) -> None:
    """Step with momentum: v ← μ v + g, then w ← w − α v (B. Polyak, 1964)."""
    (velocity,) = vectors.memory
    np.multiply(velocity, moment.momentum, out=velocity)
    np.add(velocity, vectors.gradient, out=velocity)
    np.multiply(velocity, moment.rate, out=vectors.scratch)
    np.subtract(vectors.parameters, vectors.scratch, out=vectors.parameters)


def nesterov(vectors: Vectors, moment: Moment) -> None:
    """Step with momentum that looks ahead: v ← μ v + g, then w ← w − α (g + μ v).

    The form of I. Sutskever et al., "On the importance of initialization and momentum in deep
    learning", 2013, with the gradient taken where the weights stand.
    """
    (velocity,) = vectors.memory
    np.multiply(velocity, moment.momentum, out=velocity)
    np.add(velocity, vectors.gradient, out=velocity)
    np.multiply(velocity, moment.momentum, out=vectors.scratch)
    np.add(vectors.scratch, vectors.gradient, out=vectors.scratch)
    np.multiply(vectors.scratch, moment.rate, out=vectors.scratch)
    np.subtract(vectors.parameters, vectors.scratch, out=vectors.parameters)


_SQUARES_KEPT = 0.999
_NEVER_ZERO = 1e-8


def adam(vectors: Vectors, moment: Moment) -> None:
    """Step by the mean gradient over the root of the mean square, both corrected for their start.

    D. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015, with their β₂ and ε;
    β₁ is the momentum.
    """
    mean, square = vectors.memory
    scratch, kept, steps = vectors.scratch, moment.momentum, moment.iteration + 1
    np.multiply(mean, kept, out=mean)
    np.multiply(vectors.gradient, 1.0 - kept, out=scratch)
    np.add(mean, scratch, out=mean)
    np.multiply(square, _SQUARES_KEPT, out=square)
    np.multiply(vectors.gradient, vectors.gradient, out=scratch)
    np.multiply(scratch, 1.0 - _SQUARES_KEPT, out=scratch)
    np.add(square, scratch, out=square)
    np.sqrt(square, out=scratch)
    np.divide(scratch, math.sqrt(1.0 - _SQUARES_KEPT**steps), out=scratch)
    np.add(scratch, _NEVER_ZERO, out=scratch)
    np.divide(mean, scratch, out=scratch)
    np.multiply(scratch, moment.rate / (1.0 - kept**steps), out=scratch)
    np.subtract(vectors.parameters, scratch, out=vectors.parameters)


OPTIMIZERS: dict[str, Optimizer] = {
    "gradient-descent": Optimizer(gradient_descent, memory=0, linear=True),
    "momentum": Optimizer(heavy_ball, memory=1, linear=True),
    "nesterov": Optimizer(nesterov, memory=1, linear=True),
    "adam": Optimizer(adam, memory=2, linear=False),
}


def constant(_rate: float, _periods: float) -> float:
    """Leave the learning rate as it is."""
    return 1.0


def stepwise(rate: float, periods: float) -> float:
    """Multiply the learning rate by *rate* at the end of each period."""
    return float(rate ** math.floor(periods))


def inverse_time(rate: float, periods: float) -> float:
    """Divide the learning rate by 1 + *rate* times the periods that have passed."""
    return 1.0 / (1.0 + rate * periods)


DECAYS: dict[str, Callable[[float, float], float]] = {
    "none": constant,
    "step": stepwise,
    "inverse-time": inverse_time,
}
"""Each takes the decay rate and the periods passed, and returns what the learning rate is
multiplied by."""
