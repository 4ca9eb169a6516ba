#include "provider_connections/master_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

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
  const std::string sealed = key.seal("the client secret", "connection 1", random);
  EXPECT_EQ(key.open(sealed, "connection 1").value(), "the client secret");
  EXPECT_NE(sealed, key.seal("the client secret", "connection 1", random));
  EXPECT_FALSE(key.open(sealed, "connection 2"));
  EXPECT_FALSE(key_of('j').open(sealed, "connection 1"));
  EXPECT_EQ(key.open(key.seal("", "c", random), "c").value(), "");
}

TEST(MasterKey, EveryFlippedBitIsNoticed) {
  SecureRandom random;
  const MasterKey key = key_of('k');
  const std::string raw = base64_decode(key.seal("s3cret", "c", random)).value();
  for (std::size_t i = 0; i < raw.size() * 8; ++i) {
    std::string changed = raw;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(key.open(base64(changed), "c")) << "bit " << i;
  }
  for (std::size_t size = 0; size < raw.size(); ++size)
    EXPECT_FALSE(key.open(base64(raw.substr(0, size)), "c")) << size;
  EXPECT_FALSE(key.open("not base64 at all!", "c"));
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
