"""Line charts as SVG that read well on light and on dark pages: no library, no background of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 300
TOP, BOTTOM, LEFT, RIGHT, GAP = 64, 46, 52, 16, 56
LOG_FROM = 20
"""A panel whose values span so many times gets a logarithmic scale."""
_STYLE = """
text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57606a }
.title { font-size: 15px; font-weight: 600; fill: #1f2328 }
.panel { font-weight: 600; fill: #1f2328 }
.value { font-size: 11px; fill: #1f2328; paint-order: stroke; stroke: #fff; stroke-width: 3px; stroke-linejoin: round }
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
.s0 { stroke: #0969da } .f0 { fill: #0969da } .s1 { stroke: #bc4c00 } .f1 { fill: #bc4c00 } .s2 { stroke: #1a7f37 } .f2 { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1 } .title, .panel, .value { fill: #f0f6fc } .value { stroke: #0d1117 } .grid { stroke: #3d444d }
  .s0 { stroke: #4493f8 } .f0 { fill: #4493f8 } .s1 { stroke: #f0883e } .f1 { fill: #f0883e } .s2 { stroke: #3fb950 } .f2 { fill: #3fb950 }
}
""".strip()


@dataclass(frozen=True, kw_only=True)
class Line:
    label: str
    values: Sequence[float]
    """One for each tick."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    title: str
    lines: Sequence[Line]


def chart(title: str, x_label: str, ticks: Sequence[str], panels: Sequence[Panel]) -> str:
    """Panels side by side over the same ticks, which stand at equal distances."""
    wide = (WIDTH - LEFT - RIGHT - GAP * (len(panels) - 1)) / len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="{LEFT}" y="20">{escape(title)}</text>',
        *_legend(panels),
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, ticks, x_label, LEFT + number * (wide + GAP), wide)
    return "\n".join([*parts, "</svg>", ""])


def _legend(panels: Sequence[Panel]) -> list[str]:
    labels = list(dict.fromkeys(line.label for panel in panels for line in panel.lines))
    if len(labels) < 2:
        return []
    parts: list[str] = []
    right: float = WIDTH - RIGHT
    for place, label in reversed(list(enumerate(labels))):
        right -= 6.6 * len(label)
        parts.append(f'<text x="{right:.0f}" y="20">{escape(label)}</text>')
        parts.append(f'<circle class="f{place % 3}" cx="{right - 9:.0f}" cy="16" r="4"/>')
        right -= 30
    return parts


def _panel(panel: Panel, ticks: Sequence[str], x_label: str, left: float, wide: float) -> list[str]:
    bottom = HEIGHT - BOTTOM
    scale = Scale(min_value=_least(panel), max_value=max(value for line in panel.lines for value in line.values))
    parts = [f'<text class="panel" x="{left:.0f}" y="46">{escape(panel.title)}</text>']

    def x_of(place: int) -> float:
        return left + 14 + (wide - 28) * (place / (len(ticks) - 1) if len(ticks) > 1 else 0.5)

    def y_of(value: float) -> float:
        return bottom - (bottom - TOP) * scale.share(value)

    for mark in scale.marks():
        y = y_of(mark)
        parts.append(f'<line class="grid" x1="{left:.0f}" x2="{left + wide:.0f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{left - 6:.0f}" y="{y + 4:.1f}" text-anchor="end">{number(mark)}</text>')
    for place, tick in enumerate(ticks):
        parts.append(f'<text x="{x_of(place):.1f}" y="{bottom + 18}" text-anchor="middle">{escape(tick)}</text>')
    parts.append(f'<text x="{left + wide / 2:.1f}" y="{bottom + 36}" text-anchor="middle">{escape(x_label)}</text>')
    for colour, line in enumerate(panel.lines):
        points = [(x_of(place), y_of(value)) for place, value in enumerate(line.values)]
        parts.append(f'<polyline class="line s{colour % 3}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
        parts += [f'<circle class="f{colour % 3}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points]
    for place in range(len(ticks)):
        parts += _values(panel, place, x_of(place), y_of)
    return parts


def _values(panel: Panel, place: int, x: float, y_of: object) -> list[str]:
    """The numbers at one tick: of lines that are near each other the upper one's stands above, the lower one's below."""
    assert callable(y_of)
    ordered = sorted(panel.lines, key=lambda line: line.values[place])
    parts: list[str] = []
    for rank, line in enumerate(ordered):
        is_top = rank == len(ordered) - 1
        if len(ordered) > 2 and 0 < rank < len(ordered) - 1:
            continue  # in between there is no room
        y = y_of(line.values[place]) + (-8 if is_top else 17)
        parts.append(f'<text class="value" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{number(line.values[place])}</text>')
    return parts


def _least(panel: Panel) -> float:
    return min(value for line in panel.lines for value in line.values)


class Scale:
    """From values to the share of a panel's height."""

    def __init__(self, *, min_value: float, max_value: float) -> None:
        self.is_log = min_value > 0 and max_value / min_value >= LOG_FROM
        if self.is_log:
            self._low, self._high = float(math.floor(math.log10(min_value))), float(math.ceil(math.log10(max_value)))
        else:
            self._step = round_step(max_value)
            self._low, self._high = 0.0, self._step * math.ceil(max_value / self._step * 1.02) if max_value else 1.0

    def share(self, value: float) -> float:
        if self.is_log:
            return (math.log10(max(value, 10**self._low)) - self._low) / (self._high - self._low)
        return value / self._high

    def marks(self) -> list[float]:
        if self.is_log:
            return [10.0**power for power in range(int(self._low), int(self._high) + 1)]
        return [self._step * place for place in range(round(self._high / self._step) + 1)] if self._high != 1 else [0, 1]


def round_step(largest: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, with which four to eight lines reach the largest value."""
    if largest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(largest / 4))
    return next((power * factor for factor in (1, 2, 5, 10) if largest / (power * factor) <= 5), power * 10)


def number(value: float) -> str:
    """Short, for a label."""
    if value >= 10_000:
        return f"{value / 1000:.0f}k"
    if value >= 1000:
        return f"{value / 1000:.1f}k".replace(".0k", "k")
    if value >= 10 or value == 0:
        return f"{value:.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".") if value < 1 else f"{value:.1f}".removesuffix(".0")
