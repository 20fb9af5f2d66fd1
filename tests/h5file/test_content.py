"""Tests of what a file has to mean, and of what is accepted with a warning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from inprocess import read_here

from catdata.h5file import CLASS_NAMES

Make = Callable[..., Path]
Refusal = Callable[[Path], tuple[str, str]]


def test_a_file_in_the_form_reads_without_a_warning(
    make: Make, images: np.ndarray, labels: np.ndarray
) -> None:
    found = read_here(make())
    np.testing.assert_array_equal(found.images, images)
    np.testing.assert_array_equal(found.labels, labels)
    assert (found.images.dtype, found.labels.dtype) == (np.uint8, np.int64)
    assert found.class_names == CLASS_NAMES
    assert found.refs == tuple(f"train[{row}]" for row in range(6))
    assert found.copies.tolist() == [0] * 6
    assert (found.content_hashes, found.fingerprints) == (None, None)
    assert (len(found), found.size, found.warnings) == (6, 8, ())


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        pytest.param(
            lambda y: y.reshape(6, 1), "train_set_y has the shape (6, 1), read as (6,)", id="column"
        ),
        pytest.param(
            lambda y: y.reshape(1, 6), "train_set_y has the shape (1, 6), read as (6,)", id="row"
        ),
        pytest.param(
            lambda y: y.astype("f4"), "train_set_y holds float32, read as whole numbers", id="float"
        ),
        pytest.param(
            lambda y: y.astype(bool), "train_set_y holds bool, read as whole numbers", id="bool"
        ),
        pytest.param(lambda y: y.astype(">u2"), None, id="other-integers"),
    ],
)
def test_labels_in_another_form_are_read(
    make: Make, labels: np.ndarray, values: Callable[[np.ndarray], np.ndarray], warning: str | None
) -> None:
    found = read_here(make(train_set_y=values(labels)))
    np.testing.assert_array_equal(found.labels, labels)
    assert found.labels.dtype == np.int64
    assert found.warnings == ((warning,) if warning else ())


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param([0, 1, 0, 2, 0, 1], "train_set_y[3] is 2; labels are 0 and 1 only", id="two"),
        pytest.param([0, 1, 0, 0, 0, -1], "train_set_y[5] is -1; labels are 0 and 1 only", id="-1"),
        pytest.param(
            [0, 0.5, 0, 0, 0, 0], "train_set_y[1] is 0.5; labels are 0 and 1 only", id="half"
        ),
        pytest.param(
            [np.nan, 0, 0, 0, 0, 0], "train_set_y[0] is nan; labels are 0 and 1 only", id="nan"
        ),
        pytest.param([0, 1, 0], "train_set_y has the shape (3,) for 6 pictures", id="fewer"),
        pytest.param([0] * 7, "train_set_y has the shape (7,) for 6 pictures", id="more"),
        pytest.param([[0, 1]] * 6, "train_set_y has the shape (6, 2) for 6 pictures", id="one-hot"),
        pytest.param(
            np.array([b"cat"] * 6), "train_set_y holds text; labels are 0 and 1", id="text"
        ),
        pytest.param(None, "there is no train_set_y: the labels are missing", id="missing"),
    ],
)
def test_labels_that_are_not_0_and_1_are_refused(
    make: Make, refusal: Refusal, values: object, reason: str
) -> None:
    assert refusal(make(train_set_y=values))[0] == reason


def test_a_bool_that_is_neither_is_refused(
    make: Make, refusal: Refusal, labels: np.ndarray
) -> None:
    path = make(train_set_y=labels.astype(bool))
    stored = labels.astype(np.uint8).tobytes()
    path.write_bytes(path.read_bytes().replace(stored, b"\x07" + stored[1:]))
    assert refusal(path)[0] == "train_set_y[0] is 7; labels are 0 and 1 only"


@pytest.mark.parametrize(
    ("dtype", "scale", "warning"),
    [
        pytest.param("f8", 255, "float64, scaled from 0..1 to 0..255 and rounded", id="0..1"),
        pytest.param("f2", 255, "float16, scaled from 0..1 to 0..255 and rounded", id="half"),
        pytest.param(">f4", 1, "float32, rounded to whole numbers", id="0..255"),
        pytest.param("i8", 1, "int64, 0..255, read as uint8", id="int64"),
        pytest.param(">u2", 1, "uint16, 0..255, read as uint8", id="uint16"),
    ],
)
def test_pixels_in_another_type_are_converted(
    make: Make, images: np.ndarray, dtype: str, scale: int, warning: str
) -> None:
    found = read_here(make(train_set_x=(images / scale).astype(dtype)))
    np.testing.assert_array_equal(found.images, images)
    assert found.images.dtype == np.uint8
    assert found.warnings == (f"train_set_x holds {warning}",)


RANGE = "among the rows from 0 on; pixels are 0 to 255, or 0 to 1"


@pytest.mark.parametrize(
    ("dtype", "wrong", "reason"),
    [
        pytest.param("f8", np.nan, f"train_set_x holds the value nan {RANGE}", id="nan"),
        pytest.param("f4", np.inf, f"train_set_x holds the value inf {RANGE}", id="infinite"),
        pytest.param("f4", -0.5, f"train_set_x holds the value -0.5 {RANGE}", id="standardised"),
        pytest.param("i2", 256, f"train_set_x holds the value 256 {RANGE}", id="too-large"),
        pytest.param("i1", -1, f"train_set_x holds the value -1 {RANGE}", id="signed"),
    ],
)
def test_pixels_out_of_range_are_refused(
    make: Make, refusal: Refusal, images: np.ndarray, dtype: str, wrong: float, reason: str
) -> None:
    pixels = np.minimum(images, 127).astype(dtype)
    pixels[4, 3, 2, 1] = wrong
    message, hint = refusal(make(train_set_x=pixels))
    assert message == reason
    assert hint == "Undo a normalisation before saving; the network scales the pixels itself."


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        pytest.param(
            np.ones((6, 8, 8), "u1"),
            "train_set_x has the shape (6, 8, 8); pictures have (number, side, side, 3)",
            id="grey",
        ),
        pytest.param(
            np.ones((6, 8, 8, 4), "u1"),
            "train_set_x has the shape (6, 8, 8, 4); pictures have (number, side, side, 3)",
            id="alpha",
        ),
        pytest.param(
            np.ones((6, 3, 8, 8), "u1"),
            "train_set_x has the shape (6, 3, 8, 8); pictures have (number, side, side, 3)",
            id="channels-first",
        ),
        pytest.param(
            np.ones((6, 8, 9, 3), "u1"),
            "train_set_x has the shape (6, 8, 9, 3); pictures have (number, side, side, 3)",
            id="not-square",
        ),
        pytest.param(
            np.ones((0, 8, 8, 3), "u1"),
            "train_set_x is empty, its shape is (0, 8, 8, 3)",
            id="no-rows",
        ),
        pytest.param(
            np.ones((1, 2049, 2049, 3), "u1"),
            "train_set_x has the shape (1, 2049, 2049, 3); the limits are 200,000 pictures"
            " and 2,048 pixels a side",
            id="too-wide",
        ),
        pytest.param(
            np.ones((200_001, 1, 1, 3), "u1"),
            "train_set_x has the shape (200001, 1, 1, 3); the limits are 200,000 pictures"
            " and 2,048 pixels a side",
            id="too-many",
        ),
        pytest.param(
            np.ones((6, 8, 8, 3), bool),
            "train_set_x holds bool; pixels are numbers from 0 to 255",
            id="bool",
        ),
        pytest.param(
            np.zeros((6, 8, 8, 3), "u1"),
            "train_set_x is zero throughout: all pictures are black",
            id="zero",
        ),
        pytest.param(
            np.zeros((6, 8, 8, 3), "f4"),
            "train_set_x is zero throughout: all pictures are black",
            id="zero-floats",
        ),
    ],
)
def test_pictures_of_another_form_are_refused(
    make: Make, refusal: Refusal, pixels: np.ndarray, reason: str
) -> None:
    assert refusal(make(train_set_x=pixels))[0] == reason


def test_black_pictures_among_others_are_counted(make: Make, images: np.ndarray) -> None:
    images[[2, 5]] = 0
    assert read_here(make(train_set_x=images)).warnings == ("2 of its pictures are all black",)


def test_a_test_file_in_the_place_of_a_train_file_is_refused(make: Make, refusal: Refusal) -> None:
    path = make(train_set_x=None, test_set_x=np.ones((6, 8, 8, 3), "u1"))
    assert refusal(path) == (
        "this is a test file where a train file is asked for",
        "The course's train file is called train_catvnoncat.h5.",
    )


def test_a_file_of_something_else_is_refused(make: Make, refusal: Refusal) -> None:
    assert refusal(make(train_set_x=None)) == (
        "there is no train_set_x, so this is not one of the course's files",
        "The course's train file is called train_catvnoncat.h5.",
    )


def test_without_class_names_the_courses_are_taken(make: Make) -> None:
    found = read_here(make(list_classes=None))
    assert found.class_names == CLASS_NAMES
    assert found.warnings == ("there is no list_classes; the course's names are taken",)


def test_other_class_names_are_read_with_a_warning(make: Make) -> None:
    found = read_here(make(list_classes=np.array(["chien", "été".encode()], "S8")))
    assert found.class_names == ("chien", "été")
    assert found.warnings == ("class 0 is called 'chien' and class 1 'été'",)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        pytest.param(
            np.array([b"cat", b"cat"]),
            "list_classes has to name two classes in plain text, and holds 'cat' and 'cat'",
            id="same",
        ),
        pytest.param(
            np.array([b"\x1b[2J", b"cat"]),
            "list_classes has to name two classes in plain text, and holds '\\x1b[2J' and 'cat'",
            id="control",
        ),
        pytest.param(
            np.array([b"\xff\xfe", b"cat"]),
            "list_classes has to name two classes in plain text, and holds '\\xff\\xfe' and 'cat'",
            id="not-text",
        ),
        pytest.param(
            np.array([b"", b"cat"]),
            "list_classes has to name two classes in plain text, and holds '' and 'cat'",
            id="empty",
        ),
        pytest.param(
            np.array([b"a", b"b", b"c"]),
            "list_classes does not hold two texts of fixed length",
            id="three",
        ),
        pytest.param(
            np.array([0, 1]), "list_classes does not hold two texts of fixed length", id="numbers"
        ),
        pytest.param(
            np.array([b"a" * 65, b"b"]), "list_classes holds names longer than 64 bytes", id="long"
        ),
    ],
)
def test_class_names_that_are_none_are_refused(
    make: Make, refusal: Refusal, names: np.ndarray, reason: str
) -> None:
    assert refusal(make(list_classes=names))[0] == reason


@pytest.mark.parametrize(
    ("keys", "warning"),
    [
        pytest.param(["mean"], "1 further key is ignored: mean", id="one"),
        pytest.param(["b\x1b", "a"], "2 further keys are ignored: a, b\\x1b", id="two"),
        pytest.param([f"k{i:03}" for i in range(999)], "999 further keys are ignored", id="many"),
    ],
)
def test_further_keys_are_ignored_with_a_warning(make: Make, keys: list[str], warning: str) -> None:
    path = make(**dict.fromkeys(keys, 1))
    assert read_here(path).warnings == (warning,)
