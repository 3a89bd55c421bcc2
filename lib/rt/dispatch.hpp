// From a run-time element type to a C++ type.
#pragma once

#include "lib/rt/dtype.hpp"
#include "lib/rt/error.hpp"

namespace sgan::rt {

// Calls body(T{}) with the number type that the kernels are compiled for.
template <class Body>
decltype(auto) dispatch_floating(DType type, const Body& body) {
  switch (type) {
    case DType::f32:
      return body(float{});
    case DType::f64:
      return body(double{});
    case DType::f16:
      return body(kernels::Half{});
    case DType::bf16:
      return body(kernels::BFloat16{});
    default:
      fail("no kernels for ", name_of(type));
  }
}

}  // namespace sgan::rt
