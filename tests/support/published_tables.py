"""Invented tables as offices print them, right in every cell, and errors put into them: an independent check's cases.

Everything is drawn first as whole numbers of people and rounded with exact arithmetic (`fractions`, `decimal`); nothing
here knows how the checker reads a table. Each table remembers where its numbers stand, so that an error can be put in
that printed numbers contradict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np

AGENCIES = (
    *("Sở Nội vụ", "Sở Tài chính", "Sở Y tế", "Sở Công Thương", "Công an tỉnh", "Sở Xây dựng", "Sở Tư pháp"),
    *(
        "Phường Tô Hiệu",
        "Phường Chiềng Sinh",
        "Xã Mường La",
        "Xã Thuận Châu",
        "Xã Yên Châu",
        "Xã Phù Yên",
        "Xã Sốp Cộp",
    ),
    *("Xã Bắc Yên", "Xã Vân Hồ", "Phường Mộc Châu", "Xã Mai Sơn", "Thuế tỉnh", "Tổng công ty Điện lực"),
)
ELEMENTS = ("Tiếp cận", "Thủ tục", "Công chức", "Kết quả", "Góp ý")
LEVELS = ("Rất hài lòng", "Hài lòng", "Bình thường", "Không hài lòng", "Rất không hài lòng")
QUESTIONS = (
    "Biển hiệu dễ thấy",
    "Đủ ghế ngồi",
    "Giấy tờ đúng quy định",
    "Thái độ lịch sự",
    "Trả đúng hẹn",
    "Nêu rõ lý do",
)


@dataclass
class Printed:
    """A printed table: a grid of words, and where what stands."""

    layout: str
    grid: list[list[str]]
    #: name → (row, column) cells from 0
    at: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    decimals: int = 1
    mark: str = ","
    #: (row, column) → (n, per): the figure is per · k / n
    base: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def rows(self) -> list[tuple[int, list[str]]]:
        """Numbered rows as a spreadsheet's reader gives them, empty ones left out."""
        return [(k, row) for k, row in enumerate(self.grid, 1) if any(row)]

    def number(self, cell: tuple[int, int]) -> Decimal:
        """A printed number."""
        text = self.grid[cell[0]][cell[1]].rstrip("%")
        bare = text.replace("." if self.mark == "," else ",", "").replace(",", ".")
        return Decimal(bare)

    def put(self, cell: tuple[int, int], value: Decimal | int) -> None:
        """Print another number in a cell, written as the one that was there."""
        old = self.grid[cell[0]][cell[1]]
        decimals = len(old.rstrip("%").rpartition(self.mark)[2]) if self.mark in old else 0
        text = f"{value:.{decimals}f}".replace(".", self.mark)
        self.grid[cell[0]][cell[1]] = text + ("%" if old.endswith("%") else "")


