"""Say in plain words whether a network learns, and if it does not, why and what to try.

The judgement rests on the training images and the history alone. The yardstick is the base rate: a
network that has learnt nothing but the share of cats has a cost equal to the entropy of that share.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from catdata.learning.records import is_saturated
from catdata.learning.stats import wilson

if TYPE_CHECKING:
    from catdata.learning.training import Run

STATES = ("learning", "dead-units", "vanishing-gradient", "diverged", "base-rate-only")

# A cost this close to the entropy of the base rate, or above it, shows no knowledge of the images.
_BASE_RATE_SHARE = 0.95
# The gradient of W1 that networks of the course start with is 0.1 to 15 long. Where it vanishes
# through too many layers or too small weights it is 1e-4 to 1e-19.
_VANISHED = 1e-3
_COURSE_RATE = (0.0075, "the course uses")
_USUAL_RATES = {"adam": (0.001, "Adam's authors use")}  # D. Kingma and J. Ba, 2015
# Probabilities this close together are one answer to all images.
_SAME_ANSWER = 0.05
# A step is usually about 0.001 of the length of the weights that it moves. The course's networks
# take steps of 1e-5 to 0.01; where they are this much longer or shorter, that is the reason.
_LONG_STEP, _SHORT_STEP = 0.2, 1e-6
# A network that names so many images wrongly and is certain of it has overshot.
_SURELY_WRONG = 0.1


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Whether a network learns.

    Attributes:
        state: One of ``STATES``.
        iteration: When it happened, where it is an event; for other states None.
        message: The reason and what to try, in plain words with the numbers.
    """

    state: str
    iteration: int | None
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return the diagnosis as plain types."""
        return asdict(self)


def entropy(share: float) -> float:
    """Return the cost in nats of always answering *share*, where that is the share of cats."""
    return -sum(part * math.log(part) for part in (share, 1.0 - share) if part > 0.0)


def diagnose(run: Run) -> Diagnosis:
    """Judge a run by its history and by its answers to the training images."""
    history = run.history
    if history.diverged_at is not None:
        return _diverged(run, history.diverged_at)
    if run.train.baseline_accuracy == 1.0:
        return _one_class(run)
    if history.costs[-1] > _BASE_RATE_SHARE * entropy(_base_rate(run)):
        vanished = run.config.layers and history.gradient_norms[:, 0].max() < _VANISHED
        if vanished and _dead_layer(run, 0) is None:
            return _vanishing(run)
        dead_layer = _dead_layer(run, -1)
        if dead_layer is not None and history.zero_gradient_at is not None:
            return _dead(run, dead_layer, history.zero_gradient_at)
        if np.ptp(run.train.probabilities) < _SAME_ANSWER:
            return _base_rate_only(run)
    return _learning(run)


def overfitting(run: Run, test_set: str = "test") -> str:
    """Say whether a network knows its training images better than those of a test set.

    It does where its train accuracy lies above Wilson's interval of the test accuracy: so many
    test images and chance alone do not bring such a gap.
    """
    train, test = run.train.accuracy, run.tests[test_set]
    interval = wilson(round(test.accuracy * test.images), test.images)
    said = (
        f"Test accuracy is {_percent(test.accuracy)}; with another {test.images} such images it"
        f" could be {100 * interval.low:.1f} to {_percent(interval.high)}."
        f" Train accuracy is {_percent(train)},"
    )
    if train > interval.high:
        return f"{said} above all of that: the network overfits."
    return f"{said} not above that: no overfitting is shown."


def _diverged(run: Run, iteration: int) -> Diagnosis:
    return Diagnosis(
        "diverged",
        iteration,
        f"At iteration {iteration} the numbers grew beyond what a float can hold, and training"
        f" stopped. The last finite cost, {_number(run.history.costs[-1])}, was that of iteration"
        f" {run.history.iterations[-1]}. The steps are too long: {_lower_rate(run)}.",
    )


def _one_class(run: Run) -> Diagnosis:
    kind = "cats" if run.train.labels[0] == 1 else "non-cats"
    return Diagnosis(
        "base-rate-only",
        None,
        f"All {run.train.images} training images are {kind}. Always answering the same is then"
        " right, and nothing else can be learnt: add images of the other class.",
    )


def _vanishing(run: Run) -> Diagnosis:
    largest = run.history.gradient_norms[:, 0].max()
    remedy = "fewer layers"
    if run.config.init == "small":
        remedy += ", or the initialiser 'scaled', whose weights keep the size of the signal"
    return Diagnosis(
        "vanishing-gradient",
        int(run.history.iterations[0]),
        f"The gradient of W1 was never longer than {largest:.1e}: on its way down through"
        f" {len(run.layer_dims) - 1} layers it shrinks to nothing, so the first layer hardly moves."
        f" {_cost_beside_base_rate(run)} Try {remedy}; a higher learning rate does not help.",
    )


def _dead(run: Run, layer: int, iteration: int) -> Diagnosis:
    widths = run.config.layers
    units = f"{widths[layer]} hidden units"
    if len(widths) > 1:
        units = f"{widths[layer]} units of hidden layer {layer + 1}"
    cause = f"Too long a step has pushed the units there: {_lower_rate(run)}."
    if iteration == 0:
        cause = "The first weights were drawn so: try another seed or wider layers."
    return Diagnosis(
        "dead-units",
        iteration,
        f"At iteration {iteration} the gradient of W1 became 0.0 and stayed so: all {units} are"
        f" dead for all {run.train.images} images, and a unit that answers 0 whatever it is shown"
        " passes no error down."
        f" {_cost_beside_base_rate(run)} {cause}",
    )


def _base_rate_only(run: Run) -> Diagnosis:
    lowest, highest = run.train.probabilities.min(), run.train.probabilities.max()
    return Diagnosis(
        "base-rate-only",
        None,
        f"After {run.history.updates(run.config):,} iterations every training image gets the same"
        f" answer: a cat with a probability of {lowest:.3f} to {highest:.3f}."
        f" {_cost_beside_base_rate(run)}"
        f" {_advice(run, 'Try more iterations, a higher learning rate or fewer layers.')}",
    )


def _learning(run: Run) -> Diagnosis:
    costs, train = run.history.costs, run.train
    message = (
        f"The cost went from {_number(costs[0])} to {_number(costs[-1])} in"
        f" {run.history.updates(run.config):,} iterations, and {_percent(train.accuracy)} of the"
        " training images are named rightly; always naming the more frequent class gives"
        f" {_percent(train.baseline_accuracy)}."
    )
    if train.accuracy <= train.baseline_accuracy:
        remedy = _advice(run, "Try more iterations or a higher learning rate.")
        message += f" It has not got beyond that yet. {remedy}"
    return Diagnosis("learning", None, message)


def _advice(run: Run, otherwise: str) -> str:
    """Return what the last steps and answers show to be wrong and what to try, if they do."""
    surely_wrong = float((is_saturated(run.train.probabilities) & ~run.train.correct).mean())
    ratios = np.nan_to_num(run.history.update_ratios, posinf=0.0).max(axis=1)
    last = float(ratios[-1])
    longest, which = (last, "last") if last > _LONG_STEP else (float(ratios.max()), "longest")
    if surely_wrong > _SURELY_WRONG or longest > _LONG_STEP:
        said = (
            f"The steps are too long: the {which} one was {_percent(longest)} as long as the"
            " weights that it moved"
        )
        if surely_wrong > _SURELY_WRONG:
            said += (
                f", and {_percent(surely_wrong)} of the training images are named"
                " wrongly with a certainty of 99 % or more"
            )
        return f"{said}: {_lower_rate(run)}."
    if ratios.max() < _SHORT_STEP:
        return (
            f"No step was more than {ratios.max():.0e} as long as the weights that it moved; about"
            f" 1e-03 is usual. {otherwise}"
        )
    return otherwise


def _dead_layer(run: Run, entry: int) -> int | None:
    """Return the first hidden layer of which no unit was active at an entry of the history."""
    widths = np.array(run.config.layers)
    dead = np.flatnonzero(run.history.dead_units[entry] == widths)
    return int(dead[0]) if dead.size else None


def _base_rate(run: Run) -> float:
    """Return the share of cats in the cost, which the class weights may have moved."""
    labels = run.train.labels
    return float((labels == 1).mean() * run.config.class_weights(labels)[1])


def _cost_beside_base_rate(run: Run) -> str:
    cost, share = run.history.costs[-1], _base_rate(run)
    if math.isclose(cost, entropy(share), rel_tol=1e-3):
        return (
            f"The cost {_number(cost)} is the entropy of the base rate {_percent(share)}: all that"
            " the network can answer is the share of cats."
        )
    return (
        f"The cost is {_number(cost)}; to know nothing but the base rate {_percent(share)}, the"
        f" share of cats, costs its entropy {_number(entropy(share))}."
    )


def _lower_rate(run: Run) -> str:
    config = run.config
    advice = f"try a lower learning rate than {config.learning_rate:g}"
    usual, whose = _USUAL_RATES.get(config.optimizer, _COURSE_RATE)
    if config.learning_rate > usual:
        advice += f"; {whose} {usual:g}"
    if config.optimizer in ("momentum", "nesterov") and config.momentum >= 0.5:
        longer = 1.0 / (1.0 - config.momentum)
        advice += f", without momentum, which makes steps up to {longer:.0f} times as long"
    if not (config.center or config.standardize):
        advice += ". Centred inputs (--center) bear higher rates"
    return advice


def _number(cost: float) -> str:
    return f"{cost:.4f}" if cost < 1e4 else f"{cost:.3g}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
