#include "lib/engine/onednn.hpp"

#include <array>
#include <map>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>
#include <unordered_map>

#include "lib/rt/memory.hpp"

namespace sgan::engine::onednn {
namespace {

using dnnl::memory;
using Dims = memory::dims;
using Tag = memory::format_tag;
constexpr auto f32 = memory::data_type::f32;

// Before the first call. oneDNN tells its calls on stdout, which is the programs' own, where
// DNNL_VERBOSE is set; and it makes its kernels when they are wanted, and runs into null where
// there is no memory for them. Throws Error when there is too little.
void prepare() {
  static const bool done = [] {
    dnnl_set_verbose(0);
    constexpr size_t kKernels = size_t{32} << 20;
    const size_t available = rt::memory_available(rt::cpu);
    check(available >= kKernels, "out of memory: ", available,
          " bytes are available, oneDNN may take ", kKernels, " for its kernels");
    return true;
  }();
  (void)done;
}

dnnl::engine& cpu_engine() {
  static auto& engine = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& cpu_stream() {
  thread_local dnnl::stream stream(cpu_engine());
  return stream;
}

struct Descriptors {
  memory::desc x, weight, y;  // as our tensors lie in memory
  memory::desc any_weight;    // as oneDNN likes the weight
  Dims strides, pad_before, pad_after;
};

Descriptors describe(const ConvGeometry& g) {
  Descriptors d;
  d.x = memory::desc({g.n, g.ci, g.h, g.w}, f32, Tag::nhwc);
  d.y = memory::desc({g.n, g.co, g.ho, g.wo}, f32, Tag::nhwc);
  if (g.groups == 1) {
    const Dims dims{g.co, g.ci, g.kh, g.kw};
    d.weight = memory::desc(dims, f32, Tag::ohwi);
    d.any_weight = memory::desc(dims, f32, Tag::any);
  } else {
    const Dims dims{g.groups, g.co / g.groups, g.ci / g.groups, g.kh, g.kw};
    d.weight = memory::desc(dims, f32, Tag::gohwi);
    d.any_weight = memory::desc(dims, f32, Tag::any);
  }
  d.strides = {g.stride_y, g.stride_x};
  d.pad_before = {g.pad_y, g.pad_x};
  d.pad_after = {(g.ho - 1) * g.stride_y + g.kh - g.h - g.pad_y,
                 (g.wo - 1) * g.stride_x + g.kw - g.w - g.pad_x};
  return d;
}

memory wrap(const memory::desc& desc, const float* data) {
  return memory(desc, cpu_engine(), const_cast<float*>(data));
}

dnnl::convolution_forward::primitive_desc forward_desc(const Descriptors& d) {
  return {{dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, d.x,
           d.any_weight, d.y, d.strides, d.pad_before, d.pad_after},
          cpu_engine()};
}

// Runs body(memory in the wanted layout); copies there before and back after as asked.
memory reordered(const memory& from, const memory::desc& wanted) {
  if (from.get_desc() == wanted) return from;
  memory to(wanted, cpu_engine());
  dnnl::reorder(from, to).execute(cpu_stream(), const_cast<memory&>(from), to);
  return to;
}

template <class Body>
void translate_errors(const Body& body) {
  prepare();
  try {
    body();
    cpu_stream().wait();
  } catch (const dnnl::error& e) {
    if (e.status == dnnl_out_of_memory) fail("out of memory inside oneDNN");
    fail("oneDNN: ", e.what());
  }
}

// ---- inference ----

struct Compiled {
  dnnl::convolution_forward primitive;
  memory::desc weight;  // as it wants the weight
};

using Key = std::tuple<std::array<int64_t, 14>, bool, kernels::Act, float>;

Key key_of(const ConvGeometry& g, bool bias, kernels::Act act, float alpha) {
  return {{g.n, g.h, g.w, g.ci, g.co, g.kh, g.kw, g.ho, g.wo, g.stride_y, g.stride_x, g.pad_y,
           g.pad_x, g.groups},
          bias,
          act,
          alpha};
}

Compiled compile(const ConvGeometry& g, bool bias, kernels::Act act, float alpha) {
  const Descriptors d = describe(g);
  dnnl::primitive_attr attr;
  if (act != kernels::Act::linear) {
    dnnl::post_ops after;
    after.append_eltwise(1, dnnl::algorithm::eltwise_relu, act == kernels::Act::relu ? 0 : alpha,
                         0);
    attr.set_post_ops(after);
  }
  const auto kind = dnnl::prop_kind::forward_inference;
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const dnnl::convolution_forward::desc with(kind, algorithm, d.x, d.any_weight,
                                             memory::desc({g.co}, f32, Tag::a), d.y, d.strides,
                                             d.pad_before, d.pad_after);
  const dnnl::convolution_forward::desc without(kind, algorithm, d.x, d.any_weight, d.y, d.strides,
                                                d.pad_before, d.pad_after);
  const dnnl::convolution_forward::primitive_desc pd(bias ? with : without, attr, cpu_engine());
  return {dnnl::convolution_forward(pd), pd.weights_desc()};
}

struct Packed {
  memory::desc desc;
  rt::Tensor bytes;
};

std::shared_ptr<Packed> pack(const ConvGeometry& g, const rt::Tensor& weight,
                             const memory::desc& wanted) {
  auto packed = std::make_shared<Packed>();
  packed->desc = wanted;
  packed->bytes = rt::Tensor({int64_t(wanted.get_size())}, rt::DType::u8);
  memory from = wrap(describe(g).weight, weight.data<float>());
  memory to(wanted, cpu_engine(), packed->bytes.bytes_data());
  dnnl::reorder(from, to).execute(cpu_stream(), from, to);
  return packed;
}

}  // namespace

void inference(const ConvGeometry& g, const float* x, const rt::Tensor& weight,
               const rt::Tensor& bias, kernels::Act act, float alpha, float* y) {
  translate_errors([&] {
    static std::mutex mutex;
    static auto& known = *new std::map<Key, Compiled>;
    const Compiled* compiled;
    {
      std::lock_guard lock(mutex);
      const Key key = key_of(g, bias.defined(), act, alpha);
      auto found = known.find(key);
      if (found == known.end()) {
        found = known.emplace(key, compile(g, bias.defined(), act, alpha)).first;
      }
      compiled = &found->second;
    }
    // A view into something larger has no place of its own to keep the packed form.
    const bool whole = weight.storage().bytes() == weight.bytes();
    const auto make = [&] { return pack(g, weight, compiled->weight); };
    auto packed = whole ? weight.storage().derived<Packed>("oneDNN", make) : make();
    if (packed->desc != compiled->weight) packed = make();  // another size of pictures
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_SRC, wrap(describe(g).x, x)},
        {DNNL_ARG_WEIGHTS, memory(packed->desc, cpu_engine(), packed->bytes.bytes_data())},
        {DNNL_ARG_DST, wrap(describe(g).y, y)}};
    if (bias.defined()) {
      arguments.emplace(DNNL_ARG_BIAS, wrap(memory::desc({g.co}, f32, Tag::a), bias.data<float>()));
    }
    compiled->primitive.execute(cpu_stream(), arguments);
    cpu_stream().wait();
  });
}

