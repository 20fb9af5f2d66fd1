"""Images that the tests of this wing learn from: drawn ones, and the course's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn import Drawn, drawn

from catdata import h5file


@pytest.fixture(scope="session")
def few() -> Drawn:
    return drawn(30)


@pytest.fixture(scope="session")
def others() -> Drawn:
    return drawn(12, seed=1)


@pytest.fixture(scope="session")
def course(originals: Path) -> tuple[h5file.ImageSet, h5file.ImageSet]:
    """The course's own training and test images."""
    pair = h5file.read_pair(originals)
    return pair.train, pair.test
