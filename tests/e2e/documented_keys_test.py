"""Every key of the JSON that programs print is named in docs/benchmarking.md."""
import json
import re
import unittest

import program

MODEL = program.ROOT / "examples" / "tiny-stories"
DOCUMENT = program.ROOT / "docs" / "benchmarking.md"
HEADING = re.compile(r"^(#{2,3}) `?-*(\w+).*$", re.M)
# Chrome's format has these; what it means by them is not ours to say.
TRACE_FORMAT = {"displayTimeUnit", "traceEvents", "name", "ph", "pid", "tid", "ts", "dur"}
NAMES = {"versions"}  # of what is in these objects the keys are names, not keys


def section(name):
    """The text of a section of the document, those below it included."""
    headings = list(HEADING.finditer(DOCUMENT.read_text(encoding="utf-8")))
    for i, heading in enumerate(headings):
        if heading.group(2) == name:
            ends = (other.start() for other in headings[i + 1:]
                    if len(other.group(1)) <= len(heading.group(1)))
            return heading.string[heading.end():next(ends, None)]
    raise AssertionError(f"{DOCUMENT}: no section '{name}'")


def named(text):
    """Words in `code` and keys of examples."""
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))
    return set(re.findall(r"\w+", " ".join(spans))) | set(re.findall(r'"(\w+)":', text))


def keys(value):
    if isinstance(value, list):
        return set().union(*map(keys, value))
    if not isinstance(value, dict):
        return set()
    return set(value).union(*(keys(child) for key, child in value.items() if key not in NAMES))


class DocumentedKeys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        cls.plan = cls.graphc.plan(MODEL, "--dtype", "bf16")

    def check(self, name, value, known=frozenset()):
        found = keys(value)
        self.assertGreater(len(found), 5)
        self.assertEqual(found - known - named(section(name)), set(),
                         f"keys of {name} which {DOCUMENT.name} does not name there")

    def printed(self, *arguments):
        return json.loads(self.graphc(*arguments).stdout)

    def test_bench(self):
        trace = self.graphc.path("trace.json")
        result = self.printed("bench", self.plan, "-r", 1, "-p", 4, "-n", 2, "-t", 1, "-q", "-o",
                              "json", "--profile", "--trace", trace)
        self.check("bench", result)
        self.check("trace", json.loads(trace.read_text()), TRACE_FORMAT)

    def test_doctor(self):
        self.check("doctor", self.printed("doctor", "-t", 1, "-q", "--json"))

    def test_perplexity(self):
        self.check("perplexity", self.printed("perplexity", self.plan, "--json", "-q", "--tokens",
                                              "1,5,6,7"))

    def test_run(self):
        self.check("run", self.printed("run", self.plan, "--json", "-q", "-n", 4, "-p", "One day"))


if __name__ == "__main__":
    program.main(needs_shared=False)
