// Lines of pipes, whole and in parts.
#include "tools/cli/LineReader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <vector>

using namespace graphc;
using Event = LineReader::Event;

namespace {

class LineReaderTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_EQ(::pipe(text), 0);
    ASSERT_EQ(::pipe(wake), 0);
  }
  void TearDown() override {
    for (int file : {text[0], text[1], wake[0], wake[1]})
      if (file >= 0)
        ::close(file);
  }

  void write(int (&pipe)[2], const std::string &bytes) {
    ASSERT_EQ(::write(pipe[1], bytes.data(), bytes.size()), std::ssize(bytes));
  }
  void endText() {
    ::close(text[1]);
    text[1] = -1;
  }

  int text[2] = {-1, -1}, wake[2] = {-1, -1};
  std::string line;
};

} // namespace

TEST_F(LineReaderTest, LinesComeWithoutTheirEnds) {
  write(text, "a\n\nb c\nlast");
  endText();
  LineReader reader(text[0], wake[0]);
  for (const char *want : {"a", "", "b c", "last"}) {
    ASSERT_EQ(*reader.next(line), Event::Line);
    EXPECT_EQ(line, want);
  }
  EXPECT_EQ(*reader.next(line), Event::End);
  EXPECT_EQ(*reader.next(line), Event::End);
}

TEST_F(LineReaderTest, LinesMayBeLongerThanAnyBuffer) {
  std::string lengthy(20000, 'x'); // fits into a pipe
  write(text, lengthy + "\ny\n");
  LineReader reader(text[0], -1);
  ASSERT_EQ(*reader.next(line), Event::Line);
  EXPECT_EQ(line, lengthy);
  ASSERT_EQ(*reader.next(line), Event::Line);
  EXPECT_EQ(line, "y");
}

TEST_F(LineReaderTest, AnInterruptForgetsTheLineThatWasComing) {
  LineReader reader(text[0], wake[0]);
  write(text, "a\nhalf");
  ASSERT_EQ(*reader.next(line), Event::Line);
  write(wake, "!");
  EXPECT_EQ(*reader.next(line), Event::Interrupted);
  char taken;
  ASSERT_EQ(::read(wake[0], &taken, 1), 1);
  write(text, "whole\n");
  ASSERT_EQ(*reader.next(line), Event::Line);
  EXPECT_EQ(line, "whole");
}

TEST_F(LineReaderTest, WhatCannotBeReadIsBadInput) {
  LineReader folder(::open("/", O_RDONLY), -1);
  EXPECT_EQ(folder.next(line).status().code(), StatusCode::BadInput);
}
