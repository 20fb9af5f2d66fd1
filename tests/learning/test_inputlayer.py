"""The two forms of the first layer give the same numbers, and K is exact."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from drawn import Drawn, drawn

from catdata.learning.inputlayer import input_layer
from catdata.learning.inputs import Scaling
from catdata.learning.sources import SOURCES, Gram, PixelRows


def test_the_gram_matrix_is_the_rounded_exact_value() -> None:
    images = drawn(300, size=2).images  # more rows than a slice
    pixels = images.reshape(300, -1).astype(np.int64)
    np.testing.assert_array_equal(Gram(images).matrix, (pixels @ pixels.T) / 255.0**2 + 1.0)


def test_the_products_with_other_images_are_exact_too() -> None:
    train, other = drawn(300, size=2).images, drawn(270, size=2, seed=1).images
    left, right = (images.reshape(len(images), -1).astype(np.int64) for images in (train, other))
    pixels, products = Gram(train, {"test": other}).others["test"]
    np.testing.assert_array_equal(pixels, right)
    np.testing.assert_array_equal(products, (left @ right.T) / 255.0**2 + 1.0)


def test_the_gram_matrix_is_made_without_a_float_copy_of_the_images() -> None:
    images = drawn(2000, size=16).images
    tracemalloc.start()
    gram = Gram(images)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - gram.matrix.nbytes < images.size * 8 / 2


def test_a_gram_matrix_of_other_images_is_refused() -> None:
    images = drawn(5).images
    gram = Gram(images, {"test": images})
    gram.check_made_of(images, {"test": images})
    with pytest.raises(ValueError, match="made of other images: train"):
        gram.check_made_of(images.copy(), {})
    with pytest.raises(ValueError, match="made of other images: other"):
        gram.check_made_of(images, {"other": images})


class Descent:
    """Two stacked first layers in one form that follow given gradients of the pre-activation."""

    def __init__(self, form: str) -> None:
        rng = np.random.default_rng(3)
        train, test = drawn(20).images, drawn(8, seed=1).images
        source = SOURCES[form](train, {"test": test}, None, "float64")
        (shape,) = source.parameter_shapes(2, 3)
        self.parameters, self.gradient = np.zeros(shape), np.zeros(shape)
        self.layer = input_layer(
            source, rng.normal(size=(2, 3, 48)), [self.parameters], [self.gradient]
        )
        for _ in range(5):
            self.layer.forward()
            self.before = self.layer.signal.copy()
            self.layer.signal[:] = rng.normal(size=(2, 3, 20))
            self.layer.backward()
            self.norms = self.layer.gradient_norms()
            self.parameters -= 0.01 * self.gradient


@pytest.mark.parametrize("run", [0, 1])
def test_both_forms_move_the_same_weights(run: int) -> None:
    direct, gram = Descent("direct"), Descent("gram")
    for one, other in zip(direct.layer.weights(run), gram.layer.weights(run), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param(lambda descent: descent.before, id="pre-activation"),
        pytest.param(lambda descent: descent.norms, id="gradient norms"),
        pytest.param(lambda descent: descent.layer.forward_other("test"), id="test images"),
    ],
)
def test_both_forms_give_the_same(numbers: object) -> None:
    assert callable(numbers)
    direct, gram = (numbers(Descent(form)) for form in ("direct", "gram"))
    assert isinstance(direct, np.ndarray)
    np.testing.assert_allclose(direct, gram, rtol=1e-11, atol=1e-13)


def test_the_first_layers_bias_counts_as_the_weight_of_a_constant_input() -> None:
    rows = PixelRows(np.full((2, 1, 1, 3), 255, np.uint8)).matrix
    np.testing.assert_array_equal(rows, np.ones((2, 4)))


def test_part_of_a_matrix_of_products_is_that_of_its_images(few: Drawn, others: Drawn) -> None:
    whole = Gram(few.images, {"all": others.images})
    rows, columns = np.array([3, 0, 17]), np.array([5, 1])
    images, judged = few.images[rows], others.images[columns]
    part = whole.part(images, rows, {"some": (judged, "all", columns)})
    alone = Gram(images, {"some": judged})
    part.check_made_of(images, {"some": judged})
    np.testing.assert_array_equal(part.matrix, alone.matrix)
    for ours, theirs in zip(part.others["some"], alone.others["some"], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_scaled_products_have_no_parts(few: Drawn) -> None:
    scaled = Gram(few.images, scaling=Scaling.of(few.images, standardize=False))
    with pytest.raises(ValueError, match="has another scaling"):
        scaled.part(few.images[:2], np.arange(2), {})
