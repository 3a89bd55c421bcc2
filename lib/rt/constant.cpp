#include "lib/rt/constant.hpp"

#include <map>
#include <mutex>
#include <string>
#include <tuple>

namespace sgan::rt {

Tensor constant(const std::vector<double>& values, const Shape& shape, DType type, Device device) {
  if (device.is_meta()) return Tensor(shape, type, device);
  using Key = std::tuple<std::string, DType, DeviceKind, int>;  // the values' bytes
  static std::mutex mutex;
  static auto& made = *new std::map<Key, Tensor>;  // CUDA may be gone at exit
  std::lock_guard lock(mutex);
  const std::string bytes(reinterpret_cast<const char*>(values.data()),
                          values.size() * sizeof(double));
  Tensor& slot = made[{bytes, type, device.kind, device.index}];
  if (!slot.defined()) {
    slot = Tensor::from(values, {int64_t(values.size())}).to(type).to(device);
  }
  return slot.reshape(shape);
}

}  // namespace sgan::rt
