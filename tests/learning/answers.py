"""Answers of imagined networks, whose true accuracies are known."""

from __future__ import annotations

import numpy as np

from catdata.learning.stats import Scores


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def scores(correct: np.ndarray, train_correct: np.ndarray | None = None) -> Scores:
    if train_correct is None:
        train_correct = np.ones((len(correct), 30))
    return Scores(train_correct.astype(bool), correct.astype(bool))


def networks(draws: np.random.Generator, images: int, spread: float, count: int = 10) -> np.ndarray:
    """Draw what networks get right, where some images are harder and some networks better."""
    ease = draws.normal(1.0, 1.5, images)
    skill = draws.normal(0.0, spread, count)
    return draws.normal(ease + skill[:, None], 1.0) > 0
