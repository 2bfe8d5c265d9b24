# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A picture of results: the fraction of the copy's speed over the row length, a line for each system,
a panel for each type, size and thread count."""

from problems import size_in_bytes
from table import COPY, IN_PLACE, OURS

# Distinct also for those who see few colours; ours is black.
STYLES = {"rmsnorm": ("#000000", "o"), "rmsnorm-in-place": ("#000000", "."), "yardstick": ("#999999", "x"), "onednn": ("#0072B2", "s"),
          "torch-compile": ("#D55E00", "^"), "torch-eager": ("#E69F00", "v"), "onnxruntime": ("#009E73", "D"),
          "brainstate": ("#CC79A7", "P"), "jnp": ("#56B4E9", "X")}


def require():
    """matplotlib's pyplot, for files alone."""
    try:
        import matplotlib
    except ImportError:
        raise RuntimeError("expected matplotlib for a plot, but it is not installed: `make bench-peers` does that") from None
    matplotlib.use("Agg")
    # The same file from the same results.
    matplotlib.rcParams["svg.hashsalt"] = "rmsnorm"
    from matplotlib import pyplot
    return pyplot


def draw(path, header, rows, threads=None):
    """Draws the norms over the last axis, those of `threads` alone where given, to a file whose name ends
    in .svg or .png."""
    pyplot = require()
    rows = [row for row in rows if row["kind"] == "norm" and row["system"] != COPY and row["of_copy"] is not None
            and threads in (None, row["threads"])]
    if not rows:
        raise ValueError("expected results of kind norm beside copies for a plot, but got none")
    sizes = sorted({row["size"] for row in rows}, key=size_in_bytes)
    lines = list(dict.fromkeys((row["threads"], row["dtype"]) for row in rows))
    figure, panels = pyplot.subplots(len(lines), len(sizes), squeeze=False, sharex=True, sharey=True,
                                     figsize=(1 + 3.2 * len(sizes), 1.5 + 2.2 * len(lines)), layout="constrained")
    for line, (count, dtype) in zip(panels, lines):
        for panel, size in zip(line, sizes):
            draw_panel(panel, [row for row in rows if (row["threads"], row["dtype"], row["size"]) == (count, dtype, size)])
            panel.set_title(f"{dtype}, {size}B, {count} thread{'s' * (count > 1)}", fontsize=9)
    # Of all; before all lines are there it would keep the top where it is.
    panels[0][0].set_ylim(bottom=0)
    for panel in panels[-1]:
        panel.set_xlabel("row length")
    for line in panels:
        line[0].set_ylabel("fraction of copy")
    handles = {label: handle for panel in panels.flat for handle, label in zip(*panel.get_legend_handles_labels())}
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    figure.suptitle(f"{header.get('machine', '')}\n{header.get('date', '')}", fontsize=9)
    figure.savefig(path, dpi=120, metadata={"Date": None} if str(path).endswith(".svg") else None)
    pyplot.close(figure)


def draw_panel(panel, rows):
    systems = dict.fromkeys(row["system"] for row in rows)
    for system in sorted(systems, key=lambda name: list(STYLES).index(name)):
        points = sorted((row["length"], row["of_copy"]) for row in rows if row["system"] == system)
        color, marker = STYLES[system]
        panel.plot(*zip(*points), color=color, marker=marker, markersize=4, linewidth=2 if system == OURS else 1,
                   linestyle=":" if system == IN_PLACE else "-", label=system)
    panel.axhline(1, color="#bbbbbb", linewidth=1, linestyle="--")
    panel.set_xscale("log", base=2)
    panel.grid(alpha=0.3)
