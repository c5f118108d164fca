"""The flags of `compile`, its errors, and what it leaves behind: a plan, or nothing."""
import json
import re
import shutil
import signal
import subprocess
import time
import unittest

import program

MODEL = program.ROOT / "examples" / "tiny-stories"


class Compile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()

    def setUp(self):
        self.out = self.graphc.path("out")
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        self.plan = self.out / "a.gcplan"

    def copy_of_model(self):
        folder = self.graphc.path("model")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(MODEL, folder)
        return folder

    def left(self):
        return sorted(path.name for path in self.out.iterdir())

    def refused(self, code, message, *args):
        """A command that must end with `code` and `message`, print nothing and leave nothing."""
        result = self.graphc(*args, check=False)
        errors = result.stderr.decode()
        self.assertEqual(result.returncode, code, errors)
        self.assertRegex(errors, message)
        self.assertTrue(errors.splitlines()[0].startswith(f"graphc {args[0]}: ") or
                        "error: " in errors.splitlines()[0], errors)
        self.assertEqual(result.stdout, b"")
        self.assertEqual(self.left(), [])


class Results(Compile):
    def test_stdout_is_empty_and_quiet_is_quiet(self):
        loud = self.graphc("compile", MODEL, "-o", self.plan)
        self.assertEqual(loud.stdout, b"")
        self.assertRegex(loud.stderr.decode(), r"a\.gcplan: \d+ kernels for x86-64-v\S+, .* of weights")
        quiet = self.graphc("compile", MODEL, "-o", self.plan, "-q")
        self.assertEqual((quiet.stdout, quiet.stderr), (b"", b""))
        self.assertEqual(self.left(), ["a.gcplan"])

    def test_the_same_input_gives_the_same_plan(self):
        for name in ("a.gcplan", "b.gcplan"):
            self.graphc("compile", MODEL, "-o", self.out / name)
        first, second = ((self.out / name).read_bytes() for name in ("a.gcplan", "b.gcplan"))
        self.assertEqual(first, second)

    def test_dump_ir_writes_a_file_for_each_pass_that_changed_something(self):
        dumps = self.out / "ir"
        report = self.out / "report.json"
        self.graphc("compile", MODEL, "-o", self.plan, "--dump-ir", dumps, "--report", report)
        names = sorted(path.name for path in dumps.iterdir())
        self.assertEqual([name[:3] for name in names], [f"{i:02}-" for i in range(len(names))])
        changed = [p["name"] for p in json.loads(report.read_text())["passes"] if p["changed"]]
        self.assertEqual(names[0], "00-graph.mlir")
        self.assertEqual([name[3:-5] for name in names[1:-3]], changed)
        self.assertEqual([name[3:] for name in names[-3:]],
                         ["kernels.mlir", "llvm.ll", "kernels.s"])
        # The file before a pass is what the pass made its change on.
        texts = [(dumps / name).read_text() for name in names]
        self.assertTrue(all(a != b for a, b in zip(texts, texts[1:])))
        attention = names.index(next(name for name in names if "fuse-attention" in name))
        self.assertIn("graphc.softmax", texts[attention - 1])
        self.assertNotIn("graphc.softmax", texts[attention])

    def test_dump_ir_replaces_the_dump_before(self):
        dumps = self.out / "ir"
        self.graphc("compile", MODEL, "-o", self.plan, "--dump-ir", dumps)
        before = {path.name for path in dumps.iterdir()}
        (dumps / "notes.txt").write_text("mine")
        self.graphc("compile", MODEL, "-o", self.plan, "--dump-ir", dumps, "-O0")
        after = {path.name for path in dumps.iterdir()}
        self.assertIn("notes.txt", after, "what is no dump stays")
        self.assertFalse(any("fuse-attention" in name for name in after))
        self.assertLess(len(after), len(before))

    def test_time_passes_names_every_pass(self):
        result = self.graphc("compile", MODEL, "-o", self.plan, "--time-passes")
        errors = result.stderr.decode()
        for name in ("AssignPrecision", "FuseAttention", "JoinMatmuls", "LowerToPlan",
                     "PlanMemory"):
            self.assertRegex(errors, rf"\d \(.*%\)  {name}Pass")
        self.assertEqual(result.stdout, b"")

    def test_report_counts_hits_and_gives_the_reason_of_misses(self):
        report = self.out / "report.json"
        self.graphc("compile", MODEL, "-o", self.plan, "--report", report)
        fused = json.loads(report.read_text())
        self.assertEqual(fused["schema"], 1)
        hits = {p["name"]: p["hits"] for p in fused["passes"]}
        self.assertEqual(hits["fuse-attention"], 1)
        self.assertEqual(hits["join-matmuls"], 2)
        self.assertEqual([m for p in fused["passes"] for m in p["misses"]], [])
        self.graphc("compile", MODEL, "-o", self.plan, "--report", report,
                    "--disable-pass", "join-matmuls")
        missed = json.loads(report.read_text())
        self.assertNotIn("join-matmuls", [p["name"] for p in missed["passes"]])
        misses = [m for p in missed["passes"] for m in p["misses"]]
        self.assertTrue(misses)
        for miss in misses:
            self.assertTrue(miss["reason"] and miss["location"], miss)

    def test_random_weights_from_a_bare_config(self):
        folder = self.graphc.path("bare")
        folder.mkdir(exist_ok=True)
        shutil.copy(MODEL / "config.json", folder)
        self.refused(3, "no weights", "compile", folder, "-o", self.plan)
        runs = []
        for seed in (1, 1, 2):
            self.graphc("compile", folder / "config.json", "-o", self.plan, "--random-weights",
                        seed, "--dtype", "f32")
            runs.append(self.graphc("run", self.plan, "--tokens", "1,2,3", "-n", 12, "--temp", 0,
                                    "--ignore-eos").stdout)
        self.assertEqual(runs[0], runs[1])
        self.assertNotEqual(runs[0], runs[2])
        self.assertRegex(runs[0].decode(), r"^(\d+,){11}\d+\n$")


