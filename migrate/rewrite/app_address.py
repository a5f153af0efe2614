"""How the pages of an organization are addressed: the app's host and the organization's slug."""

from __future__ import annotations

from collections import Counter

from migrate.inventory.model import Inventory
from migrate.plan.orgs import Org
from migrate.rewrite.context import AppAddress
from migrate.rewrite.text.url import sigma_urls


def app_address(inventory: Inventory, org: Org | None) -> AppAddress:
    """The host and slug that most of the organization's documents show; the slug also from identity or ``expect``.

    Either is empty where nothing shows it.
    """
    found = [url for item in inventory.items.values() if item.url for url in sigma_urls(item.url)]
    hosts = Counter(url.host for url in found)
    slugs = Counter(url.slug for url in found if url.slug)
    slug = inventory.identity.slug or (org.expect.slug if org and org.expect else None)
    return AppAddress(
        host=hosts.most_common(1)[0][0] if hosts else "",
        slug=slug or (slugs.most_common(1)[0][0] if slugs else ""),
    )