class Writer:
    """How one table writes numbers."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.decimals = int(rng.integers(1, 3))
        self.mark = str(rng.choice([",", "."]))
        self.rounding = str(rng.choice([ROUND_HALF_UP, ROUND_HALF_EVEN]))
        self.percent = bool(rng.random() < 0.25)
        self.grouped = bool(rng.random() < 0.4)

    def exact(self, value: Fraction, decimals: int | None = None) -> Decimal:
        """Round a fraction."""
        places = self.decimals if decimals is None else decimals
        scaled = Decimal(value.numerator) / Decimal(value.denominator)
        return scaled.quantize(Decimal(1).scaleb(-places), rounding=self.rounding)

    def real(self, value: Fraction, decimals: int | None = None, *, share: bool = False) -> str:
        """Write a rounded fraction."""
        return str(self.exact(value, decimals)).replace(".", self.mark) + ("%" if share and self.percent else "")

    def whole(self, value: int) -> str:
        """Write a count, thousands parted in some tables."""
        return f"{value:,}".replace(",", "." if self.mark == "," else ",") if self.grouped else str(value)


def _names(rng: np.random.Generator, low: int = 6) -> list[str]:
    size = int(rng.integers(low, len(AGENCIES)))
    return [str(name) for name in rng.permutation(AGENCIES)[:size]]


def _title(rng: np.random.Generator, text: str) -> list[list[str]]:
    return [[text], []] if rng.random() < 0.6 else []


def levels(rng: np.random.Generator) -> Printed:
    """Counts of five levels, their shares, and a row that adds up the counts."""
    w, names = Writer(rng), _names(rng)
    counts = [rng.multinomial(int(rng.integers(40, 4000)), rng.dirichlet([8, 20, 5, 2, 1])) for _ in names]
    head = ["STT", "Cơ quan", "Số phiếu", *LEVELS, *(f"{one} (%)" for one in LEVELS)]
    out = Printed("levels", [*_title(rng, "Kết quả khảo sát mức độ hài lòng"), head], decimals=w.decimals, mark=w.mark)
    for k, (name, row) in enumerate(zip(names, counts, strict=True), 1):
        n = int(row.sum())
        shares = [w.real(Fraction(100 * int(c), n), share=True) for c in row]
        here = len(out.grid)
        out.grid.append([str(k), name, w.whole(n), *(w.whole(int(c)) for c in row), *shares])
        out.at.setdefault("counts", []).extend((here, 2 + j) for j in range(6))
        out.at.setdefault("shares", []).extend((here, 8 + j) for j in range(5))
    total = np.sum(counts, axis=0)
    here = len(out.grid)
    out.grid.append(["", "Tổng cộng", w.whole(int(total.sum())), *(w.whole(int(c)) for c in total), *[""] * 5])
    out.at["totals"] = [(here, 2 + j) for j in range(6)]
    out.at["n"] = []
    return out


def only_shares(rng: np.random.Generator) -> Printed:
    """Shares of three levels and n, without counts."""
    w, names = Writer(rng), _names(rng)
    head = ["Đơn vị", "n", "Hài lòng (%)", "Bình thường (%)", "Không hài lòng (%)"]
    out = Printed("only_shares", [*_title(rng, "Tỷ lệ theo mức độ"), head], decimals=w.decimals, mark=w.mark)
    for name in names:
        n = int(rng.integers(150, 3000))
        row = rng.multinomial(n, rng.dirichlet([20, 5, 3]))
        here = len(out.grid)
        out.grid.append([name, w.whole(n), *(w.real(Fraction(100 * int(c), n), share=True) for c in row)])
        out.at.setdefault("of_hundred", []).extend((here, 2 + j) for j in range(3))
        out.at.setdefault("n", []).append((here, 1))
    return out


def satisfied(rng: np.random.Generator) -> Printed:
    """Satisfied of n, the share, the rank, and the province as the sum."""
    w, names = Writer(rng), _names(rng)
    n = [int(rng.integers(30, 2500)) for _ in names]
    a = [int(rng.binomial(size, rng.uniform(0.6, 0.97))) for size in n]
    share = [w.exact(Fraction(100 * x, size)) for x, size in zip(a, n, strict=True)]
    rank = _ranks(share, packed=False)
    head = ["TT", "Cơ quan", "Số phiếu", "Số hài lòng", "Tỷ lệ hài lòng (%)", "Xếp hạng"]
    out = Printed("satisfied", [*_title(rng, "Bảng 1. Kết quả khảo sát"), head], decimals=w.decimals, mark=w.mark)
    order = sorted(range(len(names)), key=lambda k: rank[k]) if rng.random() < 0.5 else range(len(names))
    for k in order:
        here = len(out.grid)
        real = w.real(Fraction(100 * a[k], n[k]), share=True)
        out.grid.append([str(here), names[k], w.whole(n[k]), w.whole(a[k]), real, str(rank[k])])
        for what, column in (("counts", 2), ("counts", 3), ("shares", 4), ("ranks", 5)):
            out.at.setdefault(what, []).append((here, column))
        out.at.setdefault("n", []).append((here, 2))
    here = len(out.grid)
    word = str(rng.choice(["Tổng cộng", "Tổng", "Cộng", "Toàn tỉnh"]))
    whole = w.real(Fraction(100 * sum(a), sum(n)), share=True)
    out.grid.append(["", word, w.whole(sum(n)), w.whole(sum(a)), whole, ""])
    out.at["totals"] = [(here, 2), (here, 3)]
    out.at["shares"].append((here, 4))
    return out


def _ranks(values: list[Decimal], *, packed: bool) -> list[int]:
    if packed:
        levels_ = sorted(set(values), reverse=True)
        return [1 + levels_.index(v) for v in values]
    return [1 + sum(other > v for other in values) for v in values]


def weighted(rng: np.random.Generator) -> Printed:
    """Indices with weights in per cent of the whole, and the whole as their weighted mean."""
    w, names = Writer(rng), _names(rng)
    weight = rng.multinomial(1000 - len(names), rng.dirichlet([3] * len(names))) + 1
    index = [Decimal(int(rng.integers(6500, 9900))).scaleb(-2).quantize(Decimal(1).scaleb(-w.decimals)) for _ in names]
    rank = _ranks(index, packed=bool(rng.random() < 0.3))
    head = ["Mã", "Cơ quan", "Trọng số", "Chỉ số hài lòng", "Thứ hạng"]
    out = Printed("weighted", [["Tổng hợp, n = 4000"], [], head], decimals=w.decimals, mark=w.mark)
    for name, v, size, place in zip(names, index, weight, rank, strict=True):
        here = len(out.grid)
        told = str(Decimal(int(size)).scaleb(-1)).replace(".", w.mark)
        out.grid.append([f"A{here:02d}", name, told, str(v).replace(".", w.mark), str(place)])
        out.at.setdefault("ranks", []).append((here, 4))
    here = len(out.grid)
    mean = sum(Fraction(v) * int(s) for v, s in zip(index, weight, strict=True)) / int(sum(weight))
    whole = str(Decimal(int(sum(weight))).scaleb(-1)).replace(".", w.mark)
    out.grid.append(["", str(rng.choice(["Toàn tỉnh", "Chung"])), whole, w.real(mean), ""])
    out.at["means_of_parts"] = [(here, 3)]
    return out


def small(rng: np.random.Generator) -> Printed:
    """Shares of small n without counts, and their margins of error as large as they must be."""
    w, names = Writer(rng), _names(rng)
    head = ["Cơ quan", "Số phiếu", "Tỷ lệ hài lòng (%)", "Sai số (±)"]
    out = Printed("small", [*_title(rng, "Điểm nhỏ"), head], decimals=w.decimals, mark=w.mark)
    for name in names:
        n = int(rng.integers(9, 48))
        a = int(rng.integers(n // 3, n))
        p = a / n
        here = len(out.grid)
        margin = Fraction(round(1e6 * 196 * float(np.sqrt(p * (1 - p) / (n - 1)))), 10**6)
        out.grid.append([name, str(n), w.real(Fraction(100 * a, n), share=True), w.real(margin, 1)])
        out.at.setdefault("grim", []).append((here, 2))
        out.at.setdefault("margins", []).append((here, 3))
        out.at.setdefault("n", []).append((here, 1))
        out.base[here, 2] = (n, 100)
    return out


def means(rng: np.random.Generator) -> Printed:
    """Mean marks of one question each, with their standard deviations."""
    w = Writer(rng)
    head = ["Câu hỏi", "n", "Điểm trung bình", "Độ lệch chuẩn"]
    out = Printed("means", [*_title(rng, "Điểm các câu hỏi"), head], decimals=2, mark=w.mark)
    for question in QUESTIONS:
        n = int(rng.integers(8, 45))
        marks = [int(m) for m in rng.choice([1, 2, 3, 4, 5], size=n, p=[0.03, 0.07, 0.2, 0.4, 0.3])]
        mean = Fraction(sum(marks), n)
        variance = Fraction(sum((m - mean) ** 2 for m in marks)) / (n - 1)
        here = len(out.grid)
        spread = Fraction(Decimal(variance.numerator / variance.denominator).sqrt())
        out.grid.append([question, str(n), w.real(mean, 2), w.real(spread, 2)])
        out.at.setdefault("mean", []).append((here, 2))
        out.at.setdefault("n", []).append((here, 1))
        out.base[here, 2] = (n, 1)
    return out


def points(rng: np.random.Generator) -> Printed:
    """Points of five criteria, their sum, and the rank."""
    w, names = Writer(rng), _names(rng)
    most = (18, 20, 22, 18, 22)
    rows = [
        [Decimal(int(rng.integers(50 * m, 100 * m))).scaleb(-2).quantize(Decimal(1).scaleb(-w.decimals)) for m in most]
        for _ in names
    ]
    total = [sum(row, Decimal(0)) for row in rows]
    rank = _ranks(total, packed=False)
    head = ["STT", "Đơn vị", "Công khai", "Tiến độ", "Trực tuyến", "Hài lòng", "Số hóa", "Tổng điểm", "Xếp hạng"]
    out = Printed("points", [*_title(rng, "Chấm điểm"), head], decimals=w.decimals, mark=w.mark)
    for k, (name, row, whole, place) in enumerate(zip(names, rows, total, rank, strict=True), 1):
        here = len(out.grid)
        out.grid.append([str(k), name, *(str(v).replace(".", w.mark) for v in [*row, whole]), str(place)])
        out.at.setdefault("points", []).extend((here, 2 + j) for j in range(6))
        out.at.setdefault("ranks", []).append((here, 8))
    return out


def distribution(rng: np.random.Generator) -> Printed:
    """One table of levels down: count, share, and a row of the whole."""
    w = Writer(rng)
    counts = rng.multinomial(int(rng.integers(300, 9000)), rng.dirichlet([8, 20, 5, 3, 2]))
    n = int(counts.sum())
    out = Printed("distribution", [*_title(rng, "Phân bố ý kiến"), ["Mức độ", "Số phiếu", "Tỷ lệ (%)"]], mark=w.mark)
    out.decimals = w.decimals
    for level, count in zip(LEVELS, counts, strict=True):
        here = len(out.grid)
        out.grid.append([level, w.whole(int(count)), w.real(Fraction(100 * int(count), n), share=True)])
        out.at.setdefault("counts", []).append((here, 1))
        out.at.setdefault("shares", []).append((here, 2))
    out.at["totals"] = [(len(out.grid), 1)]
    out.grid.append(["Tổng cộng", w.whole(n), w.real(Fraction(100), share=True)])
    return out


def elements(rng: np.random.Generator) -> Printed:
    """Indices of five elements, a row of weights, and the index of each agency as their weighted mean."""
    w, names = Writer(rng), _names(rng)
    weight = [Decimal(x) for x in ("0.15", "0.25", "0.25", "0.25", "0.10")]
    head = ["Cơ quan", *ELEMENTS, "Chỉ số chung"]
    out = Printed("elements", [["Chỉ số thành phần, n = 1500"], [], head], decimals=w.decimals, mark=w.mark)
    out.grid.append(["Trọng số", *(str(x).replace(".", w.mark) for x in weight), "1"])
    for name in names:
        row = [
            Decimal(int(rng.integers(6000, 9900))).scaleb(-2).quantize(Decimal(1).scaleb(-w.decimals)) for _ in ELEMENTS
        ]
        whole = sum((Fraction(v) * Fraction(x) for v, x in zip(row, weight, strict=True)), Fraction(0))
        here = len(out.grid)
        out.grid.append([name, *(str(v).replace(".", w.mark) for v in row), w.real(whole)])
        out.at.setdefault("means_of_parts", []).append((here, 6))
    return out


LAYOUTS: tuple[Callable[[np.random.Generator], Printed], ...] = (
    *(levels, only_shares, satisfied, weighted, small, means, points, distribution, elements),
)


@dataclass(frozen=True)
class Seeded:
    """An error that was put in: its kind, the cell, and what stood there before."""

    kind: str
    cell: tuple[int, int]
    before: str


def seed_error(table: Printed, rng: np.random.Generator, kind: str) -> Seeded | None:
    """Put an error of a kind into a table; None where the table has nothing of that kind."""
    places = {
        "sum": table.at.get("totals", []) + (table.at.get("counts", []) if table.layout == "levels" else []),
        "points": table.at.get("points", []),
        "hundred": table.at.get("of_hundred", []),
        "share": table.at.get("shares", []),
        "grim": table.at.get("grim", []),
        "mean": table.at.get("mean", []),
        "rank": table.at.get("ranks", []),
        "total": table.at.get("means_of_parts", []),
        "decimals": table.at.get("counts", []),
        "garbled": [*table.at.get("shares", []), *table.at.get("points", []), *table.at.get("of_hundred", [])],
        "range": [*table.at.get("shares", []), *table.at.get("grim", []), *table.at.get("of_hundred", [])],
        "missing_n": table.at.get("n", []),
        "margin": table.at.get("margins", []),
    }[kind]
    if not places:
        return None
    cell = places[int(rng.integers(len(places)))]
    before = table.grid[cell[0]][cell[1]]
    if not ERRORS[kind](table, cell, rng):
        return None
    return Seeded(kind, cell, before)


def _count(table: Printed, cell: tuple[int, int], rng: np.random.Generator) -> bool:
    """Type a digit of a count wrong, turn two around, or lose one."""
    digits = str(int(table.number(cell)))
    k = int(rng.integers(len(digits)))
    way = rng.integers(3)
    if way == 0:
        wrong = digits[:k] + str((int(digits[k]) + int(rng.integers(1, 10))) % 10) + digits[k + 1 :]
    elif way == 1:
        wrong = digits[:k] + digits[k + 1 : k + 2] + digits[k] + digits[k + 2 :]
    else:
        wrong = digits[:k] + digits[k + 1 :] or "0"
    if int(wrong) == int(digits):
        return False
    table.grid[cell[0]][cell[1]] = str(int(wrong))
    return True


def _moved(least: int) -> Callable[[Printed, tuple[int, int], np.random.Generator], bool]:
    """An error that moves a number by at least so many units of its last decimal."""

    def move(table: Printed, cell: tuple[int, int], rng: np.random.Generator) -> bool:
        unit = Decimal(1).scaleb(-table.decimals)
        size = int(rng.choice([least, least + 1, least + 3, 20, 90, 450]))
        value = table.number(cell) + unit * max(size, least) * int(rng.choice([-1, 1]))
        if value < 0 or value > 100:
            return False
        table.put(cell, value)
        return True

    return move


def _unreachable(table: Printed, cell: tuple[int, int], rng: np.random.Generator) -> bool:
    """Print a figure that no whole number of people gives."""
    n, per = table.base[cell]
    unit = Fraction(1, 10**table.decimals)
    low, high = (40, 99) if per == 100 else (2, 5)
    free = [
        value
        for value in (Fraction(k) * unit for k in range(int(low / unit), int(high / unit)))
        if not any(
            abs(Fraction(per * k, n) - value) <= unit / 2 for k in (int(value * n / per), int(value * n / per) + 1)
        )
    ]
    if not free:
        return False
    chosen = free[int(rng.integers(len(free)))]
    table.put(cell, Decimal(chosen.numerator) / Decimal(chosen.denominator))
    return True


def _rank(table: Printed, cell: tuple[int, int], rng: np.random.Generator) -> bool:
    """Change the rank with that of another row whose figure differs."""
    others = [c for c in table.at["ranks"] if table.grid[c[0]][c[1]] != table.grid[cell[0]][cell[1]]]
    if not others:
        return False
    other = others[int(rng.integers(len(others)))]
    one, two = table.grid[cell[0]], table.grid[other[0]]
    one[cell[1]], two[other[1]] = two[other[1]], one[cell[1]]
    return True


def _half_person(table: Printed, cell: tuple[int, int], rng: np.random.Generator) -> bool:
    table.grid[cell[0]][cell[1]] = f"{int(table.number(cell))}{table.mark}{int(rng.integers(1, 10))}"
    return True


def _garble(table: Printed, cell: tuple[int, int], rng: np.random.Generator) -> bool:
    text = table.grid[cell[0]][cell[1]]
    if table.mark not in text or len(text) < 4:
        return False
    head, _, tail = text.partition(table.mark)
    table.grid[cell[0]][cell[1]] = (
        f"{head}{table.mark}{table.mark}{tail}"
        if len(tail.rstrip("%")) < 2
        else (f"{head}{table.mark}{tail[0]}{table.mark}{tail[1:]}")
    )
    return True


def _lost_mark(table: Printed, cell: tuple[int, int], rng: np.random.Generator) -> bool:
    text = table.grid[cell[0]][cell[1]]
    if table.mark not in text or table.number(cell) < 15:
        return False
    table.grid[cell[0]][cell[1]] = text.replace(table.mark, "")
    return True


def _erase(table: Printed, cell: tuple[int, int], rng: np.random.Generator) -> bool:
    table.grid[cell[0]][cell[1]] = str(rng.choice(["", "-", "0"]))
    return True


def _too_good(table: Printed, cell: tuple[int, int], rng: np.random.Generator) -> bool:
    table.put(cell, (table.number(cell) * Decimal(float(rng.uniform(0.2, 0.8)))).quantize(Decimal("0.1")))
    return True


ERRORS: dict[str, Callable[[Printed, tuple[int, int], np.random.Generator], bool]] = {
    "sum": _count,
    "points": _moved(8),
    "hundred": _moved(5),
    "share": _moved(2),
    "grim": _unreachable,
    "mean": _unreachable,
    "rank": _rank,
    "total": _moved(8),
    "decimals": _half_person,
    "garbled": _garble,
    "range": _lost_mark,
    "missing_n": _erase,
    "margin": _too_good,
}
