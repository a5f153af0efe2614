"""The table that ends a run: each class of attacks, how many were tried, how many got through."""

from __future__ import annotations


def pytest_terminal_summary(terminalreporter):
    rows = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            called = getattr(report, "when", "") == "call"
            for key, value in report.user_properties if called else ():
                if key == "attack":
                    name, tried, through = value
                    before = rows.get(name, (0, 0))
                    rows[name] = (before[0] + tried, before[1] + through)
    if rows:
        wide = max(map(len, rows))
        terminalreporter.section("attacks")
        for name, (tried, through) in [("class", ("tried", "got through")), *sorted(rows.items())]:
            terminalreporter.write_line(f"{name:<{wide}} | {tried:>6} | {through:>11}")
