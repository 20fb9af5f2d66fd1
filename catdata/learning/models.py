"""Trained networks on disk: ``model.npz`` with the numbers and ``model.json`` with what they mean.

No pickle, so loading runs no code. A saved model knows how its pictures were prepared, so that a
new photo is prepared the very same way.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catdata import durable
from catdata.errors import ModelRefused, shown
from catdata.learning.config import TrainConfig
from catdata.learning.inputs import Scaling, inputs_of
from catdata.learning.network import Parameters, forward, sigmoid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from catdata.learning.records import Run

FORMAT = 1
NUMBERS = "model.npz"
MEANING = "model.json"
MAX_BYTES = 1 << 30
_IMAGES_AT_ONCE = 256
_DAMAGED = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    OverflowError,
    RuntimeError,  # an encrypted or strangely compressed archive, JSON nested too deep
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a file raises that is torn, or made to harm."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a model was trained on.

    Attributes:
        build: The build's name or folder.
        build_id: Its id.
        size: Side of its pictures, in pixels.
        fit: How photos became squares in it.
        class_names: The names of class 0 and class 1.
        augment: What altered its pictures in training, as ``train --augment`` takes it; empty if it
            learnt from them as they are.
    """

    build: str
    build_id: str
    size: int
    fit: str
    class_names: tuple[str, str]
    augment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A trained network that can be asked about new pictures.

    Attributes:
        parameters: Its weights and biases.
        config: How it was trained, its threshold included.
        origin: What it was trained on.
        scaling: How pictures become its inputs; None for pixels / 255.
    """

    parameters: Parameters
    config: TrainConfig
    origin: Origin
    scaling: Scaling | None = None

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.floating[Any]]:
        """Return how sure the network is that each picture shows class 1, the cat.

        Args:
            images: Shape (m, size, size, 3), uint8, prepared as *origin* says.

        Returns:
            Shape (m,), 0..1.
        """
        blocks = [
            self._answers(images[start : start + _IMAGES_AT_ONCE])
            for start in range(0, len(images), _IMAGES_AT_ONCE)
        ]
        return np.concatenate([np.empty(0), *blocks])

    def _answers(self, images: NDArray[np.uint8]) -> NDArray[np.floating[Any]]:
        inputs = inputs_of(images, self.scaling)
        return sigmoid(forward(self.parameters, inputs, self.config.activation))

    def class_name(self, probability: float) -> str:
        """Return the class that a probability stands for: the cat above the model's threshold."""
        return self.origin.class_names[int(probability > self.config.threshold)]


def save(run: Run, origin: Origin, folder: Path) -> None:
    """Write a run to *folder*, in place of the model that may be there.

    Raises:
        ModelRefused: If *folder* is there and holds anything else.
        OSError: If the disk refuses; what was there before is then untouched.
    """
    check_target(folder)
    numbers = _pack(run)
    meaning = {
        "format": FORMAT,
        "build": origin.build,
        "build_id": origin.build_id,
        "size": origin.size,
        "fit": origin.fit,
        "class_names": list(origin.class_names),
        "augment": list(origin.augment),
        "numbers_sha256": hashlib.sha256(numbers).hexdigest(),
        **run.to_json(),
    }
    durable.create_folder(folder.parent)
    with durable.replacing_folder(folder) as partial:
        (partial / NUMBERS).write_bytes(numbers)
        (partial / MEANING).write_text(json.dumps(meaning, indent=1) + "\n", encoding="utf-8")


def check_target(folder: Path) -> None:
    """Refuse to save where something else is; worth asking before minutes of training.

    Raises:
        ModelRefused: If *folder* is there and is no folder, or holds anything but a model.
    """
    if not folder.exists():
        return
    held = {path.name for path in folder.iterdir()} if folder.is_dir() else {folder.name}
    foreign = sorted(held - {NUMBERS, MEANING})
    if foreign:
        inside = f"holds {shown(foreign[0])}" if folder.is_dir() else "is no folder"
        raise ModelRefused(
            f"{shown(folder)} {inside}, so it is not replaced.",
            hint="Save the model under another name.",
        )


