#include "provider_connections/master_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/digest.h"
#include "base/secrets.h"
#include "testing/temp_dir.h"

namespace ta::provider_connections {
namespace {

MasterKey key_of(char fill) { return MasterKey::parse(hex(std::string(32, fill))).value(); }

TEST(MasterKey, BothSpellingsAreTheSameKey) {
  SecureRandom random;
  const std::string bytes = random.bytes(32);
  const auto from_hex = MasterKey::parse("  " + hex(bytes) + "\n");
  const auto from_base64 = MasterKey::parse(base64(bytes) + "\r\n");
  ASSERT_TRUE(from_hex && from_base64);
  EXPECT_EQ(from_hex->id(), from_base64->id());
  EXPECT_EQ(from_hex->id().size(), 16u);
  EXPECT_EQ(hex(bytes).find(from_hex->id()), std::string::npos);
}

TEST(MasterKey, AnythingElseIsRefusedWithoutRepeatingIt) {
  for (const std::string& wrong : {std::string(), std::string("short"), std::string(31, 'a'), std::string(65, 'a'),
                                   std::string(63, 'a'), base64(std::string(33, 'x')), std::string(1 << 20, 'A')}) {
    const auto key = MasterKey::parse(wrong);
    ASSERT_FALSE(key) << wrong.size();
    EXPECT_NE(key.error().message.find("32 bytes"), std::string::npos);
    if (!wrong.empty()) EXPECT_EQ(key.error().message.find(wrong), std::string::npos);
  }
}

TEST(MasterKey, OpensOnlyWhatItSealedForThatPlace) {
  SecureRandom random;
  const MasterKey key = key_of('k');
  const Sealed sealed = key.seal("the client secret", "connection 1", random);
  EXPECT_EQ(sealed.key_id, key.id());
  EXPECT_EQ(key.open(sealed, "connection 1").value(), "the client secret");
  EXPECT_NE(sealed.text, key.seal("the client secret", "connection 1", random).text);
  EXPECT_FALSE(key.open(sealed, "connection 2"));
  EXPECT_FALSE(key_of('j').open(sealed, "connection 1"));
  EXPECT_EQ(key.open(key.seal("", "c", random), "c").value(), "");
}

TEST(MasterKey, EveryFlippedBitIsNoticed) {
  SecureRandom random;
  const MasterKey key = key_of('k');
  const std::string raw = base64_decode(key.seal("s3cret", "c", random).text).value();
  for (std::size_t i = 0; i < raw.size() * 8; ++i) {
    std::string changed = raw;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(key.open({key.id(), base64(changed)}, "c")) << "bit " << i;
  }
  for (std::size_t size = 0; size < raw.size(); ++size)
    EXPECT_FALSE(key.open({key.id(), base64(raw.substr(0, size))}, "c")) << size;
  EXPECT_FALSE(key.open({key.id(), "not base64 at all!"}, "c"));
}

TEST(MasterKey, AKeyFileIsMadeOnceAndOnlyForItsOwner) {
  SecureRandom random;
  const testing::TempDir folder;
  const std::string path = folder.file("master.key");
  const auto made = MasterKey::create_file(path, random);
  ASSERT_TRUE(made) << made.error().message;
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(MasterKey::from_file(path)->id(), made->id());
  EXPECT_FALSE(MasterKey::create_file(path, random)) << "an existing key would be lost";
  EXPECT_EQ(MasterKey::from_file(path)->id(), made->id());
}

TEST(MasterKey, TheFirstKeySealsAndTheOthersOpen) {
  SecureRandom random;
  const std::string first = hex(std::string(32, 'n')), second = hex(std::string(32, 'o'));
  const MasterKey old = MasterKey::parse(second).value(), both = MasterKey::parse(first + "\n" + second).value();
  EXPECT_FALSE(old.has_previous());
  EXPECT_TRUE(both.has_previous());
  EXPECT_EQ(both.open(old.seal("x", "c", random), "c").value(), "x");
  EXPECT_EQ(both.seal("x", "c", random).key_id, MasterKey::parse(first)->id());
  const auto unknown = old.open(both.seal("x", "c", random), "c");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message,
            fmt::format("The credential was sealed with master key {}, and this process has {}.", both.id(), old.id()));
  EXPECT_FALSE(MasterKey::parse(first + " short"));
}

TEST(MasterKey, ARotationOfTheFileReachesProcessesThatRun) {
  SecureRandom random;
  const testing::TempDir folder;
  const std::string path = folder.file("master.key");
  const MasterKey running = MasterKey::create_file(path, random).value();
  const std::string old_id = running.id();
  const Sealed before = running.seal("before", "c", random);

  ASSERT_TRUE(MasterKey::begin_rotation(path, random));
  const std::string new_id = MasterKey::from_file(path)->id();
  EXPECT_NE(new_id, old_id);
  ASSERT_TRUE(MasterKey::begin_rotation(path, random)) << "after a crash, the same rotation goes on";
  EXPECT_EQ(MasterKey::from_file(path)->id(), new_id);

  const Sealed during = running.seal("during", "c", random);
  EXPECT_EQ(during.key_id, new_id) << "nothing new is sealed with the old key";
  EXPECT_EQ(running.open(before, "c").value(), "before");

  ASSERT_TRUE(MasterKey::finish_rotation(path));
  EXPECT_FALSE(MasterKey::from_file(path)->has_previous());
  EXPECT_EQ(MasterKey::from_file(path)->open(during, "c").value(), "during");
  EXPECT_FALSE(MasterKey::from_file(path)->open(before, "c"));
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(MasterKey, AFileThatVanishesLeavesTheKeyInMemory) {
  SecureRandom random;
  const testing::TempDir folder;
  const MasterKey key = MasterKey::create_file(folder.file("master.key"), random).value();
  std::filesystem::remove(folder.file("master.key"));
  EXPECT_EQ(key.open(key.seal("x", "c", random), "c").value(), "x");
}

TEST(MasterKey, AFileThatCannotBeReadSaysWhich) {
  SecureRandom random;
  const testing::TempDir folder;
  const auto missing = MasterKey::from_file(folder.file("none"));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find(folder.file("none")), std::string::npos);
  EXPECT_FALSE(MasterKey::create_file(folder.file("no/such/folder/key"), random));
}

TEST(MasterKey, ARememberedKeyDoesNotReachALog) {
  SecureRandom random;
  const std::string text = hex(random.bytes(32));
  ASSERT_TRUE(MasterKey::parse(text));
  EXPECT_EQ(redact("key " + text).find(text), std::string::npos);
}

}  // namespace
}  // namespace ta::provider_connections
