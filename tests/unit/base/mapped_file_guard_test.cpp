// A mapped file that is cut short while it is in use: row 25 of the reliability table.
#include "runtime/base/MappedFile.h"
#include "runtime/base/MappedFileGuard.h"
#include "runtime/base/Status.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace graphc;
namespace fs = std::filesystem;

namespace {

std::string makeFile() {
  std::string path =
      (fs::temp_directory_path() / ("graphc-guard-" + std::to_string(::getpid()))).string();
  std::ofstream(path) << std::string(3 << 12, 'x');
  return path;
}

std::byte readByte(const std::byte *at) { return *const_cast<const volatile std::byte *>(at); }

} // namespace

TEST(MappedFileGuard, E3Row25_ATruncatedMappedFileEndsWithThree) {
  std::string path = makeFile();
  EXPECT_EXIT(
      {
        installMappedFileGuard();
        Expected<MappedFile> file = MappedFile::open(path);
        fs::resize_file(path, 1);
        ::_exit(readByte(file->bytes().data() + (2 << 12)) == std::byte('x') ? 0 : 1);
      },
      testing::ExitedWithCode(static_cast<int>(StatusCode::BadInput)), "graphc-guard.*cut short");
  fs::remove(path);
}

TEST(MappedFile, ReadsWithoutTheMappingAndNoticesATruncatedFile) {
  std::string path = makeFile();
  Expected<MappedFile> file = MappedFile::open(path);
  ASSERT_TRUE(file.ok());
  std::vector<std::byte> bytes(100);
  EXPECT_TRUE(file->read((3 << 12) - 100, bytes).ok());
  EXPECT_EQ(bytes, std::vector<std::byte>(100, std::byte('x')));
  EXPECT_EQ(file->read((3 << 12) - 99, bytes).code(), StatusCode::BadInput);
  fs::resize_file(path, 1);
  Status status = file->read(0, bytes);
  EXPECT_EQ(status.code(), StatusCode::BadInput);
  EXPECT_EQ(status.message(), path + ": the file was cut short while it was in use");
  fs::remove(path);
}

TEST(MappedFileGuard, OtherBusErrorsKeepTheirEffect) {
  std::string path = makeFile();
  EXPECT_EXIT(
      {
        installMappedFileGuard();
        {
          Expected<MappedFile> closed = MappedFile::open(path); // must leave no range behind
        }
        std::FILE *file = std::fopen(path.c_str(), "r");
        void *data = ::mmap(nullptr, 3 << 12, PROT_READ, MAP_SHARED, ::fileno(file), 0);
        fs::resize_file(path, 1);
        ::_exit(readByte(static_cast<std::byte *>(data) + (2 << 12)) == std::byte('x') ? 0 : 1);
      },
      testing::KilledBySignal(SIGBUS), "");
  fs::remove(path);
}
