// Files as PyTorch and TensorFlow-era programs write them, for tests: float32 tensors only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/io/crc32.hpp"
#include "lib/io/import/import.hpp"
#include "tests/io/pickle_writer.hpp"

namespace sgan::io {

// A zip archive whose members are stored as they are.
class StoredZip {
 public:
  void add(const std::string& name, const std::string& bytes) {
    const uint32_t at = uint32_t(text_.size());
    std::string common;
    put(common, uint16_t(20), uint16_t(0), uint16_t(0), uint32_t(0), crc32(bytes),
        uint32_t(bytes.size()), uint32_t(bytes.size()), uint16_t(name.size()), uint16_t(0));
    text_ += "PK\x03\x04" + common + name + bytes;
    directory_ += "PK\x01\x02";
    put(directory_, uint16_t(20));
    directory_ += common;
    put(directory_, uint16_t(0), uint16_t(0), uint16_t(0), uint32_t(0), at);
    directory_ += name;
    ++count_;
  }
  std::string finish() const {
    std::string end = "PK\x05\x06";
    put(end, uint32_t(0), count_, count_, uint32_t(directory_.size()), uint32_t(text_.size()),
        uint16_t(0));
    return text_ + directory_ + end;
  }

 private:
  template <class... Numbers>
  static void put(std::string& to, Numbers... numbers) {
    (to.append(reinterpret_cast<const char*>(&numbers), sizeof numbers), ...);
  }
  std::string text_, directory_;
  uint16_t count_ = 0;
};

// torch.save() of an OrderedDict of tensors, or with `script` a TorchScript archive of a module
// that has them as attributes of its layers: "conv1.weight" is `weight` of `conv1`.
class TorchWriter {
 public:
  static std::string save(const NamedTensors& tensors, bool script = false) {
    TorchWriter writer;
    writer.pickle_.proto(2);
    if (script) {
      writer.module(tensors, "Net");
    } else {
      writer.dictionary(tensors);
    }
    writer.zip_.add("archive/data.pkl", writer.pickle_.stop());
    for (size_t i = 0; i < writer.storages_.size(); ++i) {
      writer.zip_.add(cat("archive/data/", i), writer.storages_[i]);
    }
    writer.zip_.add("archive/version", "3\n");
    return writer.zip_.finish();
  }

 private:
  void dictionary(const NamedTensors& tensors) {
    using namespace pickle;
    pickle_.global("collections", "OrderedDict").op(EMPTY_TUPLE).op(REDUCE).op(MARK);
    for (const auto& [name, t] : tensors) {
      pickle_.str(name);
      tensor(t);
    }
    pickle_.op(SETITEMS);
  }
  void module(const NamedTensors& tensors, const std::string& name) {
    using namespace pickle;
    pickle_.global("__torch__", name).op(EMPTY_TUPLE).op(NEWOBJ).op(EMPTY_DICT).op(MARK);
    pickle_.str("training").op(NEWFALSE);
    for (size_t i = 0; i < tensors.size();) {
      const std::string layer = tensors[i].first.substr(0, tensors[i].first.find('.'));
      pickle_.str(layer);
      if (layer == tensors[i].first) {
        tensor(tensors[i++].second);
        continue;
      }
      NamedTensors inner;
      for (; i < tensors.size() && tensors[i].first.starts_with(layer + "."); ++i) {
        inner.emplace_back(tensors[i].first.substr(layer.size() + 1), tensors[i].second);
      }
      module(inner, "Layer");
    }
    pickle_.op(SETITEMS).op(BUILD);
  }
  void tensor(const rt::Tensor& t) {
    using namespace pickle;
    std::vector<int64_t> strides(t.shape().dims().size(), 1);
    for (size_t i = strides.size(); i-- > 1;) strides[i - 1] = strides[i] * t.size(int(i));
    pickle_.global("torch._utils", "_rebuild_tensor_v2").op(MARK).op(MARK);
    pickle_.str("storage").global("torch", "FloatStorage").str(std::to_string(storages_.size()));
    pickle_.str("cpu").integer(int32_t(t.numel())).op(TUPLE).op(BINPERSID).integer(0);
    pickle_.tuple(t.shape().dims()).tuple(strides).op(NEWFALSE);
    pickle_.global("collections", "OrderedDict").op(EMPTY_TUPLE).op(REDUCE).op(TUPLE).op(REDUCE);
    storages_.emplace_back(reinterpret_cast<const char*>(t.bytes_data()), t.bytes());
  }

  pickle::Writer pickle_;
  StoredZip zip_;
  std::vector<std::string> storages_;
};

// A pickle of one network of the TensorFlow era. `kwargs` are integers.
inline std::string tensorflow_network(const NamedTensors& variables,
                                      const std::vector<std::pair<std::string, int>>& kwargs,
                                      const std::string& function, int protocol = 2) {
  using namespace pickle;
  Writer w;
  w.proto(protocol).global("dnnlib.tflib.network", "Network").op(EMPTY_TUPLE).op(NEWOBJ);
  w.op(EMPTY_DICT).op(MARK);
  w.str("version").integer(3).str("build_func_name").str(function);
  w.str("static_kwargs").op(EMPTY_DICT).op(MARK);
  for (const auto& [key, value] : kwargs) w.str(key).integer(value);
  w.op(SETITEMS).str("variables").op(EMPTY_LIST).op(MARK);
  for (const auto& [name, t] : variables) {
    w.str(name).global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray");
    w.tuple({0}).bytes("b").op(TUPLE3).op(REDUCE).op(MARK).integer(1).tuple(t.shape().dims());
    w.global("numpy", "dtype").str("f4").integer(0).integer(1).op(TUPLE3).op(REDUCE);
    w.op(MARK).integer(3).str("<").op(NONE).op(NONE).op(NONE).integer(-1).integer(-1).integer(0);
    w.op(TUPLE).op(BUILD).op(NEWFALSE);
    w.bytes({reinterpret_cast<const char*>(t.bytes_data()), t.bytes()});
    w.op(TUPLE).op(BUILD).op(TUPLE2);
  }
  return w.op(APPENDS).op(SETITEMS).op(BUILD).stop();
}

}  // namespace sgan::io
