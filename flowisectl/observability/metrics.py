"""Counters, gauges and histograms that cost a busy process next to nothing, and their text as Prometheus reads it.

Everything is counted by one thread (the event loop's), so nothing is locked; text is made only when somebody asks for it. The
formats are Prometheus' text exposition format 0.0.4 and, for who accepts it, OpenMetrics 1.0.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence

TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OPEN_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
MAX_SERIES = 300
"""Of one metric. What comes beyond is counted together under the label value `other`, so that no client can fill the memory."""
OTHER = "other"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)

Labels = tuple[str, ...]
Sample = tuple[str, Labels, float]


class Metric:
    """A name, a type, and series by their label values."""

    kind = "untyped"

    def __init__(self, name: str, about: str, labels: Sequence[str] = ()) -> None:
        self.name = name
        self.about = about
        self.labels = tuple(labels)

    def samples(self) -> Iterable[tuple[str, Mapping[str, str], float]]:
        """Name, labels, value."""
        raise NotImplementedError

    def _named(self, values: Labels) -> dict[str, str]:
        return dict(zip(self.labels, values, strict=True))


class Counter(Metric):
    kind = "counter"

    def __init__(self, name: str, about: str, labels: Sequence[str] = (), *, known: Iterable[Labels] = ()) -> None:
        """`known` are label values that are there from the start, with 0: what appears with its first event has no increase to see."""
        super().__init__(name, about, labels)
        self._values: dict[Labels, float] = dict.fromkeys(known, 0.0) if labels else {(): 0.0}

    def add(self, *values: str, by: float = 1.0) -> None:
        series = self._values
        if values not in series and len(series) >= MAX_SERIES:
            values = (OTHER,) * len(self.labels)
        series[values] = series.get(values, 0.0) + by

    def value(self, *values: str) -> float:
        return self._values.get(values, 0.0)

    def samples(self) -> Iterable[tuple[str, Mapping[str, str], float]]:
        for values, value in list(self._values.items()):
            yield self.name, self._named(values), value


class Gauge(Metric):
    """A value that is asked for when the text is made."""

    kind = "gauge"

    def __init__(self, name: str, about: str, read: Callable[[], float | Mapping[Labels, float]], labels: Sequence[str] = ()) -> None:
        super().__init__(name, about, labels)
        self._read = read

    def samples(self) -> Iterable[tuple[str, Mapping[str, str], float]]:
        found = self._read()
        series = found if isinstance(found, Mapping) else {(): found}
        for values, value in series.items():
            yield self.name, self._named(values), value


class Histogram(Metric):
    kind = "histogram"

    def __init__(self, name: str, about: str, labels: Sequence[str] = (), bounds: Sequence[float] = SECONDS) -> None:
        super().__init__(name, about, labels)
        self._bounds = tuple(bounds)
        self._series: dict[Labels, list[float]] = {}
        """Label values → counts by bucket, the last one beyond every bound, then the sum."""

    def observe(self, value: float, *values: str) -> None:
        series = self._series.get(values)
        if series is None:
            if len(self._series) >= MAX_SERIES:
                values = (OTHER,) * len(self.labels)
            series = self._series.setdefault(values, [0.0] * (len(self._bounds) + 2))
        series[bisect_left(self._bounds, value)] += 1
        series[-1] += value

    def count(self, *values: str) -> int:
        return int(sum(self._series.get(values, (0.0,))[:-1]))

    def samples(self) -> Iterable[tuple[str, Mapping[str, str], float]]:
        for values, series in list(self._series.items()):
            named = self._named(values)
            seen = 0.0
            for bound, number in zip((*self._bounds, float("inf")), series, strict=False):
                seen += number
                yield f"{self.name}_bucket", {**named, "le": _number(bound)}, seen
            yield f"{self.name}_sum", named, series[-1]
            yield f"{self.name}_count", named, seen


def accepts_open(accept: str) -> bool:
    """Whether a request with this `Accept` header takes OpenMetrics."""
    return "application/openmetrics-text" in accept.lower()


def to_text(metrics: Iterable[Metric], common: Mapping[str, str], *, is_open: bool = False) -> bytes:
    """The page, as OpenMetrics when `is_open`. `common` are labels that every series gets."""
    lines: list[str] = []
    for metric in metrics:
        family, kind = _open_family(metric) if is_open else (metric.name, metric.kind)
        about = _help(metric.about)
        lines.append(f"# HELP {family} {about.replace(chr(34), chr(92) + chr(34)) if is_open else about}")
        lines.append(f"# TYPE {family} {kind}")
        for name, labels, value in metric.samples():
            if is_open and "le" in labels and labels["le"].isdigit():
                labels = {**labels, "le": f"{labels['le']}.0"}  # there bounds are floating-point numbers
            pairs = ",".join(f'{label}="{_escaped(text)}"' for label, text in {**common, **labels}.items())
            lines.append(f"{name}{{{pairs}}} {_number(value)}" if pairs else f"{name} {_number(value)}")
    if is_open:
        lines.append("# EOF")
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _open_family(metric: Metric) -> tuple[str, str]:
    """Name and type in OpenMetrics, where a counter's samples end in `_total`.

    Flowise documents counters that do not: they keep their names, and have no type there, so that whatever a scraper
    accepts, dashboards find them.
    """
    if metric.kind != "counter":
        return metric.name, metric.kind
    return (metric.name.removesuffix("_total"), "counter") if metric.name.endswith("_total") else (metric.name, "unknown")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(float(value))
