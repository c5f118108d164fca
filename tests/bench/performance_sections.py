"""Sections of performance.md about kernels, and about compiling and starting."""
import re

from tables import fraction, speed, table


def name_of(case):
    return re.sub(r"/iterations:.*", "", case["name"])


def kernels(cases):
    """Generated kernels beside oneDNN."""
    rows, behind = [], []
    for case in cases:
        ratio = case.get("of_onednn")
        rows.append([name_of(case), speed(case["gops"]), speed(case["gbps"]), fraction(case["of_limit"]),
                     speed(case.get("onednn_gops")), fraction(ratio)])
        if ratio is not None and ratio < 0.97:
            behind.append(case)
    text = ("\n## Kernels beside oneDNN\n\nThe generated kernel with its epilogue, and oneDNN with the bare product: on f32 "
            "or bf16 for such weights and for integer weights that meet bf16 rows (on f32 for f16), on u8 x s8 for quantized "
            f"rows. Behind oneDNN by more than 3 %: {len(behind)} of {len(cases)}.\n\n")
    return text + table(["kernel", "GOPS", "GB/s", "of limit", "oneDNN GOPS", "by oneDNN"], rows)


def limit_columns(case, is_read):
    """What is reached, of what, and the fraction: of the loop that reads or of the one that multiplies."""
    reached, limit, part = ("gbps", "read_gbps", "of_read") if is_read else ("gops", "peak_gops", "of_peak")
    return [f"{speed(case[reached])} of {speed(case[limit])} {'GB/s' if is_read else 'GOPS'}", fraction(case[part])]


def attention(cases):
    rows = [[name_of(case), f"{case['real_time']:.3f}", *limit_columns(case, "/decode/" in case["name"])]
            for case in cases]
    return ("\n## Attention\n\nA layer's attention for one token (decode) and for 512 (prefill), of one sequence behind D "
            "tokens in the cache: beside the loop that reads, and the one that multiplies.\n\n" +
            table(["kernel", "ms", "reached", "of loop"], rows))


def steps(cases):
    rows = [[name_of(case), speed(case["ns_per_token"]), speed(case["gbps"]), speed(case.get("read_gbps"))]
            for case in cases]
    return ("\n## Small kernels of a step\n\nRows for a matmul with the norm's factor (norm) and without (rows), embedding, and "
            "sampling. Rows are in a cache, as in a model.\n\n" +
            table(["kernel", "ns a token", "GB/s", "read loop GB/s"], rows))


def avx2(cases):
    rows = [[name_of(case), speed(case["gops"]), speed(case["peak_gops"]), fraction(case["of_peak"]), speed(case["gbps"]),
             fraction(case["of_read"])] for case in cases]
    return ("\n## Kernels for AVX2\n\nCode for `x86-64-v3` on this machine, beside the peak of 256-bit instructions. What has to "
            "read more than it multiplies (T = 1, decode) is limited by the loop that reads.\n\n" +
            table(["kernel", "GOPS", "256-bit peak GOPS", "of peak", "GB/s", "of read loop"], rows))


def compiling(result):
    """Compile and start; also what compile_speed.py prints."""
    bound = result["memory_bound_mb"]
    rows = [[case["type"], f"{case['weights_seconds']:.2f}", speed(case["gbps"]), case["wanted_gbps"] or "-",
             f"{speed(case['written_gbps'])} of {speed(case['write_gbps'])}", f"{case['own_mb']:.0f}",
             f"{case['code_seconds']:.2f}", f"{case['plan_bytes'] / 1e9:.2f}"]
            for case in result["compile"]]
    text = (f"\n## Compile and start\n\n`graphc compile` of a checkpoint of bf16 that is in memory ({result['shape']}, "
            f"{result['layers']} layers, {result['checkpoint_bytes'] / 1e9:.2f} GB) with {result['threads']} threads: seconds "
            "that packing took, and bytes of the checkpoint by them; bytes of the plan by them, beside those of zeros that are "
            f"written to another new file in {result['folder']} right before; medians. Own memory (anonymous) should stay "
            f"under four times the largest tensor and 300 MB: {bound:.0f} MB. Code, passes included, should take less than 3 s.\n\n")
    text += table(["type", "packing s", "GB/s", "wanted", "written GB/s", "own MB", "code s", "plan GB"], rows)
    rows = [[case["type"], *(f"{case[key]:.1f}" for key in (
        "start_ms", "load_ms", "first_token_ms", "prefill_ms", "warm_prefill_ms"))] for case in result["start"]]
    text += ("\nThen `graphc run` of the plan, whose pages are in memory, with a prompt of "
             f"{result['prompt_tokens']} tokens: from the start of the process to the first token, less the prefill of the same run, which should be less than 30 ms; "
             "what the program says of it; and the prefill, also as it is in a process that has touched its pages "
             "(`graphc bench`). Medians.\n\n")
    return text + table(["type", "start ms", "load ms", "first token ms", "prefill ms", "warm prefill ms"], rows)
