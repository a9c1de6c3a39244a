// Files that packets are written to: what is there before, meanwhile and after.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/byte_output.h"
#include "capture/source.h"
#include "tests/support/capture_bytes.h"

namespace whohungup::test {
namespace {

TEST(ByteOutput, SaysThatTheDiskIsFull) {
  const auto full = replace_file("/dev/full");
  full->write(counting(10));
  try {
    full->flush();
    FAIL() << "a full disk went unnoticed";
  } catch (const CaptureError& error) {
    EXPECT_STREQ(error.what(),
                 "/dev/full: the disk is full after 0 bytes; free some space or write elsewhere");
  }
}

TEST(ByteOutput, ReplacesAFileOnlyByAWholeOne) {
  const ScratchDirectory here;
  const std::string there = here.store("there", counting(4));
  ASSERT_EQ(::chmod(there.c_str(), 0644), 0);
  ASSERT_EQ(::symlink("there", here.path("link").c_str()), 0);
  { replace_file(there)->write(counting(9)); }
  EXPECT_EQ(output_of("ls " + here.path("")), "link\nthere\n");
  EXPECT_EQ(output_of("stat -c %s " + there), "4\n");

  const auto out = replace_file(here.path("link"));
  out->write(counting(9));
  out->flush();
  EXPECT_EQ(output_of("ls " + here.path("")), "link\nthere\n");
  EXPECT_EQ(output_of("stat -c '%s %a' " + there), "9 600\n");
  EXPECT_EQ(output_of("readlink " + here.path("link")), "there\n");
}

TEST(ByteOutput, MakesPrivateWhatItEmpties) {
  const ScratchDirectory here;
  const std::string there = here.store("there", counting(4));
  ASSERT_EQ(::chmod(there.c_str(), 0644), 0);
  create_file(there)->flush();
  EXPECT_EQ(output_of("stat -c '%s %a' " + there), "0 600\n");
}

}  // namespace
}  // namespace whohungup::test
