"""Comparisons on disk: one JSON file with the whole record, the pictures in it included.

What a file has to hold follows from the records themselves: every value is read as the type that
its field is declared with, so a damaged or hostile file is refused and never half believed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import types
import zlib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from catdata import durable
from catdata.errors import ComparisonRefused, shown
from catdata.learning import changes, comparison, config, resampling, stats, verdicts
from catdata.learning.comparison import Comparison

KIND = "catdata comparison"
FORMAT = 1
MAX_BYTES = 1 << 28
_MAX_PIXELS = 1 << 28  # bytes of one array


def save(record: Comparison, path: Path) -> None:
    """Write a comparison to a file, in place of the comparison that may be there.

    Raises:
        ComparisonRefused: If the file is there and holds anything else.
        OSError: If the disk refuses; what was there before is then untouched.
    """
    check_target(path)
    body = json.dumps(_encoded(record), allow_nan=False)
    whole = {"kind": KIND, "format": FORMAT, "sha256": _sha256(body), "comparison": body}
    durable.create_folder(path.parent)
    durable.write_bytes(path, (json.dumps(whole, indent=1) + "\n").encode())


def check_target(path: Path) -> None:
    """Refuse to save where something else is; worth asking before minutes of training.

    Raises:
        ComparisonRefused: If the file is there and is no comparison.
    """
    if not path.exists():
        return
    try:
        _envelope(path)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ComparisonRefused(
            f"{shown(path)} is no comparison, so it is not replaced.",
            hint="Save the comparison under another name.",
        ) from error


def load(path: Path) -> Comparison:
    """Read a saved comparison.

    Raises:
        ComparisonRefused: If it is missing, damaged, no comparison, or of a newer version.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        raise ComparisonRefused(
            f"There is no saved comparison in {shown(path)}.",
            hint="Save one with: catdata compare --save NAME",
        ) from None
    except ComparisonRefused:
        raise
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ComparisonRefused(
            f"{shown(path)} is no comparison, or is damaged: {shown(str(error))}.",
            hint="Compare again with: catdata compare --save NAME",
        ) from error


def _read(path: Path) -> Comparison:
    whole = _envelope(path)
    if whole["format"] > FORMAT:
        raise ComparisonRefused(
            f"{shown(path)} was saved by a newer catdata.",
            hint="Update catdata: pip install --upgrade catdata",
        )
    if _sha256(whole["comparison"]) != whole["sha256"]:
        raise ValueError("its content is not what was saved")
    content = json.loads(whole["comparison"], parse_constant=_no_number)
    record: Comparison = _decoded(Comparison, content, "comparison")
    _check(record)
    return record


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _envelope(path: Path) -> dict[str, Any]:
    """Return what is around the record.

    Raises:
        ValueError: If the file holds anything but a comparison.
        KeyError: If a part of it is missing.
        TypeError: If a part is of another type.
        OSError: If it can't be read.
    """
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 20} MiB")
    whole = json.loads(path.read_text("utf-8"))
    if not isinstance(whole, dict) or whole.get("kind") != KIND:
        raise ValueError(f"it does not say that it is a {KIND}")
    for name, kind in {"format": int, "sha256": str, "comparison": str}.items():
        _require(whole[name], kind, name)
    return whole


