"""Searching rows of numbers."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest

from flowisectl.retrieval.vector_rows import Nearness, VectorRows

SIZE = 7


def vectors(count: int, seed: int = 1) -> list[list[float]]:
    drawn = random.Random(seed)
    return [[drawn.uniform(-1, 1) for _ in range(SIZE)] for _ in range(count)]


def rows_of(numbers: list[list[float]]) -> VectorRows:
    rows = VectorRows()
    rows.add(numbers)
    return rows


def score(one: list[float], other: list[float], nearness: Nearness) -> float:
    if nearness is Nearness.SQUARED_DISTANCE:
        return math.dist(one, other) ** 2
    product = math.fsum(a * b for a, b in zip(one, other, strict=True))
    return product if nearness is Nearness.INNER_PRODUCT else product / (math.hypot(*one) * math.hypot(*other))


@pytest.mark.parametrize("nearness", list(Nearness))
@pytest.mark.parametrize("count", [1, 5, 3000])
def test_the_nearest_rows_are_those_that_a_plain_walk_finds(nearness: Nearness, count: int) -> None:
    numbers, wanted = vectors(count), vectors(1, seed=2)[0]
    plain = [(place, score(vector, wanted, nearness)) for place, vector in enumerate(numbers)]
    plain.sort(key=lambda row: row[1] if nearness is Nearness.SQUARED_DISTANCE else -row[1])

    found = rows_of(numbers).nearest(wanted, 5, nearness)

    assert [place for place, _ in found] == [place for place, _ in plain[:5]]
    assert [value for _, value in found] == pytest.approx([value for _, value in plain[:5]], abs=1e-5)


def test_rows_that_are_not_allowed_are_left_out_however_near() -> None:
    numbers = vectors(2000)
    rows = rows_of(numbers)

    found = rows.nearest(numbers[10], 3, Nearness.COSINE, lambda place: place >= 1990)

    assert len(found) == 3
    assert all(place >= 1990 for place, _ in found)


def test_of_equally_near_rows_the_earlier_come_first() -> None:
    rows = rows_of([[1.0] * SIZE] * 3000)

    assert [place for place, _ in rows.nearest([1.0] * SIZE, 4, Nearness.SQUARED_DISTANCE)] == [0, 1, 2, 3]


def test_a_row_of_zeros_is_like_nothing() -> None:
    rows = rows_of([[0.0] * SIZE, [1.0] * SIZE])

    assert rows.nearest([1.0] * SIZE, 2, Nearness.COSINE) == [(1, pytest.approx(1.0)), (0, 0.0)]
    assert rows.nearest([0.0] * SIZE, 1, Nearness.COSINE) == [(0, 0.0)]


def test_rows_that_come_in_lots_keep_their_places() -> None:
    numbers = vectors(2500)
    rows = VectorRows()

    for start in range(0, 2500, 300):
        rows.add(numbers[start : start + 300])

    assert len(rows) == 2500
    assert np.allclose(np.concatenate([block.copy() for block in rows.blocks()]), numbers)
    assert np.allclose(rows.take([2499, 0, 1024]), [numbers[2499], numbers[0], numbers[1024]])
    assert np.allclose(rows.kept([5, 3]).take([0, 1]), [numbers[5], numbers[3]])


def test_rows_of_a_file_are_found_wherever_they_begin_in_it(tmp_path: Path) -> None:
    numbers = vectors(700)
    (tmp_path / "f").write_bytes(b"odd" + np.asarray(numbers, dtype=np.float32).tobytes())
    mapped = VectorRows(np.memmap(tmp_path / "f", dtype="<f4", mode="r", offset=3, shape=(700, SIZE)))

    for nearness in Nearness:
        assert mapped.nearest(numbers[3], 4, nearness) == rows_of(numbers).nearest(numbers[3], 4, nearness)
    assert mapped.nearest(numbers[650], 1, Nearness.SQUARED_DISTANCE)[0][0] == 650


def test_no_rows_and_no_wish_find_nothing() -> None:
    assert VectorRows().nearest([1.0], 3, Nearness.COSINE) == []
    assert rows_of(vectors(3)).nearest([1.0] * SIZE, 0, Nearness.COSINE) == []


def test_vectors_of_another_size_are_refused() -> None:
    rows = rows_of(vectors(2))

    with pytest.raises(ValueError, match="differ in size"):
        rows.add([[1.0]])
    with pytest.raises(ValueError, match="differ in size"):
        VectorRows().add([[1.0], [1.0, 2.0]])
