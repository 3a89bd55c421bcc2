#include "lib/io/pickle/torch_tensor.hpp"

#include "lib/io/pickle/numpy.hpp"
#include "lib/io/pickle/torch_file.hpp"
#include "lib/io/pickle/torch_legacy.hpp"

namespace sgan::io::pickle {
namespace {

enum class Form { none, parameter, tensor, typed_tensor };

Form form_of(const Ref& value) {
  if (!value.is(Kind::call)) return Form::none;
  const auto name = value.global();
  if (name == "torch._utils._rebuild_parameter" ||
      name == "torch._utils._rebuild_parameter_with_state")
    return Form::parameter;
  if (name == "torch._utils._rebuild_tensor_v2" || name == "torch._utils._rebuild_tensor")
    return Form::tensor;
  if (name == "torch._utils._rebuild_tensor_v3") return Form::typed_tensor;
  return Form::none;
}

struct TypeName {
  std::string_view storage, element;
  rt::DType type;
};
constexpr TypeName kTypes[] = {
    {"FloatStorage", "float32", rt::DType::f32}, {"DoubleStorage", "float64", rt::DType::f64},
    {"HalfStorage", "float16", rt::DType::f16},  {"BFloat16Storage", "bfloat16", rt::DType::bf16},
    {"ByteStorage", "uint8", rt::DType::u8},     {"CharStorage", "int8", rt::DType::i8},
    {"ShortStorage", "int16", rt::DType::i16},   {"IntStorage", "int32", rt::DType::i32},
    {"LongStorage", "int64", rt::DType::i64},    {"BoolStorage", "bool", rt::DType::boolean},
    {"UntypedStorage", "", rt::DType::u8}};

rt::DType element_type(const Ref& global) {
  for (const auto& t : kTypes)
    if (!t.element.empty() && global.global() == cat("torch.", t.element)) return t.type;
  global.fail("the element type `", global.global(), "` is not supported");
}

}  // namespace

rt::DType storage_type(const Ref& global) {
  if (!global.is(Kind::global)) global.fail("needs the class of a storage");
  const auto name = global.global();
  if (name.starts_with("torch."))
    for (const auto& t : kTypes)
      if (name.substr(name.rfind('.') + 1) == t.storage) return t.type;
  global.fail("storages of the class `", name, "` are not supported");
}

StorageKey storage_key(const Ref& persistent) {
  const Ref id = persistent.persistent_id();
  if (!id.is(Kind::tuple) || id.size() < 5 || !id[0].is_string() || id[0].text() != "storage")
    persistent.fail("a reference that is not a tensor's storage");
  StorageKey key;
  key.type = storage_type(id[1]);
  key.key = id[2].is(Kind::integer) ? std::to_string(id[2].integer()) : std::string(id[2].text());
  key.elements = id[4].integer();
  if (key.elements < 0) persistent.fail("a storage of negative size");
  if (id.size() > 5 && id[5].is_sequence()) {
    key.view_offset = id[5][1].integer();
    key.view_elements = id[5][2].integer();
    if (key.view_elements < 0) persistent.fail("a view of negative size");
  }
  return key;
}

bool is_tensor(const Ref& value) { return form_of(value) != Form::none || is_numpy(value); }

// A .pt file that is one storage, as the value of _load_from_bytes.
struct TensorReader::Nested {
  std::string hold;  // of bytes that stood as text
  std::unique_ptr<TorchFile> file;
  Elements elements;
};

TensorReader::TensorReader(Budget& budget, StorageSource* source)
    : budget_(budget), source_(source) {}
TensorReader::~TensorReader() = default;

Elements TensorReader::nested(const Ref& value) {
  // Several calls may share one value; what it holds is read once.
  const Ref data = value.arg(0);
  const Ref stored = data.is(Kind::call) && data.arg_count() > 0 ? data.arg(0) : data;
  auto& entry = nested_[stored.id()];
  if (!entry) {
    auto fresh = std::make_unique<Nested>();
    const auto bytes = bytes_of(data, fresh->hold);
    budget_.take(fresh->hold.size(), value);
    fresh->file = std::make_unique<TorchFile>(bytes, value.where());
    const Ref root = fresh->file->root();
    if (!root.is(Kind::persistent)) value.fail("holds something else than a storage");
    fresh->elements = fresh->file->storages().load(root);
    entry = std::move(fresh);
  }
  return entry->elements;
}

Elements TensorReader::storage(const Ref& value) {
  if (value.calls("torch.storage._load_from_bytes")) return nested(value);
  if (!value.is(Kind::persistent)) value.fail("needs a tensor's storage");
  if (!source_) value.fail("its storage is not in the file");
  return source_->load(value);
}

rt::Tensor TensorReader::read(const Ref& value) {
  Ref at = value;
  for (int wrapped = 0; form_of(at) == Form::parameter; ++wrapped) {
    if (wrapped > 4) value.fail("a parameter inside itself");
    at = at.arg(0);
  }
  if (is_numpy(at)) return numpy_tensor(at, budget_);
  const Form form = form_of(at);
  if (form == Form::none) {
    if (at.is(Kind::call)) at.fail("cannot read `", at.global(), "` as a tensor");
    at.fail("needs a tensor");
  }
  Elements elements = storage(at.arg(0));
  if (form == Form::typed_tensor) elements.type = element_type(at.arg(6));
  const auto sizes = integers(at.arg(2));
  return gather(elements, at.arg(1).integer(), sizes, integers(at.arg(3)), budget_, at);
}

}  // namespace sgan::io::pickle
