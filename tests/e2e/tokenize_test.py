"""graphc tokenize: what is printed, where tokenizers are read from, exit codes."""
import json
import unittest

import program

STORIES = program.ROOT / "examples" / "tiny-stories"
TEXT = "Once upon a time, in Köln"


class Tokenize(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()

    def tokens(self, *args, source=STORIES):
        return json.loads(self.graphc("tokenize", source, "--json", *args).stdout)

    def check_fails(self, code, *args, expected):
        run = self.graphc("tokenize", *args, check=False)
        self.assertEqual((run.returncode, run.stdout), (code, b""))
        self.assertIn(expected, run.stderr.decode())

    def test_json_has_ids_and_pieces(self):
        tokens = self.tokens("-p", TEXT)
        self.assertEqual(tokens["schema"], 1)
        self.assertEqual(len(tokens["ids"]), len(tokens["pieces"]))
        self.assertEqual(self.tokens("-p", ""), {"schema": 1, "ids": [], "pieces": []})

    def test_lines_have_an_id_and_its_piece(self):
        tokens = self.tokens("-p", TEXT)
        lines = self.graphc("tokenize", STORIES, "-p", TEXT).stdout.decode().splitlines()
        self.assertEqual([line.split(maxsplit=1) for line in lines],
                         [[str(i), p] for i, p in zip(tokens["ids"], tokens["pieces"])])
        self.assertEqual(len(self.graphc("tokenize", STORIES, "-p", "a\n\r\x1b").stdout.splitlines()),
                         len(self.tokens("-p", "a\n\r\x1b")["ids"]))

    def test_every_source_gives_the_same(self):
        ids = self.tokens("-p", TEXT)["ids"]
        self.assertEqual(self.tokens("-p", TEXT, source=STORIES / "tokenizer.json")["ids"], ids)
        self.assertEqual(self.tokens("-p", TEXT, source=self.graphc.plan(STORIES))["ids"], ids)

    def test_a_text_may_come_from_a_file_or_stdin_and_be_empty(self):
        text = self.graphc.path("text.txt")
        text.write_text(TEXT)
        self.assertEqual(self.tokens("-f", text), self.tokens("-p", TEXT))
        with open(text, "rb") as stdin:
            run = self.graphc("tokenize", STORIES, "-f", "-", "--json", stdin=stdin)
        self.assertEqual(json.loads(run.stdout), self.tokens("-p", TEXT))
        text.write_text("")
        self.assertEqual(self.tokens("-f", text)["ids"], [])

    def test_special_tokens_on_request_only(self):
        plain, added = self.tokens("-p", TEXT)["ids"], self.tokens("-p", TEXT, "--add-special")["ids"]
        self.assertEqual(added[1:], plain)
        name = self.tokens("-p", TEXT, "--add-special")["pieces"][0]
        self.assertEqual(self.tokens("-p", name, "--parse-special")["ids"], added[:1])
        self.assertNotIn(added[0], self.tokens("-p", name)["ids"])

    def test_decode_is_the_inverse(self):
        ids = ",".join(map(str, self.tokens("-p", TEXT)["ids"]))
        self.assertEqual(self.graphc("tokenize", STORIES, "--decode", ids).stdout.decode(), TEXT + "\n")
        self.assertEqual(self.tokens("--decode", ids), {"schema": 1, "text": TEXT})

    def test_wrong_usage(self):
        self.check_fails(2, STORIES, expected="a text is missing")
        self.check_fails(2, STORIES, "-p", "a", "--decode", "1", expected="--decode")
        self.check_fails(2, STORIES, "--decode", "1,x", expected="--decode: expected numbers")
        self.check_fails(2, STORIES, "--decode", "1,-1", expected="there is no token -1")
        self.check_fails(2, STORIES, "--decode", "99999999", expected="there is no token 99999999")

    def test_no_tokenizer(self):
        folder = self.graphc.path("empty")
        folder.mkdir()
        self.check_fails(3, folder, "-p", "a", expected="there is no tokenizer")
        self.check_fails(3, self.graphc.path("nowhere"), "-p", "a", expected="nowhere")
        (folder / "tokenizer.json").write_text("{")
        self.check_fails(3, folder, "-p", "a", expected="tokenizer.json")


if __name__ == "__main__":
    program.main(needs_shared=False)
