"""The options of a training, which train, compare and sweep share."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click

from catdata.cli.options import NameIn

if TYPE_CHECKING:
    from collections.abc import Callable


def _name(flag: str, table: str, default: str, text: str) -> Callable[..., Any]:
    return click.option(
        flag,
        type=NameIn(f"catdata.learning.{table}"),
        default=default,
        show_default=True,
        help=text,
    )


def _number(flag: str, default: float, text: str) -> Callable[..., Any]:
    return click.option(
        flag, type=type(default), default=default, show_default=True, metavar="X", help=text
    )


def _flag(flag: str, text: str) -> Callable[..., Any]:
    return click.option(flag, is_flag=True, help=text)


TRAINING: dict[str, Callable[..., Any]] = {
    "learning_rate": _number("--learning-rate", 0.0075, "Step size."),
    "iterations": _number("--iterations", 2500, "Steps of the optimizer."),
    "optimizer": _name(
        "--optimizer",
        "optimizers:OPTIMIZERS",
        "gradient-descent",
        "How a gradient becomes a step; adam needs the direct form.",
    ),
    "momentum": _number("--momentum", 0.9, "What momentum, nesterov and adam keep of past steps."),
    "decay": _name("--decay", "optimizers:DECAYS", "none", "How the learning rate falls."),
    "decay_rate": _number(
        "--decay-rate", 0.5, "step: the rate is multiplied by X; inverse-time: divided by 1 + X."
    ),
    "decay_every": _number("--decay-every", 1000, "In how many iterations it falls so far."),
    "init": _name(
        "--init",
        "network:INITIALIZERS",
        "scaled",
        "First weights: small is 0.01 x normal, scaled normal / sqrt(fan-in), he sqrt(2) times"
        " that; zeros is for --layers none.",
    ),
    "activation": _name(
        "--activation", "network:ACTIVATIONS", "relu", "What hidden units make of their signal."
    ),
    "l2": _number("--l2", 0.0, "The course's lambda, which keeps weights small."),
    "dropout": _number("--dropout", 0.0, "Share of the hidden units left out in each step."),
    "batch_size": _number("--batch-size", 0, "Images a step looks at; 0 for all of them."),
    "early_stop": _number(
        "--early-stop",
        0.0,
        "Share of train kept for validation; training stops when it gets no better there, and the"
        " best weights are kept.",
    ),
    "class_weight": _name(
        "--class-weight",
        "config:CLASS_WEIGHTS",
        "none",
        "balanced: both classes count alike in the cost, whatever their shares.",
    ),
    "threshold": _number("--threshold", 0.5, "A probability above this counts as a cat."),
    "center": _flag("--center", "Subtract the mean picture of train; keeps high rates alive."),
    "standardize": _flag("--standardize", "Subtract it and divide by each pixel's deviation."),
    "dtype": _name("--dtype", "config:DTYPES", "float64", "What is computed in."),
    "on_failure": _name(
        "--on-failure",
        "config:ON_FAILURE",
        "continue",
        "What to do once the gradient of W1 is zero for good; diverging always stops.",
    ),
    "threads": _number("--threads", 1, "Threads of one matrix product."),
    "form": _name(
        "--form",
        "config:FORMS",
        "auto",
        "How the first layer is computed; auto picks the cheaper. The numbers are the same.",
    ),
}
"""By the name that :class:`~catdata.learning.config.TrainConfig` has for them."""


def training(*, without: tuple[str, ...] = ()) -> Callable[..., Any]:
    """Give a command the options of a training.

    The command receives them as one dict, ``training``, of arguments for
    :class:`~catdata.learning.config.TrainConfig`.

    Args:
        without: Those that the command has in a form of its own.
    """
    options = {name: option for name, option in TRAINING.items() if name not in without}

    def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def called(*args: Any, **given: Any) -> Any:
            values = {name: given.pop(name) for name in options}
            return command(*args, training=values, **given)

        for option in reversed(options.values()):
            called = option(called)
        return called

    return with_options
