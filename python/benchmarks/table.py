# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The results of runs: files of comma-separated values, medians of several runs, and what a terminal
shows of them."""

import csv
import math
import re
import statistics

from problems import FIXED

FIELDS = ["system", "variant", "kind", "dtype", "length", "size", "shape", "axes", "bytes", "threads", "seconds",
          "gb_per_s", "of_copy", "ulp"]
KEY = ["system", "kind", "dtype", "length", "size", "shape", "axes", "bytes", "threads"]
INTEGERS = ["length", "bytes", "threads"]
OURS, IN_PLACE, COPY, YARDSTICK = "rmsnorm", "rmsnorm-in-place", "copy", "yardstick"
NOT_PEERS = (OURS, IN_PLACE, COPY, YARDSTICK, "rmsnorm-python")


def rows_of(event):
    """Rows from what a worker has measured."""
    problem = {name: event[name] for name in KEY[1:]}
    return with_rates([{**problem, **row} for row in event["rows"]])


def with_rates(rows):
    """The rows with the columns that follow from their seconds."""
    times = cells(rows)
    for row in rows:
        copy = times[problem_of(row)].get(COPY)
        row["gb_per_s"] = None if row["kind"] in FIXED else 2e-9 * row["bytes"] / row["seconds"]
        row["of_copy"] = copy / row["seconds"] if copy else None
    return rows


def write(path, header, rows):
    """`header`: texts by name."""
    with open(path, "w", newline="") as file:
        for name, text in header.items():
            file.write(f"# {name}: {text}\n")
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: f"{row[name]:.6g}" if isinstance(row[name], float) else row[name] for name in FIELDS})


def read(path):
    """The header and the rows of a file that `write` made."""
    header, lines = {}, []
    with open(path, newline="") as file:
        for line in file:
            if match := re.fullmatch(r"# ([\w ]+): (.*)\n?", line):
                header[match[1]] = match[2]
            else:
                lines.append(line)
    reader = csv.DictReader(lines)
    if reader.fieldnames != FIELDS:
        raise ValueError(f"expected {path} to have the columns {','.join(FIELDS)}, but got {','.join(reader.fieldnames or [])}")
    rows = []
    for row in reader:
        try:
            rows.append({name: value_of(name, text) for name, text in row.items()})
        except (TypeError, ValueError):
            raise ValueError(f"expected line {reader.line_num + len(header)} of {path} to be a result, "
                             f"but got {','.join(map(str, row.values()))}") from None
    return header, rows


def value_of(name, text):
    if name in INTEGERS:
        return int(text)
    if name in ("gb_per_s", "of_copy", "ulp"):
        return float(text) if text else None
    return float(text) if name == "seconds" else str.strip(text)


def merge(tables):
    """One header and the medians of the rows of several tables of one machine."""
    headers = [header for header, _ in tables]
    machines = list(dict.fromkeys(header.get("machine", "?") for header in headers))
    if len(machines) > 1:
        raise ValueError(f"expected results of one machine, but got {' and '.join(machines)}")
    header = {name: "; ".join(dict.fromkeys(h[name] for h in headers if name in h))
              for name in dict.fromkeys(name for h in headers for name in h)}
    header["runs"] = str(sum(int(h.get("runs", 1)) for h in headers))
    groups = {}
    for _, rows in tables:
        for row in rows:
            groups.setdefault(tuple(row[name] for name in KEY), []).append(row)
    merged = []
    for rows in groups.values():
        seconds = statistics.median(row["seconds"] for row in rows)
        known = [row["ulp"] for row in rows if row["ulp"] is not None]
        variants = " / ".join(dict.fromkeys(row["variant"] for row in rows))
        merged.append({**rows[0], "seconds": seconds, "ulp": max(known, default=None), "variant": variants})
    return header, with_rates(merged)


def cells(rows):
    """The seconds of all systems by problem."""
    found = {}
    for row in rows:
        found.setdefault(problem_of(row), {})[row["system"]] = row["seconds"]
    return found


def problem_of(row):
    return tuple(row[name] for name in KEY[1:])


def format_seconds(seconds):
    for unit, scale in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def align(lines):
    """Lines of cells as text; the first three columns are texts."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) if i < 3 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines)


def table(rows):
    """Our time, the fraction of the copy's speed that each system reaches and, for what has no copy,
    the time of each."""
    systems = [system for system in dict.fromkeys(row["system"] for row in rows) if system != COPY]
    speeds, times = [], []
    for problem, seconds in cells(rows).items():
        kind, dtype, _, _, shape, _, _, threads = problem
        start = [kind, dtype, shape, str(threads)]
        if kind in FIXED:
            times.append(start + [format_seconds(seconds[name]) if name in seconds else "" for name in systems])
            continue
        fractions = [f"{seconds[COPY] / seconds[name]:.2f}" if name in seconds and COPY in seconds else "" for name in systems]
        first = next(iter([seconds[name] for name in systems if name in seconds]), None)
        speeds.append(start + [format_seconds(first) if first else "", *fractions])
    texts = []
    if speeds:
        lead = systems[0] if systems else ""
        texts.append("Fraction of the speed of the best copy of x\n"
                     + align([["kind", "type", "shape", "threads", f"{lead} takes", *systems], *speeds]))
    if times:
        texts.append("Time of a call\n" + align([["kind", "type", "shape", "threads", *systems], *times]))
    return "\n\n".join(texts)


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def summary(rows):
    """For each type, size and thread count: how fast we are beside the best other system, which may work in place
    and so may ours, the copy and hand-written kernels; the geometric mean over the lengths, and the worst of them."""
    groups = {}
    for problem, seconds in cells(rows).items():
        kind, dtype, length, size, _, _, _, threads = problem
        if OURS in seconds and kind not in FIXED[1:]:
            groups.setdefault((kind, dtype, size, threads), []).append((length, seconds))
    lines = []
    for (kind, dtype, size, threads), members in groups.items():
        line = [kind, dtype, size or "1x64", str(threads)]
        peers = [(min((time, name) for name, time in seconds.items() if name not in NOT_PEERS), length,
                  min(seconds[name] for name in (OURS, IN_PLACE) if name in seconds))
                 for length, seconds in members if set(seconds) - set(NOT_PEERS)]
        line.append(f"{geometric_mean([peer / ours for (peer, _), _, ours in peers]):.2f}" if peers else "")
        worst = min(((peer / ours, length, name) for (peer, name), length, ours in peers), default=None)
        line.append(f"{worst[0]:.2f} at {worst[1]} ({worst[2]})" if worst else "")
        for other in (COPY, YARDSTICK):
            ratios = [(seconds[other] / seconds[OURS], length) for length, seconds in members if other in seconds]
            line.append(f"{geometric_mean([ratio for ratio, _ in ratios]):.2f}" if ratios else "")
            line.append("{:.2f} at {}".format(*min(ratios)) if ratios else "")
        lines.append(line)
    if not lines:
        return ""
    titles = ["kind", "type", "size", "threads", "/ best peer", "worst", "/ copy", "worst", "/ hand-written", "worst"]
    lines = [titles, *lines]
    if not any(line[8] for line in lines[1:]):
        lines = [line[:8] for line in lines]
    return "Our speed, geometric mean over the lengths and the worst of them\n" + align(lines)
