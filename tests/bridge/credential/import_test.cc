#include "bridge/credential/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <future>

#include "tests/bridge/store/store_fixture.h"

namespace bridge {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using namespace std::chrono_literals;

class CredentialImports : public testing::Test {
 protected:
  CredentialImports() : file_(directory_.path() / "credentials.csv"), store_(open_or_die({})) {
    auth_.shared = CredentialConfig{"shared", "s"};
    auth_.credentials_file = file_.string();
  }
  void write(const std::string& text) const { std::ofstream(file_) << text; }
  Result<CredentialImport> import(const std::function<bool()>& go_on = [] { return true; }) {
    return import_credential_file(*store_, auth_, file_, go_on);
  }
  std::size_t stored() {
    return in_state(*store_, [](StateWriter& state) { return state.credentials("", 9999); }).size();
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_;
  CwmpConfig::Auth auth_;
  std::unique_ptr<Store> store_;
};

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "u" + std::to_string(i) + ",p\n";
  return text;
}

TEST_F(CredentialImports, StoreEveryLineInBatchesAndAgainNothing) {
  write(lines(2 * kImportBatch + 1));
  int batches = 0;
  auto first = import([&] { return ++batches > 0; });
  ASSERT_TRUE(first) << first.error().text;
  EXPECT_EQ(first->changes, (CredentialChanges{2 * kImportBatch + 1, 0, 0, 0}));
  EXPECT_EQ(batches, 3);
  EXPECT_EQ(stored(), 2 * kImportBatch + 1);

  EXPECT_EQ(import()->changes, (CredentialChanges{0, 0, 2 * kImportBatch + 1, 0}));
}

TEST_F(CredentialImports, StoreNothingOfAFileWithAMistake) {
  write("a,1\nshared,2\nb,3\n");
  auto done = import();
  ASSERT_TRUE(done);
  ASSERT_THAT(done->check.listed, SizeIs(1));
  EXPECT_EQ(done->check.listed[0].line, 2U);
  EXPECT_EQ(stored(), 0U);
}

TEST_F(CredentialImports, SayThatThereIsNoFile) {
  EXPECT_THAT(import().error().text, HasSubstr("credentials.csv"));
}

TEST_F(CredentialImports, EndAfterTheBatchUnderWay) {
  write(lines(3 * kImportBatch));
  int left = 1;
  auto done = import([&] { return left-- > 0; });
  EXPECT_EQ(done.error().kind, ErrorKind::kClosed);
  EXPECT_EQ(stored(), kImportBatch);
}

TEST_F(CredentialImports, ReadTheFileOnceMoreWhenItChangedMeanwhile) {
  write("a,1\n");
  std::promise<void> reading;
  std::promise<void> changed;
  std::atomic<int> files{0};
  CredentialImporter importer(*store_, auth_, [&](const Result<CredentialImport>& done) {
    EXPECT_TRUE(done) << done.error().text;
    if (++files > 1) return;
    reading.set_value();
    changed.get_future().wait();
  });
  importer.start();
  reading.get_future().wait();
  write("a,1\nb,2\n");
  importer.start();
  EXPECT_TRUE(importer.busy());
  changed.set_value();

  EXPECT_TRUE(importer.wait_for(1min));
  EXPECT_FALSE(importer.busy());
  EXPECT_EQ(files, 2);
  EXPECT_EQ(stored(), 2U);
}

TEST_F(CredentialImports, SayThatEveryUserMayReadTheFile) {
  using std::filesystem::perms;
  write("a,1\n");
  std::filesystem::permissions(file_, perms::owner_read | perms::group_read);
  EXPECT_FALSE(import()->open_to_all);
  std::filesystem::permissions(file_, perms::owner_read | perms::others_read);
  EXPECT_TRUE(import()->open_to_all);
}

TEST_F(CredentialImports, HaveReadTheFileFromTheFirstTimeOn) {
  write("a,1\n");
  std::promise<void> go_on;
  std::atomic<int> files{0};
  CredentialImporter importer(*store_, auth_, [&](const Result<CredentialImport>&) {
    if (++files == 2) go_on.get_future().wait();
  });
  EXPECT_FALSE(importer.has_read());
  importer.start();
  EXPECT_TRUE(importer.wait_for(1min));
  EXPECT_TRUE(importer.has_read());
  importer.start();
  EXPECT_TRUE(importer.busy());
  EXPECT_TRUE(importer.has_read());
  go_on.set_value();
}

TEST_F(CredentialImports, DoNothingWhereNoFileIsConfigured) {
  auth_.credentials_file.clear();
  CredentialImporter importer(*store_, auth_, [](const Result<CredentialImport>&) { FAIL(); });
  importer.start();
  EXPECT_FALSE(importer.busy());
}

}  // namespace
}  // namespace bridge
