"""GGUF files: the same network as from a folder, mixed quantized types, files that were split, refusals."""
import json
import unittest

import numpy as np

import families_test
import gguf_writer
import numpy_decoder
import program

CONTEXT = families_test.CONTEXT
# What a GGUF file cannot say, or says by what its reader knows of the family.
OWN_KEYS = {"gemma2": {"query_pre_attn_scalar": 24}, "gemma3": {"rope_local_base_freq": 10000.0}}
NOT_IN_FILES = ("mistral", "mistral without a window", "qwen2 with windows")
TOKENS = [int(t) for t in np.random.default_rng(7).integers(0, 200, 70)]
MIXED = {**families_test.SIZES, "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64,
         "intermediate_size": 96, "vocab_size": 200}


class Gguf(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()

    def write(self, name, config, tensors):
        path = self.graphc.path("".join(c if c.isalnum() else "_" for c in name) + ".gguf")
        gguf_writer.write(path, *gguf_writer.convert(config, tensors))
        return path

    def rows(self, model, *options):
        plan = self.graphc.plan(model, "-c", CONTEXT, *options)
        return self.graphc.forward(plan, [TOKENS])[1]

    def refusal(self, path, code, *parts):
        result = self.graphc("compile", path, "-o", self.graphc.path("refused.gcplan"), check=False)
        text = result.stderr.decode()
        self.assertEqual(result.returncode, code, text)
        for part in (path.name, *parts):
            self.assertIn(part, text)

    # The network ---------------------------------------------------------------------------------

    def check(self, name, config, tolerance=0.0):
        """The file computes what the folder does, to the bit unless its numbers are others."""
        network = numpy_decoder.Network(config)
        folder = self.graphc.path("".join(c if c.isalnum() else "_" for c in name))
        numpy_decoder.write_model(folder, config, network.tensors)
        with self.subTest(name=name):
            error = program.relative_error(self.rows(self.write(name, config, network.tensors), "--dtype", "f32"),
                                           self.rows(folder, "--dtype", "f32"))
            self.assertLessEqual(error, tolerance)

    def test_families(self):
        for name, (kind, architecture, keys) in families_test.FAMILIES.items():
            if name not in NOT_IN_FILES:
                self.check(name, {**families_test.SIZES, "model_type": kind, "architectures": [architecture], **keys,
                                  **OWN_KEYS.get(name, {})})

    def test_phi2_with_one_tensor_for_queries_keys_and_values(self):
        kind, architecture, keys = families_test.FAMILIES["phi2"]
        config = {**families_test.SIZES, "model_type": kind, "architectures": [architecture], **keys}
        metadata, tensors = gguf_writer.convert(config, numpy_decoder.Network(config).tensors)
        joined = {}
        for name, array in tensors.items():
            if ".attn_q." in name:
                array = np.concatenate([tensors[name.replace(".attn_q.", f".attn_{part}.")] for part in "qkv"])
            if not any(f".attn_{part}." in name for part in "kv"):
                joined[name.replace(".attn_q.", ".attn_qkv.")] = array
        apart, one = self.graphc.path("phi2-apart.gguf"), self.graphc.path("phi2-one.gguf")
        gguf_writer.write(apart, metadata, tensors)
        gguf_writer.write(one, metadata, joined)
        self.assertTrue(np.array_equal(self.rows(one), self.rows(apart)))

    def test_ropes(self):
        for kind in ("linear", "yarn"):
            self.check("rope " + kind, {**families_test.SIZES, "model_type": "qwen2",
                                        "architectures": ["Qwen2ForCausalLM"],
                                        "rope_scaling": families_test.ROPES[kind]})

    # Types ---------------------------------------------------------------------------------------

    def mixed(self):
        """(config, exact network, tensors): q, k, v and layers of different types."""
        network, random = numpy_decoder.Network(MIXED), np.random.default_rng(3)
        kinds = {"q_proj": ("Q8_0", "Q4_0", "Q4_1"), "k_proj": ("Q4_0", "Q4_0", "Q4_1"),
                 "v_proj": ("Q8_0", "Q4_0", "Q4_1"), "gate_proj": ("Q4_1", "Q8_0", "Q8_0"),
                 "up_proj": ("Q4_1", "Q4_0", "Q8_0"), "o_proj": ("Q8_0", "Q8_0", "Q4_0"),
                 "embed_tokens": ("Q8_0",), "lm_head": ("Q4_0",)}
        metadata, tensors = gguf_writer.convert(MIXED, network.tensors)
        for name, array in network.tensors.items():
            part = next((p for p in kinds if p in name), None)
            own = gguf_writer.tensor_name("llama", name)
            if name.endswith("down_proj.weight"):
                tensors[own] = array.astype(np.float16)
                network.tensors[name] = tensors[own].astype(np.float32)
            if not part:
                continue
            layer = int(name.split(".")[2]) if ".layers." in name else 0
            blocks = gguf_writer.blocks_of(kinds[part][layer], random, *array.shape, float(array.std()))
            tensors[own] = blocks
            heads = {"q_proj": MIXED["num_attention_heads"], "k_proj": MIXED["num_key_value_heads"]}.get(part)
            numbers = blocks.numbers
            if heads:  # The file has pairs side by side.
                numbers = numbers.reshape(heads, -1, 2, array.shape[1]).swapaxes(1, 2).reshape(array.shape)
            network.tensors[name] = numbers
        return network, metadata, tensors

    def test_mixed_types(self):
        network, metadata, tensors = self.mixed()
        path = self.graphc.path("mixed.gguf")
        gguf_writer.write(path, metadata, tensors)
        want = network.logits(np.array(TOKENS), CONTEXT)
        for options, bound in ((("--dtype", "f32"), 2e-5), (("--dtype", "f32", "-O0"), 2e-5),
                               (("--dtype", "bf16"), 3e-2), ((), 4e-2), (("-O0",), 4e-2)):
            with self.subTest(options=options):
                self.assertLess(program.distance(self.rows(path, *options), want), bound)

    def test_products_of_one_input_in_two_types_run_together(self):
        _, metadata, tensors = self.mixed()
        path = self.graphc.path("together.gguf")
        gguf_writer.write(path, metadata, tensors)
        for options in ((), ("--dtype", "f32")):
            plan = self.graphc("dump", path, "--stage", "plan", "-c", CONTEXT, *options).stdout.decode()
            dispatches = [line for line in plan.splitlines() if "graphc.dispatch" in line]
            groups = []  # labels of dispatches that run at the same time
            for line in dispatches:
                if not line.endswith("together"):
                    groups.append(set())
                groups[-1].add(line.split('"')[1])
            products = {frozenset(group) for group in groups if len(group) > 1}
            self.assertIn(frozenset({"layer 1 mlp.gate.2", "layer 1 mlp.up.2"}), products, options)
            self.assertIn(frozenset({"layer 0 attn.qv", "layer 0 attn.k"}), products, options)

    def test_quant_rounds_what_comes_quantized(self):
        network, metadata, tensors = self.mixed()
        path = self.graphc.path("rounded.gguf")
        gguf_writer.write(path, metadata, tensors)
        want = network.logits(np.array(TOKENS), CONTEXT)
        self.assertLess(program.distance(self.rows(path, "--quant", "w8"), want), 3e-2)
        self.assertGreater(program.distance(self.rows(path, "--quant", "w4"), want), 3e-2)

    # Files ---------------------------------------------------------------------------------------

    def test_split(self):
        network, metadata, tensors = self.mixed()
        path = self.graphc.path("whole.gguf")
        gguf_writer.write(path, metadata, tensors)
        names = list(tensors)
        for number, part in enumerate((names[:5], names[5:], [])):
            gguf_writer.write(self.graphc.path(f"s-{number + 1:05}-of-00003.gguf"),
                              {"split.no": number, "split.count": 3, "split.tensors.count": len(names),
                               **(metadata if number == 0 else {})}, {name: tensors[name] for name in part})
        first = self.graphc.path("s-00001-of-00003.gguf")
        self.assertTrue(np.array_equal(self.rows(first), self.rows(path)))
        header = json.loads(self.graphc("inspect", self.graphc.plan(first, "-c", CONTEXT), "--json").stdout)["header"]
        self.assertEqual([source["file"] for source in header["model"]["sources"]],
                         [f"s-0000{n}-of-00003.gguf" for n in (1, 2, 3)])
        self.refusal(self.graphc.path("s-00002-of-00003.gguf"), 3, "split.no", "name the first file")

    def test_refusals(self):
        network = numpy_decoder.Network(MIXED)
        metadata, tensors = gguf_writer.convert(MIXED, network.tensors)
        path = self.graphc.path("bad.gguf")

        def refused(code, *parts, version=3, change=(), without=(), **replaced):
            changed = {key: item for key, item in {**metadata, **dict(change)}.items() if item is not None}
            kept = {name: array for name, array in {**tensors, **replaced}.items() if name not in without}
            gguf_writer.write(path, changed, kept, version)
            self.refusal(path, code, *parts)

        refused(4, "version 1", version=1)
        refused(4, "general.architecture 'mamba'", "nearest supported", change={"general.architecture": "mamba"})
        refused(3, "'llama.block_count' is missing", change={"llama.block_count": None})
        refused(4, "'llama.logit_scale'", change={"llama.logit_scale": 0.5})
        refused(3, "missing", "'blk.1.attn_q.weight'", without=("blk.1.attn_q.weight",))
        refused(3, "wrong shape", "'output.weight' is [200, 32]",
                **{"output.weight": np.zeros((200, 32), np.float32)})
        refused(3, "extra", "'blk.0.attn_x.weight'", **{"blk.0.attn_x.weight": np.zeros((1, 1), np.float32)})
        unread = gguf_writer.Blocks(28, b"\0" * 8 * 64 * 200, np.zeros((200, 64)))
        refused(4, "'output.weight' is F64", "IQ4_XS are supported", **{"output.weight": unread})
        gguf_writer.write(path, metadata, tensors)
        path.write_bytes(path.read_bytes()[:-200])
        self.refusal(path, 3, "expected data inside the file")
        for text, part in ((b"<!doctype html><html>", "HTML page"), (b"", "empty"),
                           (b"version https://git-lfs.github.com/spec/v1", "Git LFS pointer")):
            path.write_bytes(text)
            self.refusal(path, 3, part)


if __name__ == "__main__":
    program.main(needs_shared=False)
