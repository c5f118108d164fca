"""graphc template: what is printed, where it is read from, exit codes."""
import json
import unittest

import program

TEMPLATE = """{{ bos_token }}{% for m in messages %}
<{{ m.role }}>{{ m.content }}
{% endfor %}
{% if add_generation_prompt %}<assistant>{% endif %}
{% if style == 'bad' %}
{{ raise_exception('no ' ~ style) }}{% endif %}
"""


class Template(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        cls.template = cls.graphc.path("chat.jinja")
        cls.template.write_text(TEMPLATE)
        cls.input = cls.graphc.path("input.json")

    def run_with(self, check=True, template=None, **extra):
        conversation = {"messages": [{"role": "user", "content": "Grüße\n"}], "bos_token": "<s>",
                        "add_generation_prompt": True, **extra}
        self.input.write_text(json.dumps(conversation))
        return self.graphc("template", template or self.template, "-f", self.input, check=check)

    def check_fails(self, run, code, *parts):
        self.assertEqual(run.returncode, code)
        self.assertEqual(run.stdout, b"")
        for part in parts:
            self.assertIn(part, run.stderr.decode())

    def test_prints_the_text_and_nothing_else(self):
        run = self.run_with()
        self.assertEqual(run.stdout.decode(), "<s><user>Grüße\n\n<assistant>")
        self.assertEqual(run.stderr, b"")

    def test_reads_stdin(self):
        self.run_with()
        with open(self.input, "rb") as conversation:
            run = self.graphc("template", self.template, "-f", "-", stdin=conversation)
        self.assertEqual(run.stdout, self.run_with().stdout)

    def test_a_template_that_refuses_names_its_line(self):
        self.check_fails(self.run_with(check=False, extra={"style": "bad"}), 3,
                         "chat.jinja:6: ", "no bad")

    def test_what_is_not_supported_names_its_line(self):
        other = self.graphc.path("other.jinja")
        other.write_text("a\n{% include 'b' %}")
        self.check_fails(self.run_with(check=False, template=other), 4, "other.jinja:2: ", "include")

    def test_wrong_input_names_the_key(self):
        self.check_fails(self.run_with(check=False, tools=5), 3, "input.json: tools: expected a list")
        self.check_fails(self.run_with(check=False, mesages=[]), 3, "no key 'mesages'")

    def test_wrong_usage(self):
        self.check_fails(self.graphc("template", self.template, check=False), 2, "--file")
        self.check_fails(self.graphc("template", "/nowhere", "-f", self.input, check=False), 3,
                         "/nowhere")


if __name__ == "__main__":
    program.main(needs_shared=False)