def _pack(run: Run) -> bytes:
    """Return parameters and history as an npz file."""
    history = run.history
    arrays = {
        "iterations": history.iterations,
        "costs": history.costs,
        "train_accuracy": history.train_accuracy,
        "gradient_norms": history.gradient_norms,
        "dead_units": history.dead_units,
        "saturation": history.saturation,
        "update_ratios": history.update_ratios,
        **{f"accuracy_{name}": values for name, values in history.test_accuracy.items()},
    }
    if run.scaling is not None:
        arrays |= {"mean": run.scaling.mean, "deviation": run.scaling.deviation}
    layers = zip(run.parameters.weights, run.parameters.biases, strict=True)
    for layer, (weights, biases) in enumerate(layers, start=1):
        arrays |= {f"W{layer}": weights, f"b{layer}": biases}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def load(folder: Path) -> Model:
    """Read a saved model.

    Raises:
        ModelRefused: If it is missing, damaged, of another shape than it says, or newer.
    """
    try:
        return _load(folder)
    except FileNotFoundError:
        raise ModelRefused(
            f"There is no saved model in {shown(folder)}.",
            hint="Save one with: catdata train --save NAME",
        ) from None
    except ModelRefused:
        raise
    except _DAMAGED as error:
        raise ModelRefused(
            f"The model in {shown(folder)} is damaged: {shown(str(error))}.",
            hint="Train it again with: catdata train --save NAME",
        ) from error


def _load(folder: Path) -> Model:
    meaning = json.loads((folder / MEANING).read_text("utf-8"))
    if meaning["format"] > FORMAT:
        raise ModelRefused(
            f"The model in {shown(folder)} was saved by a newer catdata.",
            hint="Update catdata: pip install --upgrade catdata",
        )
    if (folder / NUMBERS).stat().st_size > MAX_BYTES:
        raise ValueError(f"{NUMBERS} is larger than {MAX_BYTES >> 20} MiB")
    numbers = (folder / NUMBERS).read_bytes()
    if hashlib.sha256(numbers).hexdigest() != meaning["numbers_sha256"]:
        raise ValueError(f"{NUMBERS} is not the one that {MEANING} describes")
    dims = [int(units) for units in meaning["network"]["layer_dims"]]
    with np.load(io.BytesIO(numbers), allow_pickle=False) as arrays:
        layers = [
            (
                _array(arrays, f"W{layer}", (units, below)),
                _array(arrays, f"b{layer}", (units, 1)),
            )
            for layer, (below, units) in enumerate(pairwise(dims), start=1)
        ]
        config = TrainConfig(**meaning["config"] | {"layers": tuple(meaning["config"]["layers"])})
        scaling = None
        if config.center or config.standardize:
            mean, deviation = (_array(arrays, name, dims[:1]) for name in ("mean", "deviation"))
            scaling = Scaling(mean, deviation)
    weights, biases = zip(*layers, strict=True)
    first, second = meaning["class_names"]
    origin = Origin(
        str(meaning["build"]),
        str(meaning["build_id"]),
        int(meaning["size"]),
        str(meaning["fit"]),
        (str(first), str(second)),
        tuple(map(str, meaning.get("augment", ()))),  # models of before do not say
    )
    if dims[0] != origin.size**2 * 3:
        raise ValueError(f"{dims[0]} inputs do not fit pictures of {origin.size} pixels")
    return Model(Parameters(weights, biases), config, origin, scaling)


def _array(
    arrays: np.lib.npyio.NpzFile, name: str, shape: Sequence[int]
) -> NDArray[np.floating[Any]]:
    array: NDArray[np.floating[Any]] = arrays[name]
    if array.shape != tuple(shape) or array.dtype.kind != "f" or not np.isfinite(array).all():
        raise ValueError(f"{name} should hold {shape} finite numbers and has {array.shape}")
    return array
