"""A report format of Acme's own: a line of JSON for each document that needs somebody, for the ticket system."""

from __future__ import annotations

import json
from typing import Any


def handover(report: dict[str, Any]) -> str:
    """The lines; ``report`` is the tree of ``report.json``, which ``sigma-migrate schema report`` describes."""
    causes = {cause["n"]: cause for cause in report["causes"]}
    tickets = [
        {
            "ticket": f"{report['run']['id']}/{row['source_id']}",
            "document": row["source_name"],
            "state": row["verdict"] or row["outcome"],
            "cause": causes[row["cause"]]["code"],
            "what to do": causes[row["cause"]]["fix"],
        }
        for row in report["rows"]
        if row["cause"] is not None
    ]
    return "".join(f"{json.dumps(ticket, ensure_ascii=False)}\n" for ticket in tickets)
