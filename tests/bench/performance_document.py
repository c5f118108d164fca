"""Turns measured results into performance.md and its plots."""
import performance_sections
import svg
from tables import speed, table

TYPE_ORDER = ("f32", "bf16", "w8", "w4", "w8a8", "w4a8")
MODEL_ORDER = ("tinyllama", "llama-3.2-1b", "llama-2-7b")
SECTIONS = {  # that have one result each, in the order of the document
    "kernels": lambda result: performance_sections.kernels(result["cases"]),
    "avx2": lambda result: performance_sections.avx2(result["cases"]),
    "attention": lambda result: performance_sections.attention(result["cases"]),
    "steps": lambda result: performance_sections.steps(result["cases"]),
    "compile": performance_sections.compiling,
}
INTRODUCTION = """# Performance

Written by `tests/bench/performance.py`{how}; run it to have the figures of another machine. Weights are random numbers in
the models' shapes, which is of no matter to speed. How things are measured, and what the limit is: [benchmarking.md](benchmarking.md).
In short, *of limit* is the speed by that of a loop that only reads as many bytes or only multiplies as many numbers,
measured between the repetitions in the same process. Speeds are tokens a second, the median of all repetitions.
"""


def write(folder, results, quick):
    """Writes the document and its plots into `folder`; returns their paths."""
    models = sorted((r for r in results.values() if r["kind"] == "model"), key=order)
    plots = folder / "performance"
    plots.mkdir(parents=True, exist_ok=True)
    written = []

    def plot(name, content):
        (plots / name).write_text(content)
        written.append(plots / name)
        return f"performance/{name}"

    parts = [INTRODUCTION.format(how=" --quick, to show that it works, not what graphc can do" if quick else "")]
    if "machine" in results:
        parts.append(machine(results["machine"]))
    for name in dict.fromkeys(r["model"] for r in models):
        parts.append(model(name, [r for r in models if r["model"] == name], plot))
    for name, section in SECTIONS.items():
        if name in results:
            parts.append(section(results[name]))
    parts.append(commands(results, models))
    document = folder / "performance.md"
    document.write_text("\n".join(parts))
    return [document, *written]


def order(result):
    def place(names, name):
        return names.index(name) if name in names else len(names)
    return place(MODEL_ORDER, result["model"]), result["model"], place(TYPE_ORDER, result["type"])


def machine(result):
    cpu = result["doctor"]["cpu"]
    text = f"\n## Machine\n\n{result['version']}, {result['date']}; {cpu['name']}, {cpu['usable_cpus']} CPUs, " \
           f"level {cpu['level']}.\n"
    limits = result["doctor"]["limits"] or []
    if not limits:
        return text
    peaks = [peak["instruction"] for peak in limits[0]["peaks"]]
    rows = [[limit["threads"], speed(limit["read_gbps"]), *(speed(peak["gops"]) for peak in limit["peaks"])]
            for limit in limits]
    return text + "\n" + table(["threads", "read GB/s", *(f"{peak} GOPS" for peak in peaks)], rows)


def rate(case):
    rates = case["tokens_per_second"]
    return f"{speed(rates['median'])} ({speed(rates['min'])} to {speed(rates['max'])})"


def model(name, results, plot):
    """The section of a model: a table of all that was run, and two plots of one sequence on most threads."""
    rows = []
    for result in results:
        for case in result["results"]:
            prompt = case["test"].startswith("pp")
            rows.append([result["type"], case["test"], case["depth"], case["threads"], case["batch"], rate(case),
                         f"{case['limit_fraction']:.2f}",
                         f"{speed(case['achieved_gops' if prompt else 'achieved_gbps'])} of "
                         f"{speed(case['peak_gops' if prompt else 'read_gbps'])} {'GOPS' if prompt else 'GB/s'}"])
    sizes = ", ".join(f"{r['type']} {r['plan_bytes'] / 1e9:.2f} GB" for r in results)
    text = f"\n## {name}\n\nPlans: {sizes}.\n\n"
    text += f"![Fraction of the limit]({plot(f'limit-{name}.svg', limit_plot(name, results))})\n\n"
    text += f"![Speed against depth]({plot(f'depth-{name}.svg', depth_plot(name, results))})\n\n"
    return text + table(["type", "test", "depth", "threads", "batch", "tokens/s (min to max)", "of limit", "of it"],
                        rows)


def alone(result):
    """Cases of one sequence on the most threads."""
    threads = max(case["threads"] for case in result["results"])
    return [case for case in result["results"] if case["threads"] == threads and case["batch"] == 1]


def limit_plot(name, results):
    tests = list(dict.fromkeys(f"{case['test']} at {case['depth']}" for r in results for case in alone(r)))
    fractions = {r["type"]: {f"{case['test']} at {case['depth']}": case["limit_fraction"] for case in alone(r)}
                 for r in results}
    return svg.bars(f"{name}: fraction of the limit", "", tests,
                    {kind: [row.get(test) for test in tests] for kind, row in fractions.items()}, highest=1)


def depth_plot(name, results):
    series = {r["type"]: [(case["depth"], case["tokens_per_second"]["median"]) for case in alone(r)
                          if case["test"].startswith("tg")] for r in results}
    return svg.lines(f"{name}: generating", "tokens/s", "tokens in the cache", series)


def commands(results, models):
    single = [[results[name]] if name in results else [] for name in ("machine", *SECTIONS)]
    listed = [*single[0], *models, *(result for part in single[1:] for result in part)]
    lines = [command for result in listed for command in result["commands"]]
    return "\n## Commands\n\n```sh\n" + "\n".join(lines) + "\n```\n"