bool supports(const ConvGeometry& g) {
  const Descriptors d = describe(g);
  return g.pad_y >= 0 && g.pad_x >= 0 && d.pad_after[0] >= 0 && d.pad_after[1] >= 0 && g.n > 0;
}

void forward(const ConvGeometry& g, const float* x, const float* weight, float* y) {
  translate_errors([&] {
    const Descriptors d = describe(g);
    const auto pd = forward_desc(d);
    const memory w = reordered(wrap(d.weight, weight), pd.weights_desc());
    dnnl::convolution_forward(pd).execute(
        cpu_stream(),
        {{DNNL_ARG_SRC, wrap(d.x, x)}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DST, wrap(d.y, y)}});
  });
}

void data_gradient(const ConvGeometry& g, const float* dy, const float* weight, float* dx) {
  translate_errors([&] {
    const Descriptors d = describe(g);
    const dnnl::convolution_backward_data::primitive_desc pd(
        {dnnl::algorithm::convolution_direct, d.x, d.any_weight, d.y, d.strides, d.pad_before,
         d.pad_after},
        cpu_engine(), forward_desc(d));
    const memory w = reordered(wrap(d.weight, weight), pd.weights_desc());
    dnnl::convolution_backward_data(pd).execute(cpu_stream(), {{DNNL_ARG_DIFF_DST, wrap(d.y, dy)},
                                                               {DNNL_ARG_WEIGHTS, w},
                                                               {DNNL_ARG_DIFF_SRC, wrap(d.x, dx)}});
  });
}

void weight_gradient(const ConvGeometry& g, const float* x, const float* dy, float* dweight) {
  translate_errors([&] {
    const Descriptors d = describe(g);
    const dnnl::convolution_backward_weights::primitive_desc pd(
        {dnnl::algorithm::convolution_direct, d.x, d.any_weight, d.y, d.strides, d.pad_before,
         d.pad_after},
        cpu_engine(), forward_desc(d));
    const memory result = wrap(d.weight, dweight);
    const bool same = pd.diff_weights_desc() == d.weight;
    memory w = same ? result : memory(pd.diff_weights_desc(), cpu_engine());
    dnnl::convolution_backward_weights(pd).execute(cpu_stream(),
                                                   {{DNNL_ARG_SRC, wrap(d.x, x)},
                                                    {DNNL_ARG_DIFF_DST, wrap(d.y, dy)},
                                                    {DNNL_ARG_DIFF_WEIGHTS, w}});
    if (!same) {
      memory to = result;
      dnnl::reorder(w, to).execute(cpu_stream(), w, to);
    }
  });
}

void matmul(int64_t m, int64_t n, int64_t k, const float* a, bool transpose_a, const float* b,
            bool transpose_b, float* y) {
  prepare();
  const auto status = dnnl::sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.f, a,
                                  transpose_a ? m : k, b, transpose_b ? k : n, 0.f, y, n);
  check(status == dnnl::status::success, "oneDNN: matrix product failed with status ", int(status));
}

}  // namespace sgan::engine::onednn
