"""Whether Sigma's own deployment policies would do what a plan asks (sigma-api section 9). Pure."""

from __future__ import annotations

from migrate.plan.model import Plan
from migrate.plan.orgs import OfTenant

_WHAT = (
    "Sigma's own deployment policies put documents of a parent organization into its tenants, again at each publish or"
    " tag, where nobody can edit them"
)


def native_route(plan: Plan) -> tuple[str, ...]:
    """A sentence where all targets are tenants of the source: what Sigma does itself, and what it does not."""
    if not _is_family(plan):
        return ()
    more = [name for name, asked in _beyond(plan).items() if asked]
    if more:
        return (f"All targets are tenants of {plan.source.org}. {_WHAT}; they know nothing of {', '.join(more)}.",)
    told = f"All targets are tenants of {plan.source.org}, and the plan asks for nothing but connections."
    return (f"{told} {_WHAT}. Where that is wanted and licensed, they do the same without this program.",)


def _is_family(plan: Plan) -> bool:
    if plan.source.org is None:
        return False
    if plan.tenants_of is not None:
        return plan.tenants_of.parent == plan.source.org
    credentials = [plan.orgs[target].credentials for target in plan.targets]
    return bool(credentials) and all(isinstance(one, OfTenant) and one.parent == plan.source.org for one in credentials)


def _beyond(plan: Plan) -> dict[str, bool]:
    """What of a plan the policies cannot do, and whether this one asks for it."""
    return {
        "rules": bool(plan.rules),
        "folders of each tenant's own": bool(plan.map.folders),
        "models that a tenant has already": bool(plan.map.data_models),
        "pins of single tenants": any("pin" in tenant.values for tenant in plan.tenants),
        "waves and gates": any("wave" in tenant.values for tenant in plan.tenants),
        "copies that a tenant may edit (policy.drift)": plan.policy.drift == "keep",
    }