class Usage(Compile):
    """Exit 2: before any work."""

    def test_flags(self):
        for message, args in (
                ("MODEL is required", []),
                ("--output is required", [MODEL]),
                ("--nonsense", [MODEL, "-o", self.plan, "--nonsense"]),
                ("did you mean --disable-pass", [MODEL, "-o", self.plan, "--disable-pas", "cse"]),
                ("--dtype 'f16'", [MODEL, "-o", self.plan, "--dtype", "f16"]),
                ("--kv-cache 'q8'", [MODEL, "-o", self.plan, "--kv-cache", "q8"]),
                ("'pentium' is unknown; known targets: native, x86-64-v3",
                 [MODEL, "-o", self.plan, "--target", "pentium"]),
                ("-O", [MODEL, "-o", self.plan, "-O1"]),
                ("--context", [MODEL, "-o", self.plan, "-c", "0"]),
                ("--max-chunk", [MODEL, "-o", self.plan, "--max-chunk", "-1"]),
                ("--random-weights", [MODEL, "-o", self.plan, "--random-weights", "x"]),
                ("is a folder", [MODEL, "-o", self.out]),
                ("does not exist", [MODEL, "-o", self.out / "no" / "a.gcplan"]),
                ("not a regular file", [MODEL, "-o", "/dev/full"])):
            with self.subTest(args=args):
                self.refused(2, message, "compile", *args)
        self.refused(2, "did you mean --stage", "dump", MODEL, "--stag", "plan")
        self.refused(2, "known stages: graph, fused, plan", "dump", MODEL, "--stage", "linalg")

    def test_passes_that_cannot_be_left_out(self):
        self.refused(2, "no pass is named 'fuse-atention'; expected one of .*fuse-attention",
                     "compile", MODEL, "-o", self.plan, "--disable-pass", "fuse-atention")
        self.refused(2, "cannot be disabled", "compile", MODEL, "-o", self.plan,
                     "--disable-pass", "lower-to-plan")


