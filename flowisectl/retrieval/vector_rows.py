"""Rows of numbers that are searched for the nearest ones, by NumPy.

NumPy is imported when the first rows come, so that a process whose flows search nothing does not hold it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLOCK = 1024
"""Rows that lie together in memory: 6 MB of vectors of 1,536 numbers."""
_AT_ONCE = 128
"""Rows that are multiplied at once. Rows of a mapped file are copied for it, and so many stay in the processor's cache; and of larger
pieces the BLAS library makes work for threads of its own, which wait for each other on a busy machine."""
_SPARE = 16
"""Rows beyond the wanted ones whose order is looked at exactly: the first search rounds to 32 bits."""


class Nearness(Enum):
    """What tells how near two vectors are."""

    COSINE = "cosine"
    INNER_PRODUCT = "inner product"
    SQUARED_DISTANCE = "squared distance"
    """Smaller is nearer."""


class VectorRows:
    """32-bit numbers, one row for each vector; all rows have the size of the first. Rows keep their places: 0, 1, 2 …"""

    def __init__(self, mapped: NDArray[np.float32] | None = None) -> None:
        """`mapped` (rows × size) are looked at where they are, such as in a file that is mapped into memory."""
        self._mapped = mapped
        self._blocks: list[NDArray[np.float32]] = []
        """Of `_BLOCK` rows each; the last one is filled in part. So rows are never copied to make room for others."""
        self._count = 0 if mapped is None else len(mapped)
        self._squares: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return self._count

    @property
    def size(self) -> int:
        """Numbers in a row; 0 while there is none."""
        if self._mapped is not None:
            return int(self._mapped.shape[1])
        return int(self._blocks[0].shape[1]) if self._blocks else 0

    def add(self, vectors: Sequence[Sequence[float]]) -> None:
        """Append rows. Raises ValueError when they differ in size from each other or from those that are there."""
        import numpy as np

        if not len(vectors):
            return
        if self._mapped is not None:
            raise ValueError("rows of a mapped file cannot be added to")
        size = self.size or len(vectors[0])
        if not size or any(len(vector) != size for vector in vectors):
            raise ValueError("the vectors differ in size")
        self._squares = None
        done = 0
        while done < len(vectors):
            place = self._count % _BLOCK
            if place == 0:
                self._blocks.append(np.empty((_BLOCK, size), dtype=np.float32))
            part = vectors[done : done + _BLOCK - place]
            self._blocks[-1][place : place + len(part)] = np.asarray(part, dtype=np.float32)
            self._count += len(part)
            done += len(part)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """All rows in order, some at a time; not to be changed, and only good until the next ones are asked for."""
        import numpy as np

        if self._mapped is None:
            for start in range(0, self._count, _AT_ONCE):
                place = start % _BLOCK
                yield self._blocks[start // _BLOCK][place : min(place + _AT_ONCE, place + self._count - start)]
            return
        # Numbers in a file may begin at any byte. As bytes they are copied many times faster than as numbers that lie askew.
        room = np.empty((min(_AT_ONCE, self._count), self.size), dtype=np.float32)
        for start in range(0, self._count, _AT_ONCE):
            rows = self._mapped[start : start + _AT_ONCE]
            np.copyto(room.view(np.uint8)[: len(rows)], rows.view(np.uint8))
            yield room[: len(rows)]

    def take(self, places: Sequence[int]) -> NDArray[np.float32]:
        """Some of the rows (places × size), in this order, as a copy."""
        import numpy as np

        taken = np.empty((len(places), self.size), dtype=np.float32)
        for target, place in enumerate(places):
            taken[target] = self._mapped[place] if self._mapped is not None else self._blocks[place // _BLOCK][place % _BLOCK]
        return taken

    def kept(self, places: Sequence[int]) -> VectorRows:
        """Some of the rows, in this order, as rows of their own."""
        kept = VectorRows()
        for start in range(0, len(places), _BLOCK):
            kept.add(self.take(places[start : start + _BLOCK]))  # type: ignore[arg-type]  # an array is a sequence of sequences
        return kept

    def nearest(
        self, vector: Sequence[float], count: int, nearness: Nearness, allows: Callable[[int], bool] | None = None
    ) -> list[tuple[int, float]]:
        """(place, score) of the nearest rows, nearest first; of equal ones the earlier. `allows` leaves rows out.

        The vector must have the rows' size.
        """
        if not self._count or count <= 0:
            return []
        import numpy as np

        wanted = np.asarray(vector, dtype=np.float64)
        far = self._farness(wanted.astype(np.float32), nearness)
        chosen = self._best(far, count + _SPARE, allows)
        exact = _exact(self.take(chosen).astype(np.float64), wanted, nearness)
        sign = 1.0 if nearness is Nearness.SQUARED_DISTANCE else -1.0
        found = sorted(zip(chosen, map(float, exact), strict=True), key=lambda row: (sign * row[1], row[0]))
        return found[:count]

    def _farness(self, wanted: NDArray[np.float32], nearness: Nearness) -> NDArray[np.float32]:
        """A number for each row that is smaller the nearer it is, rounded."""
        import numpy as np

        products = np.empty(self._count, dtype=np.float32)
        start = 0
        for block in self.blocks():
            np.dot(block, wanted, out=products[start : start + len(block)])
            start += len(block)
        if nearness is Nearness.INNER_PRODUCT:
            return -products
        squares = self._row_squares()
        if nearness is Nearness.SQUARED_DISTANCE:
            return squares - 2 * products
        sizes = np.sqrt(squares)
        return -np.divide(products, sizes, out=np.zeros_like(products), where=sizes > 0)

    def _best(self, far: NDArray[np.float32], count: int, allows: Callable[[int], bool] | None) -> list[int]:
        """The places of the smallest numbers."""
        import numpy as np

        if allows is not None:
            # From the nearest on, so that most rows are never asked about.
            in_order: Iterator[Any] = iter(np.argsort(far, kind="stable"))
            found: list[int] = []
            for place in in_order:
                if allows(int(place)):
                    found.append(int(place))
                    if len(found) == count:
                        break
            return found
        if count >= len(far):
            return list(range(len(far)))
        border = np.partition(far, count - 1)[count - 1]
        under = np.flatnonzero(far < border)
        # Of the many that may be equally near, the earliest.
        equal = np.flatnonzero(far == border)[: count - len(under)]
        return [int(place) for place in (*under, *equal)]

    def _row_squares(self) -> NDArray[np.float32]:
        """The squared length of each row, made once."""
        import numpy as np

        if self._squares is None:
            squares = np.empty(self._count, dtype=np.float32)
            start = 0
            for block in self.blocks():
                np.einsum("ij,ij->i", block, block, out=squares[start : start + len(block)])
                start += len(block)
            self._squares = squares
        return self._squares


def _exact(rows: NDArray[np.float64], wanted: NDArray[np.float64], nearness: Nearness) -> NDArray[np.float64]:
    import numpy as np

    if nearness is Nearness.SQUARED_DISTANCE:
        difference = rows - wanted
        distances: NDArray[np.float64] = np.einsum("ij,ij->i", difference, difference)
        return distances
    products: NDArray[np.float64] = rows @ wanted
    if nearness is Nearness.INNER_PRODUCT:
        return products
    sizes = np.sqrt(np.einsum("ij,ij->i", rows, rows)) * math.sqrt(float(wanted @ wanted))
    cosines: NDArray[np.float64] = np.divide(products, sizes, out=np.zeros_like(products), where=sizes > 0)
    return cosines
