"""``report --for client``: a page beside the reports, and what has no effect without it is told."""

from __future__ import annotations


def test_a_page_for_a_client_is_written_beside_the_reports(desk):
    assert desk.call("apply", desk.plan(), "--yes").returncode == 0
    (desk.folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    given = ("report", "last", "--for", "client", "--title", "Move of Sales", "--logo", "logo.png")
    made = desk.data(*given)["files"]
    page = (desk.folder / made["client"]).read_text("utf-8")
    assert "<h1>Move of Sales</h1>" in page
    assert 'src="data:image/png;base64,' in page
    assert desk.call("report", "last", "--for", "client", "--redact").stdout.rstrip().endswith("redacted/client.html")
    assert "client" not in desk.data("report", "last")["files"]
    assert desk.call("report", "last", "--title", "x").returncode == 64
    told = desk.call("report", "last", "--for", "client", "--language", "none.toml")
    assert told.returncode != 0
    assert "none.toml" in told.stderr
    assert (
        desk.call("report", "last", "--for", "client", "--logo", "plan.yaml").stderr.count("neither PNG nor JPEG") == 1
    )
