"""graphc chat, run --chat and the flags that choose tokens, with the small model of the examples."""
import json
import os
import pty
import signal
import subprocess
import time
import unittest

import program

MODEL = program.ROOT / "examples" / "tiny-stories"
TEMPLATE = ("{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% elif m.role == 'system' %}"
            "{{ m.content }} {% else %} {{ m.content }} {% endif %}{% endfor %}")
GREEDY = ("--temp", 0)


class Chat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        cls.plan = cls.graphc.plan(MODEL)

    def chat(self, text, *options, template=TEMPLATE, check=True):
        script = self.graphc.path("script.txt")
        script.write_text(text)
        with script.open("rb") as stdin:
            return self.graphc("chat", self.plan, "--chat-template", template, *GREEDY, *options, stdin=stdin, check=check)

    def run_text(self, *args, check=True):
        return self.graphc("run", self.plan, *GREEDY, *args, check=check)

    # Conversations -------------------------------------------------------------------------------

    def test_an_answer_continues_the_rendered_message(self):
        answer = self.chat("Once upon a time\n", "-n", 12).stdout.decode()
        text = self.run_text("-p", "Once upon a time", "-n", 12).stdout.decode()
        self.assertEqual(answer.strip(), text.strip())
        one = self.run_text("--chat", "--chat-template", TEMPLATE, "-p", "Once upon a time", "-n", 12).stdout.decode()
        self.assertEqual(one.strip(), text.strip())

    def test_history_is_part_of_the_prompt(self):
        first, second = self.chat("Once upon\nthere was\n", "-n", 5).stdout.decode().splitlines()
        whole = self.run_text("--chat", "--chat-template", "{{ bos_token }}Once upon " + first + " there was{{ '' }}",
                              "-p", "x", "-n", 5).stdout.decode()
        self.assertEqual(second.strip(), whole.strip())

    def test_the_system_message_comes_first(self):
        with_system = self.chat("was\n", "-n", 6, "--system", "Once upon a time there").stdout.decode()
        self.assertEqual(with_system.strip(),
                         self.run_text("-p", "Once upon a time there was", "-n", 6).stdout.decode().strip())

    def test_reset_forgets_and_save_and_load_remember(self):
        saved = self.graphc.path("saved.json")
        answers = self.chat(f"Once upon\n/save {saved}\n/reset\nOnce upon\n/load {saved}\nthere was\n", "-n", 4)
        first, again, third = answers.stdout.decode().splitlines()
        self.assertEqual(first, again)
        messages = json.loads(saved.read_text())["messages"]
        self.assertEqual([m["role"] for m in messages], ["user", "assistant"])
        self.assertEqual(messages[1]["content"], first)
        both = self.chat("Once upon\nthere was\n", "-n", 4).stdout.decode().splitlines()
        self.assertEqual(third, both[1])

    def test_commands(self):
        result = self.chat("/help\nOnce\n/stats\n/exit\nnot reached\n", "-n", 2)
        notes = result.stderr.decode()
        for part in ("/save FILE", "2 messages", "tokens in the cache"):
            self.assertIn(part, notes)
        self.assertEqual(len(result.stdout.decode().splitlines()), 1)
        for text, code, part in (("/exti\n", 2, "did you mean /exit?"), ("/save\n", 2, "a file's name is missing"),
                                 ("/load nowhere.json\n", 3, "nowhere.json")):
            with self.subTest(text=text):
                result = self.chat(text, check=False)
                self.assertEqual(result.returncode, code, result.stderr)
                self.assertIn(part, result.stderr.decode())

    def test_known_tokens_are_not_computed_again(self):
        notes = self.chat("Once upon a time\nthere was\n/stats\n", "-n", 6).stderr.decode()
        known = int(notes.split("prompt of ")[1].split(" tokens, ")[1].split(" ")[0])
        self.assertGreater(known, 3)

    def test_a_full_context_is_said(self):
        result = self.chat("Once upon a time there was a little dog\n", "-c", 8, check=False)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("the context is full", result.stderr.decode())

    def test_templates_that_cannot_be_used(self):
        for template, code, part in (("nowhere.jinja", 2, "--chat-template"), ("{{ x.y.z( }}", 3, "--chat-template"),
                                     ("{{ raise_exception('no such role') }}", 3, "no such role")):
            with self.subTest(template=template):
                result = self.chat("hello\n", template=template, check=False)
                self.assertEqual(result.returncode, code, result.stderr)
                self.assertIn(part, result.stderr.decode())
        result = self.graphc("chat", self.plan, check=False)
        self.assertEqual(result.returncode, 2)
        self.assertIn("no chat template", result.stderr.decode())

    def test_a_model_s_own_template_is_in_its_plan(self):
        folder = self.graphc.path("with-template")
        folder.mkdir()
        for name in ("config.json", "model.safetensors", "tokenizer.json", "generation_config.json"):
            (folder / name).symlink_to(MODEL / name)
        config = json.loads((MODEL / "tokenizer_config.json").read_text())
        (folder / "tokenizer_config.json").write_text(json.dumps({**config, "chat_template": TEMPLATE}))
        plan = self.graphc.plan(folder)
        text = self.graphc("run", plan, *GREEDY, "--chat", "-p", "Once upon a time", "-n", 8).stdout
        self.assertEqual(text.strip(), self.run_text("-p", "Once upon a time", "-n", 8).stdout.strip())

    def test_special_tokens_in_a_message_are_text(self):
        ids = json.loads(self.graphc("tokenize", self.plan, "-p", "x", "--add-special", "--json").stdout)
        special = next((p for p in ids["pieces"] if p.startswith("<")), None)
        if special is None:
            self.skipTest("the model puts no special token in front of a text")
        result = self.chat(f"{special}\n/stats\n", "-n", 1).stderr.decode()
        self.assertGreater(int(result.split("prompt of ")[1].split(" ")[0]), 1)

    # Terminals -----------------------------------------------------------------------------------

    def terminal(self, *options):
        main, other = pty.openpty()
        process = subprocess.Popen([str(program.GRAPHC), "chat", str(self.plan), "--chat-template", TEMPLATE,
                                    "--temp", "0", *map(str, options)],
                                   stdin=other, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        os.close(other)
        return main, process

    def test_an_interrupt_stops_the_answer_and_not_the_program(self):
        main, process = self.terminal("--ignore-eos", "-n", 100000000, "-c", 64)
        os.write(main, b"Once upon a time\n")
        process.stdout.read(1)  # The answer has begun, or all of it is there: both may be interrupted.
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.assertIsNone(process.poll(), "the program ended")
        os.write(main, b"/stats\n/exit\n")
        out, err = process.communicate(timeout=60)
        os.close(main)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn(b"messages", err)

    def test_two_interrupts_at_the_prompt_end_the_program(self):
        main, process = self.terminal("-n", 1)
        os.write(main, b"Once\n")
        process.stdout.readline()
        for _ in range(2):
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        os.close(main)
        self.assertEqual(process.returncode, 130)

    # What chooses and what ends ------------------------------------------------------------------

    def test_stop_strings_end_the_text_before_them(self):
        whole = self.run_text("-p", "Once upon a time", "-n", 40).stdout.decode()
        word = whole.split()[6]
        cut = self.run_text("-p", "Once upon a time", "-n", 40, "--stop", "never said", "--stop", word).stdout.decode()
        self.assertEqual(cut.rstrip("\n"), whole[:whole.index(word)])

    def test_biases_and_penalties(self):
        first = json.loads(self.run_text("-p", "Once", "-n", 1, "--json").stdout)["sequences"][0]["tokens"][-1]
        other = json.loads(self.run_text("-p", "Once", "-n", 1, "--json",
                                         "--logit-bias", f"{first}=-inf").stdout)["sequences"][0]["tokens"][-1]
        self.assertNotEqual(first, other)
        forced = json.loads(self.run_text("-p", "Once", "-n", 3, "--json", "--ignore-eos",
                                          "--logit-bias", "5+50").stdout)["sequences"][0]["tokens"]
        self.assertEqual(forced[-3:], [5, 5, 5])
        calm = json.loads(self.run_text("-p", "Once", "-n", 3, "--json", "--ignore-eos", "--logit-bias", "5+50",
                                        "--presence-penalty", 100).stdout)["sequences"][0]["tokens"]
        self.assertEqual(calm[-3:].count(5), 1)

    def test_log_probabilities(self):
        out = json.loads(self.run_text("-p", "Once", "-n", 2, "--json", "--logprobs", 3).stdout)
        steps = out["sequences"][0]["logprobs"]
        self.assertEqual(len(steps), 2)
        for step in steps:
            self.assertEqual(len(step["top"]), 3)
            best = step["top"][0]
            self.assertEqual(best["token"], step["token"])
            self.assertAlmostEqual(best["logprob"], step["logprob"], places=5)
            self.assertLess(step["logprob"], 0)

    def test_values_that_cannot_be_meant(self):
        for options in (("--logit-bias", "x=1"), ("--logit-bias", "5=nan"), ("--logit-bias", "100000000=1"),
                        ("--stop", ""), ("--logprobs", -1), ("--system", "s"), ("--top-p", 7)):
            with self.subTest(options=options):
                result = self.run_text("-p", "Once", "-n", 1, *options, check=False)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn(options[0][2:], result.stderr.decode())


if __name__ == "__main__":
    program.main(needs_shared=False)
