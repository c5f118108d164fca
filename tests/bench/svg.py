"""Small charts as SVG text: bars in groups, and lines. Made for light and dark pages alike."""
from html import escape

COLORS = ("#3b76c4", "#d9822b", "#4c9a4c", "#b04a8f", "#7a6bd1", "#8a6d3b")
WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 150, 34, 44
INK = "#808080"


class Chart:
    """A frame with a title, a vertical axis from 0 and a legend; the data are added by the functions below."""

    def __init__(self, title, unit, highest):
        self.top = ceiling(highest)
        self.parts = [text(LEFT, 18, title, "start", 14)]
        for i in range(5):
            value = self.top * i / 4
            y = self.y(value)
            self.parts.append(line(LEFT, y, WIDTH - RIGHT, y, INK, 0.3 if i else 1))
            self.parts.append(text(LEFT - 6, y + 4, number(value), "end"))
        self.parts.append(text(6, TOP - 4, unit, "start"))

    def y(self, value):
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)

    def legend(self, names):
        for i, name in enumerate(names):
            y = TOP + 10 + 18 * i
            self.parts.append(rect(WIDTH - RIGHT + 14, y - 9, 10, 10, color(i), name))
            self.parts.append(text(WIDTH - RIGHT + 30, y, name, "start"))

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
                'font-family="sans-serif" font-size="11">\n' + "\n".join(self.parts) + "\n</svg>\n")


def bars(title, unit, groups, series, highest=None):
    """`series`: {name: [a value for each group, or None]}; `groups`: their names."""
    values = [v for row in series.values() for v in row if v is not None]
    chart = Chart(title, unit, highest or max(values, default=1))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(groups))
    wide = 0.8 * step / max(1, len(series))
    for g, group in enumerate(groups):
        chart.parts.append(text(LEFT + step * (g + 0.5), HEIGHT - BOTTOM + 16, group, "middle"))
        for s, (name, row) in enumerate(series.items()):
            if row[g] is not None:
                x, y = LEFT + step * (g + 0.1) + wide * s, chart.y(row[g])
                chart.parts.append(rect(x, y, wide * 0.92, HEIGHT - BOTTOM - y, color(s),
                                        f"{group}, {name}: {number(row[g])}"))
    chart.legend(series)
    return chart.svg()


def lines(title, unit, label, series):
    """`series`: {name: [(x, value), ...]}, evenly spaced by the order of all x."""
    places = sorted({x for row in series.values() for x, _ in row})
    chart = Chart(title, unit, max((v for row in series.values() for _, v in row), default=1))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(places))
    at = {x: LEFT + step * (i + 0.5) for i, x in enumerate(places)}
    for x in places:
        chart.parts.append(text(at[x], HEIGHT - BOTTOM + 16, str(x), "middle"))
    chart.parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, label, "middle"))
    for s, (name, row) in enumerate(series.items()):
        points = [(at[x], chart.y(v)) for x, v in sorted(row)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        chart.parts.append(f'<polyline points="{path}" fill="none" stroke="{color(s)}" stroke-width="2"/>')
        for (x, y), (_, value) in zip(points, sorted(row)):
            chart.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color(s)}">'
                               f"<title>{escape(name)}: {number(value)}</title></circle>")
    chart.legend(series)
    return chart.svg()


def ceiling(value):
    """The next 1, 1.2, 1.5, 2, 3, 4, 5 or 8 times a power of ten."""
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value > 0:
        power /= 10
    return next((m * power for m in (1, 1.2, 1.5, 2, 3, 4, 5, 8) if m * power >= value), 10 * power)


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def color(i):
    return COLORS[i % len(COLORS)]


def text(x, y, words, anchor, size=11):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{INK}">'
            f"{escape(words)}</text>")


def line(x1, y1, x2, y2, stroke, opacity):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" '
            f'stroke-opacity="{opacity}"/>')


def rect(x, y, width, height, fill, title):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(0, height):.1f}" fill="{fill}">'
            f"<title>{escape(title)}</title></rect>")