def _sha256(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _check(record: Comparison) -> None:
    """Refuse parts that do not fit each other, which reports rely on."""
    names = [test_set.name for test_set in record.test_sets]
    if not record.arms or not names or not record.seeds:
        raise ValueError("it compares nothing")
    if any(list(arm.judgements) != names for arm in record.arms):
        raise ValueError("an arm was not judged on all test sets")
    if len(record.flips) != len(record.changes):
        raise ValueError("changes and changed images do not fit")
    for flips in record.flips:
        for image in (*flips.improved, *flips.worsened, *flips.always_wrong):
            if image.pixels.ndim != 3 or image.pixels.shape[2] != 3 or not image.pixels.size:
                raise ValueError(f"a picture has the shape {image.pixels.shape}")
    _check_curves(record)
    _check_changes(record)


def _check_curves(record: Comparison) -> None:
    for arm in record.arms:
        for curve in (arm.curve, *(judgement.curve for judgement in arm.judgements.values())):
            steps = curve.iterations
            if not len(steps) or steps[0] < 0 or steps[-1] < 1 or (np.diff(steps) <= 0).any():
                raise ValueError("a curve's iterations do not ascend")
            lines = (curve.mean, curve.low, curve.high)
            if any(line.shape != arm.curve.iterations.shape for line in lines):
                raise ValueError("curves differ in their length")
            if not all(np.isfinite(line).all() for line in lines):
                raise ValueError("a curve holds what is no number")


def _check_changes(record: Comparison) -> None:
    """Refuse changes between arms, on test sets or in classes that the record does not have."""
    arms = {(arm.build, arm.layers): arm for arm in record.arms}
    classes = {test_set.name: test_set.classes for test_set in record.test_sets}
    if not all(sum(counts.values()) for counts in classes.values()):
        raise ValueError("a test set is empty")
    for change in record.changes:
        known = set(classes[change.test_set])
        named = [set(change.by_class), set(change.contribution)]
        for build in (change.before, change.after):
            arm = arms[build, change.layers]
            named.append(set(arm.judgements[change.test_set].class_accuracy))
        alike = all(names == named[0] for names in named)
        if not alike or not named[0] | {change.baseline_class} <= known:
            raise ValueError("a change is of classes that are not there")
    if any(set(fold.by_class) != set(fold.contribution) for fold in record.folds):
        raise ValueError("a cross-validation is of classes that are not there")


def _encoded(value: Any) -> Any:
    """Return a record as what JSON can hold."""
    if is_dataclass(value):
        return {field.name: _encoded(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.ndarray):
        data = zlib.compress(np.ascontiguousarray(value).tobytes())
        text = base64.b64encode(data).decode("ascii")
        return {"dtype": value.dtype.str, "shape": list(value.shape), "zlib": text}
    if isinstance(value, tuple):
        return [_encoded(item) for item in value]
    if isinstance(value, dict):
        return {key: _encoded(item) for key, item in value.items()}
    return value


def _decoded(kind: Any, value: Any, where: str) -> Any:
    """Return a value as the type that it should have.

    Args:
        kind: The type, as a field is declared with it.
        value: What JSON held.
        where: What a message is to call it.

    Raises:
        TypeError: If the value is of another type.
        ValueError: If an array is not what it says.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        hints, names = get_type_hints(kind, _NAMES), {field.name for field in fields(kind)}
        _require(value, dict, where)
        if set(value) != names:
            raise TypeError(f"{where} has other fields: {', '.join(sorted(value))}")
        parts = {name: _decoded(hints[name], value[name], f"{where}.{name}") for name in names}
        return kind(**parts)
    if origin in (np.ndarray, NDArray):  # since NumPy 2.5 NDArray is a name of its own
        return _array(inner, value, where)
    if origin is tuple:
        _require(value, list, where)
        kinds = [inner[0]] * len(value) if inner[1:] == (...,) else list(inner)
        if len(kinds) != len(value):
            raise TypeError(f"{where} has {len(value)} entries, not {len(kinds)}")
        return tuple(
            _decoded(one, item, f"{where}[{place}]")
            for place, (one, item) in enumerate(zip(kinds, value, strict=True))
        )
    if origin is dict:
        _require(value, dict, where)
        return {key: _decoded(inner[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin in (Union, types.UnionType):
        return None if value is None else _decoded(inner[0], value, where)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    _require(value, kind, where)
    return value


def _require(value: Any, kind: type, where: str) -> None:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{where} is no {kind.__name__}")


def _array(inner: tuple[Any, ...], value: Any, where: str) -> NDArray[Any]:
    """Return an array, without unpacking more bytes than it should have."""
    _require(value, dict, where)
    (kind,) = get_args(inner[-1]) or inner
    dtype = np.dtype(kind)
    shape = [_decoded(int, length, f"{where}.shape") for length in value["shape"]]
    if value["dtype"] != dtype.str or any(length < 0 for length in shape):
        raise ValueError(f"{where} holds other numbers")
    expected = dtype.itemsize
    for length in shape:
        expected *= length
    if expected > _MAX_PIXELS:
        raise ValueError(f"{where} is too large")
    try:
        packed = base64.b64decode(value["zlib"], validate=True)
        data = zlib.decompressobj().decompress(packed, expected + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"{where}: {error}") from error
    if len(data) != expected:
        raise ValueError(f"{where} is torn")
    return np.frombuffer(data, dtype).reshape(shape)


_NAMES: dict[str, Any] = {"ClassVar": ClassVar, "NDArray": NDArray, "np": np}
"""Where the names are found that the records' fields are declared with."""
for _module in (changes, comparison, config, resampling, stats, verdicts):
    _NAMES |= {name: value for name, value in vars(_module).items() if isinstance(value, type)}
_NAMES["Floats"] = resampling.Floats
