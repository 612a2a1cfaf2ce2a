"""What the drills hold the promises against: every request, what its client received, and the rows that it left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from chaosdrills.client import Asked


@dataclass(kw_only=True)
class Verdict:
    """One line of the table. `broken` says which promises did not hold, in words."""

    drill: str
    accepted: int = 0
    answered: int = 0
    refused: int = 0
    lost: int = 0
    duplicated: int = 0
    mixed: int = 0
    hung: int = 0
    tokens_lost: int = 0
    recovery: list[float] = field(default_factory=list)
    """Seconds from a disturbance to the next sign of health, or to a late answer."""
    broken: list[str] = field(default_factory=list)
    note: str = ""

    def require(self, holds: bool, what: str) -> None:
        if not holds:
            self.broken.append(what)

    def count(self, asked: Sequence[Asked], rows: Sequence[tuple[str, str, str]], *, may_fail: bool = False) -> None:
        """Hold requests against the rows. `may_fail`: an honest error is an answer, too."""
        stored = Counter((chat, role) for chat, role, _ in rows)
        answers = {chat: content for chat, role, content in rows if role == "apiMessage"}
        for one in asked:
            if one.is_hung:
                self.hung += 1
                continue
            if one.is_refused:
                self.refused += 1
                continue
            self.accepted += 1
            if one.is_answered:
                self.answered += 1
                self._check_answer(one, stored, answers)
            elif may_fail and (one.error or one.status >= 400):
                self.refused += 1
                self.accepted -= 1
            else:
                self.lost += 1
        self.duplicated += sum(1 for number in stored.values() if number > 1)
        for name in ("lost", "duplicated", "mixed", "hung", "tokens_lost"):
            self.require(getattr(self, name) == 0, f"{getattr(self, name)} {name.replace('_', ' ')}")

    def _check_answer(self, one: Asked, stored: Counter[tuple[str, str]], answers: dict[str, str]) -> None:
        if one.keeps_rows and (stored[one.chat, "userMessage"] < 1 or stored[one.chat, "apiMessage"] < 1):
            self.lost += 1
        elif one.keeps_rows and one.tokens and answers[one.chat].strip() != one.expected.strip():
            self.mixed += 1
        if not one.is_stream or not one.tokens:
            return
        *earlier, last = one.texts
        if last != one.expected:
            missing = len(one.expected.split()) - len(last.split())
            if one.expected.startswith(last) or missing > 0:
                self.tokens_lost += max(1, missing)
            else:
                self.mixed += 1
        if any(not one.expected.startswith(text) for text in earlier):
            self.mixed += 1


def percentile(values: Sequence[float], share: float) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def print_verdicts(verdicts: Sequence[Verdict]) -> None:
    names = ("accepted", "answered", "refused", "lost", "duplicated", "mixed", "hung", "tokens_lost")
    head = ["drill".ljust(14), *(name.replace("_", " ").rjust(11) for name in names), "recovery p50/p95".rjust(17), "  promise"]
    print("".join(head))
    for verdict in verdicts:
        p50, p95 = percentile(verdict.recovery, 0.5), percentile(verdict.recovery, 0.95)
        times = f"{p50:.2f}/{p95:.2f} s" if p50 is not None and p95 is not None else "-"
        cells = [verdict.drill.ljust(14), *(str(getattr(verdict, name)).rjust(11) for name in names), times.rjust(17)]
        said = "held" if not verdict.broken else "BROKEN: " + "; ".join(dict.fromkeys(verdict.broken))
        print("".join(cells) + f"  {said}" + (f" ({verdict.note})" if verdict.note else ""))
