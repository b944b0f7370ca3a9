"""Certificates: one self-contained page of HTML that prints on a sheet for each course, A4 or Letter, lying.

Everything that comes from outside (a name, a lesson's title) is escaped. The page loads nothing and runs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Final

from trainer.prose import printable

__all__ = ["Certificate", "page"]

LONGEST_NAME: Final = 80
"""Characters; what is longer is cut, so that it stays on the sheet."""

TWO_COLUMNS_FROM: Final = 7
SMALL_FROM: Final = 21
"""Lessons; so long a list stands in two columns, and in smaller letters."""


@dataclass(frozen=True)
class Certificate:
    """What stands on one. Without a `name` there is a line to write one on; without a `course` its lessons are in none;
    `lessons` are titles, and when done."""

    name: str
    course: str
    lessons: Sequence[tuple[str, date]]
    whole_course: bool

    @property
    def day(self) -> date:
        """The day of the last lesson."""
        return max(day for _, day in self.lessons)


STYLE: Final = """
@page { size: landscape; margin: 0 }
* { box-sizing: border-box }
html { background: #e8e6e1 }
body { margin: 0; font-family: Georgia, 'Times New Roman', 'DejaVu Serif', serif; color: #23343f }
.sheet { position: relative; width: 270mm; height: 190mm; margin: 8mm auto; padding: 15mm 22mm; background: #fffdf7;
  border: 1.2mm solid #1f5f6b; outline: 0.4mm solid #c08a2e; outline-offset: -3.4mm; text-align: center;
  display: flex; flex-direction: column; align-items: center; justify-content: space-between; overflow: hidden }
h1 { margin: 1mm 0 0; font-size: 33pt; font-weight: normal; letter-spacing: 0.08em; color: #1f5f6b }
p { margin: 0; font-size: 13.5pt; line-height: 1.45 }
.name { min-width: 150mm; max-width: 220mm; padding: 0 6mm 1mm; border-bottom: 0.4mm solid #c08a2e; font-size: 27pt;
  line-height: 1.25; overflow-wrap: anywhere }
.long { font-size: 17pt }
.course { margin-top: 2mm; font-size: 19pt; font-style: italic }
ul { margin: 0; padding: 0; list-style: none; font-size: 12pt; line-height: 1.5; max-width: 222mm }
ul.two { columns: 2; column-gap: 12mm; text-align: left }
li { break-inside: avoid }
li span { color: #6b7780; white-space: nowrap }
ul.many { font-size: 8.5pt; line-height: 1.35 }
.foot { width: 100%; display: flex; justify-content: space-between; align-items: flex-end; font-size: 10.5pt }
.foot div { width: 62mm; border-top: 0.3mm solid #6b7780; padding-top: 1.5mm }
svg { height: 19mm }
@media print {
  html { background: none }
  .sheet { margin: 11mm auto 0; break-inside: avoid; -webkit-print-color-adjust: exact; print-color-adjust: exact }
  .sheet + .sheet { break-before: page }
}
"""

CHIP: Final = """
<svg viewBox="0 0 120 76" role="img" aria-label="A small chip with the prompt of Python">
<g stroke="#c08a2e" stroke-width="4">{legs}</g>
<rect x="24" y="10" width="72" height="56" rx="5" fill="#1f5f6b"/>
<circle cx="34" cy="20" r="3.2" fill="#fffdf7"/>
<text x="60" y="48" font-family="monospace" font-size="24" font-weight="bold" fill="#fffdf7" text-anchor="middle"
>&gt;&gt;&gt;</text></svg>
"""

PAGE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{sheets}</body>
</html>
"""

SHEET: Final = """\
<main class="sheet">
<header>{chip}<h1>Certificate</h1></header>
<p class="name{name_class}">{name}</p>
<section><p>{deed}</p>{course}</section>
<ul{list_class}>{lessons}</ul>
<footer class="foot"><div>{day}</div><div>espdojo</div></footer>
</main>
"""


def page(certificates: Sequence[Certificate]) -> str:
    """The whole page: a sheet for each of them, of which there is at least one."""
    titles = [certificate.course for certificate in certificates if certificate.course]
    return PAGE.format(
        title=escape(printable(": ".join(["Certificate", ", ".join(titles)]) if titles else "Certificate")),
        style=STYLE,
        sheets="".join(map(_sheet, certificates)),
    )


def _sheet(certificate: Certificate) -> str:
    name = " ".join(printable(certificate.name).split())
    shown = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    course = escape(printable(certificate.course))
    return SHEET.format(
        chip=CHIP.format(legs=_legs()),
        name=escape(shown) or "&nbsp;",
        name_class=" long" if len(shown) > 36 else "",
        deed=_deed(certificate),
        course=f'<p class="course">{course}</p>' if course else "",
        list_class=_list_class(len(certificate.lessons)),
        lessons="".join(
            f"<li>{escape(printable(title))} <span>({_written(day)})</span></li>" for title, day in certificate.lessons
        ),
        day=_written(certificate.day),
    )


def _deed(certificate: Certificate) -> str:
    if certificate.whole_course:
        return "has finished the course"
    return "has finished lessons of the course" if certificate.course else "has finished"


def _list_class(count: int) -> str:
    if count < TWO_COLUMNS_FROM:
        return ""
    return ' class="two many"' if count >= SMALL_FROM else ' class="two"'


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _legs() -> str:
    """Four legs on each side of the chip."""
    rows = (19, 32, 45, 58)
    return "".join(f'<path d="M8 {y}H24M96 {y}H112"/>' for y in rows)
