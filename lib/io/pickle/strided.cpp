#include "lib/io/pickle/strided.hpp"

#include <algorithm>
#include <cstring>

namespace sgan::io::pickle {
namespace {

template <size_t Bytes>
void copy_row(char* to, const char* from, int64_t count, int64_t stride, bool swap) {
  if (stride == 1 && !swap) {
    std::memcpy(to, from, size_t(count) * Bytes);
    return;
  }
  for (int64_t i = 0; i < count; ++i, to += Bytes, from += stride * int64_t(Bytes)) {
    char element[Bytes];
    std::memcpy(element, from, Bytes);
    if (swap) std::reverse(element, element + Bytes);
    std::memcpy(to, element, Bytes);
  }
}

void copy_row(size_t bytes, char* to, const char* from, int64_t count, int64_t stride, bool swap) {
  switch (bytes) {
    case 1:
      return copy_row<1>(to, from, count, stride, false);
    case 2:
      return copy_row<2>(to, from, count, stride, swap);
    case 4:
      return copy_row<4>(to, from, count, stride, swap);
    default:
      return copy_row<8>(to, from, count, stride, swap);
  }
}

}  // namespace

void Budget::take(uint64_t bytes, const Ref& where) {
  bytes = std::max<uint64_t>(bytes, 64);  // nothing is free, or empty tensors could go on forever
  if (bytes > left_)
    where.fail("the file describes far more data than it holds (", bytes, " bytes more)");
  left_ -= bytes;
}

rt::Tensor gather(const Elements& storage, int64_t offset, const std::vector<int64_t>& sizes,
                  const std::vector<int64_t>& strides, Budget& budget, const Ref& where) {
  if (sizes.size() != strides.size() || sizes.size() > 32)
    where.fail("a tensor with ", sizes.size(), " sizes and ", strides.size(), " strides");
  const size_t bytes = rt::size_of(storage.type);
  const auto available = int64_t(storage.bytes.size() / bytes);
  std::vector<int64_t> steps = strides;
  constexpr int64_t kLimit = int64_t{1} << 40;
  __int128 count = 1, last = offset;
  bool empty = false;
  for (size_t axis = 0; axis < sizes.size(); ++axis) {
    if (sizes[axis] < 0 || strides[axis] < 0) where.fail("a tensor with a negative size or stride");
    if (sizes[axis] > kLimit) where.fail("a tensor with a size of ", sizes[axis]);
    empty = empty || sizes[axis] == 0;
    count *= sizes[axis] == 0 ? 1 : sizes[axis];
    if (count > kLimit) where.fail("a tensor with more than ", kLimit, " elements");
    if (sizes[axis] > 0) last += __int128(sizes[axis] - 1) * strides[axis];
    if (sizes[axis] <= 1) steps[axis] = 0;  // never taken, and could be anything
  }
  if (offset < 0 || offset > available || (!empty && last >= available))
    where.fail("a tensor reaches beyond its storage of ", available, " elements");
  budget.take(empty ? 0 : uint64_t(count) * bytes, where);
  if (empty) return rt::Tensor(rt::Shape(sizes), storage.type);

  rt::Tensor result(rt::Shape(sizes), storage.type);
  char* to = result.bytes_data();
  if (strides == row_major_strides(sizes)) {
    copy_row(bytes, to, storage.bytes.data() + size_t(offset) * bytes, int64_t(count), 1,
             storage.swap);
    return result;
  }
  const int64_t row = sizes.empty() ? 1 : sizes.back();
  const int64_t row_step = sizes.empty() ? 1 : steps.back();
  std::vector<int64_t> at(sizes.empty() ? 0 : sizes.size() - 1, 0);
  int64_t element = offset;
  for (int64_t rows = int64_t(count) / row; rows > 0; --rows) {
    copy_row(bytes, to, storage.bytes.data() + size_t(element) * bytes, row, row_step,
             storage.swap);
    to += size_t(row) * bytes;
    for (size_t axis = at.size(); axis-- > 0;) {
      element += steps[axis];
      if (++at[axis] < sizes[axis]) break;
      element -= steps[axis] * sizes[axis];
      at[axis] = 0;
    }
  }
  return result;
}

std::vector<int64_t> row_major_strides(const std::vector<int64_t>& sizes) {
  std::vector<int64_t> strides(sizes.size(), 1);
  for (size_t axis = sizes.size(); axis-- > 1;) {
    const __int128 next = __int128(strides[axis]) * std::max<int64_t>(sizes[axis], 1);
    strides[axis - 1] = next > (int64_t{1} << 62) ? int64_t{1} << 62 : int64_t(next);
  }
  return strides;
}

std::vector<int64_t> integers(const Ref& value) {
  const Ref list = value.calls("torch.Size") ? value.arg(0) : value;
  if (list.size() > 32) value.fail("a shape with ", list.size(), " axes");
  std::vector<int64_t> result;
  for (size_t i = 0; i < list.size(); ++i) result.push_back(list[i].integer());
  return result;
}

}  // namespace sgan::io::pickle
