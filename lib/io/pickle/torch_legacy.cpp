#include "lib/io/pickle/torch_legacy.hpp"

#include <cstring>

#include "lib/io/pickle/machine.hpp"

namespace sgan::io::pickle {
namespace {

// PROTO 2, LONG1 of ten bytes: 0x1950a86a20f9469cfc6c, STOP.
constexpr std::string_view kMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);

}  // namespace

bool LegacyFile::is(std::string_view data) { return data.starts_with(kMagic); }

LegacyFile::LegacyFile(std::string_view data, const std::string& name, size_t base) {
  check(is(data), name, ": at byte ", base, ": not a PyTorch file");
  size_t at = kMagic.size();
  const auto next = [&] {
    size_t end = 0;
    Tree tree = parse(data.substr(at), name, base + at, &end);
    at += end;
    return tree;
  };
  const Tree version = next();
  if (version.root().integer() != 1001)
    version.root().fail("PyTorch file version ", version.root().integer(), " is not known");
  const Tree system = next();
  if (const Ref little = system.root().find("little_endian"); little && !little.boolean())
    little.fail("big-endian PyTorch files are not supported");
  tree_ = next();
  const Tree keys = next();

  std::unordered_map<std::string, StorageKey> declared;
  for (const Id id : tree_.persistents) {
    StorageKey key = storage_key(Ref(&tree_, id));
    auto name = key.key;
    declared.try_emplace(std::move(name), std::move(key));
  }
  for (size_t i = 0; i < keys.root().size(); ++i) {
    const Ref key = keys.root()[i];
    const auto found = declared.find(std::string(key.text()));
    if (found == declared.end()) key.fail("a storage that no tensor uses");
    int64_t elements = 0;
    if (data.size() - at < sizeof(elements)) key.fail("truncated: its storage is missing");
    std::memcpy(&elements, data.data() + at, sizeof(elements));
    at += sizeof(elements);
    const size_t size = rt::size_of(found->second.type);
    if (elements < 0 || uint64_t(elements) > (data.size() - at) / size)
      key.fail("its storage declares ", elements, " elements of ", size, " bytes, the file has ",
               data.size() - at, " bytes left");
    if (elements != found->second.elements)
      key.fail("its storage has ", elements, " elements instead of ", found->second.elements);
    storages_[found->first] = {found->second.type, data.substr(at, size_t(elements) * size)};
    at += size_t(elements) * size;
  }
}

Elements LegacyFile::load(const Ref& persistent) {
  const StorageKey key = storage_key(persistent);
  const auto found = storages_.find(key.key);
  if (found == storages_.end()) persistent.fail("its storage is not in the file");
  Elements elements = found->second;
  if (elements.type != key.type) persistent.fail("a storage is used with two element types");
  if (key.view_elements >= 0) {
    const size_t size = rt::size_of(elements.type);
    const auto available = int64_t(elements.bytes.size() / size);
    if (key.view_offset < 0 || key.view_offset > available ||
        key.view_elements > available - key.view_offset)
      persistent.fail("a view reaches beyond its storage");
    elements.bytes =
        elements.bytes.substr(size_t(key.view_offset) * size, size_t(key.view_elements) * size);
  }
  return elements;
}

}  // namespace sgan::io::pickle