class Inputs(Compile):
    """Exit 3 and 4: what the model's files say."""

    def change_config(self, **changes):
        folder = self.copy_of_model()
        config = json.loads((folder / "config.json").read_text())
        config.update(changes)
        (folder / "config.json").write_text(json.dumps(config))
        return folder

    def test_nothing_there(self):
        for command in (["compile", "/no/such", "-o", self.plan], ["dump", "/no/such"]):
            self.refused(3, "/no/such: no such file", *command)

    def test_config_that_is_impossible(self):
        folder = self.change_config(num_attention_heads=7)
        for command in (["compile", folder, "-o", self.plan], ["dump", folder]):
            self.refused(3, "config.json: num_key_value_heads: .*num_attention_heads .7.", *command)

    def test_config_that_is_not_understood(self):
        for key, value in (("logit_scale", 2.0), ("hidden_act", "swoosh"),
                           ("model_type", "mamba"), ("num_local_experts", 8),
                           ("rope_scaling", {"rope_type": "spiral", "factor": 2.0})):
            folder = self.change_config(**{key: value})
            for command in (["compile", folder, "-o", self.plan], ["dump", folder]):
                with self.subTest(key=key, command=command[0]):
                    self.refused(4, "config.json: ", *command)

    def test_weights_that_are_cut_short(self):
        folder = self.copy_of_model()
        weights = (folder / "model.safetensors").read_bytes()
        for size in (0, 7, 1000, len(weights) // 2, len(weights) - 1):
            (folder / "model.safetensors").write_bytes(weights[:size])
            with self.subTest(size=size):
                self.refused(3, "model.safetensors: ", "compile", folder, "-o", self.plan)

    def test_weights_of_another_shape(self):
        folder = self.change_config(intermediate_size=320)
        self.refused(3, "model.layers.0.mlp.down_proj.weight", "compile", folder, "-o", self.plan)

    def test_damaged_tokenizer(self):
        folder = self.copy_of_model()
        (folder / "tokenizer.json").write_text('{"model": ')
        self.refused(3, "tokenizer.json: not valid JSON", "compile", folder, "-o", self.plan)

    def test_text_that_is_no_ir(self):
        text = self.graphc.path("bad.mlir")
        text.write_text("module {")
        for command in (["compile", text, "-o", self.plan], ["dump", text]):
            self.refused(3, "bad.mlir: not valid IR", *command)

    def test_plan_that_is_cut_short(self):
        whole = self.graphc.plan(MODEL)
        cut = self.graphc.path("cut.gcplan")
        cut.write_bytes(whole.read_bytes()[:1000])
        self.refused(3, "cut.gcplan: .*cut short", "dump", cut)


class Failures(Compile):
    def test_folders_that_cannot_be_written(self):
        self.refused(6, "cannot be created", "compile", MODEL, "-o", self.plan,
                     "--dump-ir", "/proc/no/ir")
        self.refused(2, "no/report.json: the folder .* does not exist", "compile", MODEL, "-o", self.plan,
                     "--report", self.out / "no" / "report.json")

    def test_weights_from_two_places(self):
        self.refused(2, "--random-weights excludes --weights", "compile", MODEL, "-o", self.plan,
                     "--weights", MODEL, "--random-weights", 1)

    def test_types_that_the_text_has_decided(self):
        for stage in ("fused", "plan"):
            text = self.graphc.path(f"{stage}.mlir")
            text.write_bytes(self.graphc("dump", MODEL, "--stage", stage).stdout)
            for flag, value in (("--quant", "w8"), ("--dtype", "bf16"), ("--kv-cache", "int8"),
                                ("--weight-dtype", "f32")):
                self.refused(2, f"{flag} {value}: .* is of the stage '{stage}', in which types are decided",
                             "compile", text, "-o", self.plan, flag, value)
            self.graphc("compile", text, "-o", self.plan, "-q")
            inspected = self.graphc("inspect", self.plan).stdout.decode()
            self.graphc("dump", self.plan, "--stage", "kernels")
            self.assertNotRegex(inspected, r"options .*(dtype|quant)", "nobody chose them here")
            self.plan.unlink()

    def test_numbers_that_are_not_finite(self):
        folder = self.copy_of_model()
        weights = folder / "model.safetensors"
        content = bytearray(weights.read_bytes())
        size = int.from_bytes(content[:8], "little")
        tensors = json.loads(content[8:8 + size])
        name = "model.layers.1.mlp.down_proj.weight"
        begin = 8 + size + tensors[name]["data_offsets"][0]
        content[begin:begin + 2] = b"\xff\xff"  # NaN, in f16 and in bf16
        weights.write_bytes(content)
        self.assertIn(tensors[name]["dtype"], ("F16", "BF16"))
        for scheme in ("none", "w8a8"):
            loud = self.graphc("compile", folder, "-o", self.plan, "--quant", scheme, "-q")
            self.assertRegex(loud.stderr.decode(), r"warning: mlp\.down, layer 1: 1 number or scale is infinite or NaN")
            self.plan.unlink()
            self.refused(3, "mlp.down, layer 1: 1 number or scale", "compile", folder, "-o", self.plan,
                         "--quant", scheme, "-q", "--strict")

    def test_a_failure_leaves_the_plan_that_was_there(self):
        self.plan.write_bytes(b"old")
        folder = self.copy_of_model()
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1])
        self.assertEqual(
            self.graphc("compile", folder, "-o", self.plan, check=False).returncode, 3)
        self.assertEqual(self.left(), ["a.gcplan"])
        self.assertEqual(self.plan.read_bytes(), b"old")

    def test_an_interrupt_leaves_no_plan(self):
        with subprocess.Popen([str(program.GRAPHC), "compile", str(MODEL), "-o", str(self.plan)],
                              stderr=subprocess.PIPE) as process:
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)
        # A shell shows death by SIGINT as 130.
        self.assertIn(process.returncode, (130, -signal.SIGINT))
        self.assertEqual(self.left(), [])

    def test_a_gguf_file_takes_no_other_weights(self):
        file = program.SHARED / "gguf_quant" / "rand256-Q4_0.gguf"
        if not file.exists():
            self.skipTest(f"{file} is not there")
        self.refused(2, "--weights: a GGUF file has weights of its own", "compile", file, "--weights", self.out,
                     "-o", self.plan)

    def test_e3_row_28_an_interrupt_while_weights_are_packed_leaves_nothing(self):
        config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 32000,
                  "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 12,
                  "num_attention_heads": 16, "num_key_value_heads": 16, "rms_norm_eps": 1e-5,
                  "max_position_embeddings": 128, "torch_dtype": "float32"}
        model = self.graphc.path("large.json")
        model.write_text(json.dumps(config))
        for number in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen([str(program.GRAPHC), "compile", str(model), "--random-weights", "1", "-o",
                                   str(self.plan)], stderr=subprocess.PIPE) as process:
                while process.poll() is None and not self.left():
                    time.sleep(0.01)
                process.send_signal(number)
                errors = process.communicate(timeout=120)[1].decode()
            self.assertEqual(process.returncode, 130, errors)
            self.assertIn("interrupted", errors)
            self.assertEqual(self.left(), [])

    def test_a_failing_pass_leaves_a_reproducer_and_says_where(self):
        graph = self.graphc("dump", MODEL).stdout.decode()
        text = self.graphc.path("no-context.mlir")
        text.write_text(graph.replace("graphc.context = 256 : i64, ", "", 1))
        result = self.graphc("compile", text, "-o", self.plan, check=False)
        errors = result.stderr.decode()
        self.assertEqual(result.returncode, 4, errors)
        self.assertRegex(errors, "expected the module attribute graphc.context")
        self.assertIn("Pipeline failed while executing [`LowerToPlanPass`", errors)
        reproducer = self.out / "a.gcplan.reproducer.mlir"
        self.assertIn(f"graphc-opt --run-reproducer {reproducer}", errors)
        self.assertEqual(self.left(), [reproducer.name])
        again = subprocess.run([str(program.GRAPHC.parent / "graphc-opt"), "--run-reproducer",
                                str(reproducer)], capture_output=True, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn(b"expected the module attribute graphc.context", again.stderr)


if __name__ == "__main__":
    del Compile  # the base: it has no tests of its own
    program.main(needs_shared=False)
