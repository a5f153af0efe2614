"""Blocks of a plan that carries grants, owners, tags and schedules, for the world ``surroundings``."""

ROUND = {
    "select": {"include": [{"folder": "Finance"}]},
    "map": {
        "folders": [{"from": "Finance", "to": "From AU/Finance"}],
        "connections": [
            {
                "from": "AU Snowflake",
                "to": "Group Snowflake",
                "paths": [{"from": "ACME_AU_DW.SALES.*", "to": "GROUP_DW.AU_SALES.*"}],
            }
        ],
        "teams": [{"from": "Finance AU", "to": "Finance"}, {"from": "Sales AU", "to": "Sales"}],
    },
    "rules": [],
    "policy": {"unsupported": "report"},
    "carry": {
        "grants": "mapped",
        "owners": "mapped",
        "widening": "allow",
        "tags": "names",
        "schedules": "paused",
        "recipients": [{"schedule": "*", "to": ["board@group.example"]}],
    },
}
"""Most of the steps of such a run are theirs."""
