#include "lib/io/pickle/torch_file.hpp"

#include <list>

#include "lib/io/pickle/machine.hpp"
#include "lib/io/pickle/text.hpp"
#include "lib/io/pickle/torch_legacy.hpp"
#include "lib/io/pickle/zip.hpp"

namespace sgan::io::pickle {

// The zip format: <folder>/data.pkl refers to <folder>/data/<key>.
class TorchFile::ZipStorages : public StorageSource {
 public:
  ZipStorages(std::string_view data, const std::string& name)
      : archive_(data, name), left_(8 * uint64_t{data.size()} + (uint64_t{64} << 20)) {
    folder_ = archive_.folder_of("data.pkl");
    check(!folder_.empty(), name, ": a zip archive, but not one that PyTorch wrote (no data.pkl)");
    if (archive_.has(folder_ + "byteorder"))
      check(archive_.read(folder_ + "byteorder", 64).starts_with("little"), name,
            ": big-endian PyTorch files are not supported");
    pickle_ = archive_.read(folder_ + "data.pkl", take(archive_.size(folder_ + "data.pkl"), name));
    tree_ = parse(pickle_, name + "/data.pkl");
  }
  Ref root() const { return tree_.root(); }

  Elements load(const Ref& persistent) override {
    const StorageKey key = storage_key(persistent);
    for (const auto& [name, bytes] : recent_)
      if (name == key.key) return checked(key, bytes, persistent);
    const std::string member = folder_ + "data/" + key.key;
    auto bytes = archive_.read(member, take(archive_.size(member), persistent.where()));
    size_t kept = bytes.size();
    recent_.emplace_front(key.key, std::move(bytes));
    for (auto it = std::next(recent_.begin()); it != recent_.end();) {
      kept += it->second.size();
      it = kept > kKeep ? recent_.erase(it) : std::next(it);
    }
    return checked(key, recent_.front().second, persistent);
  }

 private:
  static constexpr size_t kKeep = size_t{64} << 20;

  // Of what may be read in all: members that are read again and again, or inflate enormously, end
  // it.
  uint64_t take(uint64_t bytes, const std::string& where) {
    check(bytes <= left_, where, ": the archive describes far more data than it holds");
    left_ -= bytes;
    return bytes;
  }
  static Elements checked(const StorageKey& key, const std::string& bytes, const Ref& where) {
    const size_t size = rt::size_of(key.type);
    if (bytes.size() / size < uint64_t(key.elements))
      where.fail("its storage has ", bytes.size(), " bytes instead of ", key.elements, " elements");
    return {key.type, std::string_view(bytes).substr(0, size_t(key.elements) * size)};
  }

  ZipArchive archive_;
  std::string folder_, pickle_;
  Tree tree_;
  uint64_t left_;
  std::list<std::pair<std::string, std::string>>
      recent_;  // storages that several tensors may share
};

bool TorchFile::is(std::string_view data) { return ZipArchive::is(data) || LegacyFile::is(data); }

TorchFile::TorchFile(std::string_view data, const std::string& name) {
  if (ZipArchive::is(data))
    zip_ = std::make_unique<ZipStorages>(data, name);
  else
    legacy_ = std::make_unique<LegacyFile>(data, name);
}

TorchFile::~TorchFile() = default;

Ref TorchFile::root() const { return zip_ ? zip_->root() : legacy_->root(); }

StorageSource& TorchFile::storages() const {
  if (zip_) return *zip_;
  return *legacy_;
}

namespace {

class Collector {
 public:
  Collector(const Ref& root, TensorReader& reader) : walk_(root.tree()), reader_(reader) {}

  void visit(const Ref& value, const std::string& path) {
    const Walk::Step step(walk_, value);
    walk_.charge((path.size() + (value.is_string() ? value.text().size() : 0)) / 32, value);
    if (is_tensor(value)) {
      result.tensors.insert_or_assign(path, reader_.read(value));
    } else if (value.is_dict()) {
      for (const auto& [key, entry] : value.entries()) visit(entry, join(path, key_text(key)));
    } else if (value.calls("torch.jit._pickle.build_intlist")) {
      result.values[path] = integers(value.arg(0));
    } else if (value.calls("torch.Size")) {
      std::string text;
      for (const int64_t size : integers(value)) text += cat(text.empty() ? "" : ", ", size);
      result.values[path] = cat("torch.Size([", text, "])");
    } else if (value.is_sequence()) {
      for (size_t i = 0; i < value.size(); ++i) visit(value[i], join(path, std::to_string(i)));
    } else if (value.is(Kind::call)) {
      if (const Ref state = value.state(); state && state.is_dict())
        for (const auto& [key, entry] : state.entries()) visit(entry, join(path, key_text(key)));
    } else if (const auto leaf = scalar_json(value)) {
      result.values.insert_or_assign(path, *leaf);
    }
  }

  Contents result;

 private:
  static std::string join(const std::string& path, const std::string& part) {
    if (path.size() + part.size() > 4096) fail("a path of more than 4096 characters");
    return path.empty() ? part : path + "." + part;
  }

  Walk walk_;
  TensorReader& reader_;
};

}  // namespace

Contents contents(const Ref& root, TensorReader& reader) {
  Collector collector(root, reader);
  collector.visit(root, "");
  return std::move(collector.result);
}

Contents read_torch_file(std::string_view data, const std::string& name) {
  const TorchFile file(data, name);
  Budget budget(data.size());
  TensorReader reader(budget, &file.storages());
  return contents(file.root(), reader);
}

}  // namespace sgan::io::pickle
