"""Which metrics and labels an expression of PromQL reads, and which ones the real registry exports."""

import re

from ops.live.following.window import Window
from ops.live.metrics.catalogue import CATALOGUE
from ops.live.metrics.exporting import registry_of

BY_PROMETHEUS = {"up", "scrape_duration_seconds"}
"""Metrics that Prometheus makes itself."""


def exported() -> set[str]:
    """Every name of a series that there is: of the real registry, and of Prometheus itself."""
    names = {sample.name for family in registry_of(Window("none")).collect() for sample in family.samples}
    for metric in CATALOGUE:
        endings = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        names |= {metric.full_name + ending for ending in endings}
    return names | BY_PROMETHEUS


def series_of(expression: str) -> set[str]:
    """The names of the metrics that an expression reads."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', "", expression)
    bare = re.sub(r"\b(?:by|on|group_left|group_right|without|ignoring)\s*\([^)]*\)", "", bare)
    return set(re.findall(r"\b(?:tribunal_|process_|up\b|scrape_)\w*", bare))


def labels_of(expression: str) -> set[tuple[str, str]]:
    """Metric and label, of each label that an expression asks about."""
    return {
        (name, label)
        for name, inside in re.findall(r"\b(tribunal_\w+)\{([^}]*)\}", expression)
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inside)
    }
