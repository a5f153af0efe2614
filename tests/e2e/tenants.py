"""One plan for many tenants, its table, and what comes of it in rows that can be compared."""

from __future__ import annotations

from dataclasses import replace

import yaml
from staging import FAST

from migrate import Plan

HEADER = (
    "tenant,base_url,credentials,slug,folder,connection,database,schema,wave,"
    "var_orders,var_finance,var_sales,var_region,var_mail"
)
"""The table: the names that differ from tenant to tenant."""
ROWS = {
    "group": "Acme AU,Group Snowflake,GROUP_DW,AU,2,FCT_ORDERS,Finance,Sales,region,group.acme.example",
    "emea": "APAC,EMEA Snowflake,EMEA_LAKE,APAC,1,SALES_ORDERS,Finance EMEA,Sales EMEA,region_code,emea.acme.example",
}
SCHEMA = "${target.database}.${target.schema}"
PLAN = {
    "version": 1,
    "name": "pack",
    "orgs": {"acme_au": {"base_url": "${env.SIGMA_ACME_AU_BASE_URL}", "credentials": "env:SIGMA_ACME_AU"}},
    "source": "acme_au",
    "targets": {"csv": "tenants.csv"},
    "select": {"include": [{"folder": "Shared/Sales/Customers"}, {"name": "Cost Centres"}]},
    "map": {
        "folders": [
            {"from": "Shared", "to": "${target.folder}"},
            {"from": "Data Models", "to": "${target.folder}/Models"},
        ],
        "connections": [
            {
                "from": "AU Snowflake",
                "to": "${target.connection}",
                "paths": [
                    {"from": "ACME_AU_DW.SALES.ORDERS", "to": f"{SCHEMA}_SALES.${{target.var_orders}}"},
                    {"from": "ACME_AU_DW.SALES.*", "to": f"{SCHEMA}_SALES.*"},
                    {"from": "ACME_AU_DW.FIN.*", "to": f"{SCHEMA}_FIN.*"},
                ],
            }
        ],
        "members": [{"from": "*@au.acme.example", "to": "*@${target.var_mail}"}],
        "teams": [
            {"from": "Finance AU", "to": "${target.var_finance}"},
            {"from": "Sales AU", "to": "${target.var_sales}"},
        ],
        "user_attributes": [{"from": "region_au", "to": "${target.var_region}"}],
    },
    "policy": {"security": "fail"},
}


def pack(setting, rows):
    """The plan file and its table, loaded."""
    lines = [HEADER]
    for tenant, cells in rows.items():
        name = f"SIGMA_{tenant.upper()}"
        url = setting.environ.get(f"{name}_BASE_URL", "http://127.0.0.1:1")
        slug = setting.world.orgs[tenant].slug if tenant in setting.world.orgs else tenant
        lines.append(f"{tenant},{url},env:{name},{slug},{cells}")
    (setting.folder / "tenants.csv").write_text("\n".join(lines), "utf-8")
    path = setting.folder / "pack.yaml"
    path.write_text(yaml.safe_dump(PLAN), "utf-8")
    plan = Plan.load(path, environ=setting.environ)
    report = replace(plan.report, dir=setting.folder / "reports", formats=("json",))
    return replace(plan, run=FAST, state=f"sqlite:///{setting.folder}/state.db", report=report)


_PASSING = ("attempts", "request_id", "duration_ms", "target_id", "target_url")
"""Columns of a row that are otherwise in every run, ids of new documents among them."""


def comparable(result):
    """What a run came to, but for times, attempts and the ids of what was made; ids in texts included."""
    import orjson

    from migrate.check.packed import unpacked
    from migrate.run.folder import reconciliation_tree

    found = result.reconciliation
    tree = orjson.loads(orjson.dumps(reconciliation_tree(found), unpacked))
    ids = {row["target_id"]: f"id of {row['target']} {row['source_id']}" for row in tree["rows"] if row["target_id"]}
    things = {thing.pop("n"): thing for thing in tree["things"]}  # counted in the order in which documents were done
    for row in tree["rows"]:
        for name in _PASSING:
            row.pop(name)
        row["replaced"] = [{**one, "thing": things[one["thing"]]} for one in row["replaced"]]
    for name in ("orgs", "previous", "trend", "things"):
        tree.pop(name)
    for thing in things.values():
        thing.pop("example")
    for residual in tree["residuals"]:
        residual.pop("target_url", None)
    for entry in tree["mappings"]:
        entry.pop("example")
    tree["rows"].sort(key=lambda row: (row["target"], row["source_id"]))
    tree["residuals"].sort(key=lambda one: (one["target"], one["source_id"]))
    text = orjson.dumps(tree, option=orjson.OPT_SORT_KEYS).decode()
    for identity, name in ids.items():
        text = text.replace(identity, name)
    return orjson.loads(text)
