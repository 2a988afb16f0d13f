import pytest

from benchmarks.table import Figure, Section, to_markdown
from benchmarks.timing import Spread


@pytest.mark.parametrize(
    ("median", "limit", "met"), [(1.0, 1.0, True), (1.01, 1.0, False), (0.2, 1.25, True)]
)
def test_the_median_decides(median: float, limit: float, met: bool) -> None:
    figure = Figure("x", "1 s", "1 s", Spread(median, 0.0, 9.0)).at_most(limit)
    assert figure.met is met
    assert figure.target == f"≤ {limit:g}"


def test_every_line_has_the_cells_of_the_header() -> None:
    figures = [
        Figure("with a peer", "1 s", "2 s", Spread(0.5, 0.4, 0.6)).at_most(1.0),
        Figure("without", "5 MiB", target="≤ 4 MiB", met=False),
        Figure("no target", "5 MiB"),
    ]
    page = to_markdown([Section("Title", figures, ["a note"])])
    table = [line for line in page.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert "| with a peer | 1 s | 2 s | 0.50 (0.40 to 0.60) |  | ≤ 1 | yes |" in table
    assert "| without | 5 MiB |  |  |  | ≤ 4 MiB | **no** |" in table
    assert page.endswith("- a note\n")
