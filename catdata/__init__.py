"""Enlarge the cat dataset with your own photos, retrain, and see what it did to overfitting.

The public names below are loaded when they are first used, so that importing the package is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catdata.dataset.augment import augment
    from catdata.dataset.originals import init
    from catdata.dataset.workspace import Workspace
    from catdata.errors import CatdataError
    from catdata.h5file import read_pair
    from catdata.learning.comparison import Arm
    from catdata.learning.config import TrainConfig
    from catdata.learning.estimator import CatClassifier
    from catdata.learning.learningcurve import CurveOptions
    from catdata.learning.sweep import Grid
    from catdata.notebook import add, build, compare, curve, fit, sweep

__all__ = [
    "Arm",
    "CatClassifier",
    "CatdataError",
    "CurveOptions",
    "Grid",
    "TrainConfig",
    "Workspace",
    "add",
    "augment",
    "build",
    "compare",
    "curve",
    "fit",
    "init",
    "read_pair",
    "sweep",
]

_HOMES = {
    "Arm": "catdata.learning.comparison",
    "CatClassifier": "catdata.learning.estimator",
    "CatdataError": "catdata.errors",
    "CurveOptions": "catdata.learning.learningcurve",
    "Grid": "catdata.learning.sweep",
    "TrainConfig": "catdata.learning.config",
    "Workspace": "catdata.dataset.workspace",
    "add": "catdata.notebook",
    "augment": "catdata.dataset.augment",
    "build": "catdata.notebook",
    "compare": "catdata.notebook",
    "curve": "catdata.notebook",
    "fit": "catdata.notebook",
    "init": "catdata.dataset.originals",
    "read_pair": "catdata.h5file",
    "sweep": "catdata.notebook",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'catdata' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
