"""Bodies of `/metrics/resource` for tests, made of a few figures."""

NODE_FAMILIES = {
    "cpu": "node_cpu_usage_seconds_total",
    "memory": "node_memory_working_set_bytes",
    "swap": "node_swap_usage_bytes",
}
CONTAINER_FAMILIES = {
    "cpu": "container_cpu_usage_seconds_total",
    "memory": "container_memory_working_set_bytes",
    "swap": "container_swap_usage_bytes",
    "start": "container_start_time_seconds",
}


def node_lines(**figures: str) -> str:
    """Lines of the node: `cpu="1.5 1790000000000"` is value and stamp as they stand in the line."""
    return "".join(f"{NODE_FAMILIES[kind]} {text}\n" for kind, text in figures.items())


def container_lines(namespace: str, pod: str, container: str, **figures: str) -> str:
    """Lines of a container: a value, or value and stamp, for each of the kinds."""
    labels = f'{{container="{container}",namespace="{namespace}",pod="{pod}"}}'
    return "".join(f"{CONTAINER_FAMILIES[kind]}{labels} {text}\n" for kind, text in figures.items())


def kubelet_body(lines: str) -> str:
    """The same lines as a kubelet orders them: by family, each with its HELP and TYPE."""
    families: dict[str, list[str]] = {}
    for line in sorted(lines.splitlines()):
        name = line.replace("{", " ").split()[0]
        families.setdefault(name, []).append(f"{line}\n")
    return "".join(
        f"# HELP {name} [STABLE] Some help\n# TYPE {name} gauge\n{''.join(members)}"
        for name, members in sorted(families.items())
    )
