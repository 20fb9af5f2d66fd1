"""What commands print fits a terminal and reads well there."""

from __future__ import annotations

import pytest

from catdata.cli import output


@pytest.mark.parametrize("before", range(output.WIDTH - 8, output.WIDTH))
def test_a_number_and_its_percent_sign_stay_on_one_line(before: int) -> None:
    text = f"{'x' * before} 36.0 % of them"
    lines = output.paragraph(text).splitlines()
    assert " ".join(lines) == text
    assert any("36.0 %" in line for line in lines)
    assert max(map(len, lines)) <= output.WIDTH
