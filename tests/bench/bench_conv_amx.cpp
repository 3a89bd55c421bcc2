// Time of the AMX convolution on the layers of StyleGAN2 and StyleGAN3, beside oneDNN's direct
// float32 convolution (channels last) of the same shape. Usage: bench_conv_amx [name part] [batch]
#include <oneapi/dnnl/dnnl.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/conv1x1_small.hpp"
#include "kernels/cpu/conv_amx.hpp"
#include "kernels/parallel.hpp"

namespace {

using namespace sgan::kernels;

struct Case {
  std::string name;
  ConvShape shape;
  bool transposed;
};

std::vector<Case> cases() {
  std::vector<Case> list;
  const auto add = [&](const char* net, int64_t in, int64_t out, int64_t ci, int64_t co, int k,
                       int pad, int stride = 1, bool transposed = false) {
    ConvShape s;
    s.in_h = s.in_w = in, s.out_h = s.out_w = out, s.in_c = ci, s.out_c = co;
    s.kh = s.kw = k, s.pad_top = s.pad_left = pad, s.stride = stride;
    char name[96];
    std::snprintf(name, sizeof name, "%s %s%dx%d %lld->%lld @%lld", net,
                  transposed    ? "up2 "
                  : stride == 2 ? "down2 "
                                : "",
                  k, k, (long long)ci, (long long)co, (long long)out);
    list.push_back({name, s, transposed});
  };
  for (int64_t r = 4; r <= 64; r *= 2) add("sg2", r, r, 512, 512, 3, 1);
  add("sg2", 128, 128, 256, 256, 3, 1);
  add("sg2", 256, 256, 128, 128, 3, 1);
  add("sg2", 512, 512, 64, 64, 3, 1);
  add("sg2", 1024, 1024, 32, 32, 3, 1);
  for (int64_t r = 4; r <= 32; r *= 2) add("sg2", r, 2 * r + 1, 512, 512, 3, 0, 2, true);
  add("sg2", 64, 129, 512, 256, 3, 0, 2, true);
  add("sg2", 128, 257, 256, 128, 3, 0, 2, true);
  add("sg2", 256, 513, 128, 64, 3, 0, 2, true);
  add("sg2", 512, 1025, 64, 32, 3, 0, 2, true);
  add("sg2", 257, 128, 128, 256, 3, 0, 2);
  add("sg2", 129, 64, 256, 512, 3, 0, 2);
  for (int64_t r : {36, 52, 84, 148}) add("sg3t", r, r + 2, 512, 512, 3, 2);
  add("sg3t", 148, 150, 512, 362, 3, 2);
  add("sg3t", 148, 150, 362, 256, 3, 2);
  add("sg3t", 276, 278, 256, 181, 3, 2);
  add("sg3t", 276, 278, 181, 128, 3, 2);
  add("sg3t", 276, 278, 128, 128, 3, 2);
  add("sg3t", 1044, 1046, 81, 51, 3, 2);
  add("sg3t", 1044, 1046, 51, 32, 3, 2);
  add("sg3t", 1044, 1046, 32, 32, 3, 2);
  for (int64_t r : {36, 52, 84, 148}) add("sg3r", r, r, 1024, 1024, 1, 0);
  add("sg3r", 148, 148, 1024, 645, 1, 0);
  add("sg3r", 276, 276, 645, 406, 1, 0);
  add("sg3r", 276, 276, 406, 256, 1, 0);
  add("sg3r", 532, 532, 256, 161, 1, 0);
  add("sg3r", 1044, 1044, 102, 64, 1, 0);
  add("sg3r", 1044, 1044, 64, 64, 1, 0);
  return list;
}

template <class F>
double milliseconds(const F& f) {
  using clock = std::chrono::steady_clock;
  std::vector<double> times;
  double total = 0;
  f();
  while (times.size() < 5 || (total < 300 && times.size() < 200)) {
    const auto begin = clock::now();
    f();
    times.push_back(std::chrono::duration<double, std::milli>(clock::now() - begin).count());
    total += times.back();
  }
  std::sort(times.begin(), times.end());
  return times[0];
}

double onednn(const Case& c, float* x, float* y) {
  using namespace dnnl;
  using tag = memory::format_tag;
  const ConvShape& s = c.shape;
  engine eng(engine::kind::cpu, 0);
  stream str(eng);
  const auto f32 = memory::data_type::f32;
  const memory::desc src({s.n, s.in_c, s.in_h, s.in_w}, f32, tag::nhwc);
  const memory::desc dst({s.n, s.out_c, s.out_h, s.out_w}, f32, tag::nhwc);
  const memory::desc wei({s.out_c, s.in_c, s.kh, s.kw}, f32, tag::any);
  const memory::dims strides{s.stride, s.stride}, pad{s.pad_top, s.pad_left};
  const auto far = [&](int64_t in, int64_t out, int k, int p) {
    return c.transposed ? (in - 1) * s.stride + k - p - out : (out - 1) * s.stride + k - p - in;
  };
  const memory::dims pad2{far(s.in_h, s.out_h, s.kh, s.pad_top),
                          far(s.in_w, s.out_w, s.kw, s.pad_left)};
  memory mx(src, eng, x), my(dst, eng, y);
  if (c.transposed) {
    deconvolution_forward::desc d(prop_kind::forward_inference, algorithm::deconvolution_direct,
                                  src, wei, dst, strides, pad, pad2);
    deconvolution_forward::primitive_desc pd(d, eng);
    memory mw(pd.weights_desc(), eng);
    std::memset(mw.get_data_handle(), 0, pd.weights_desc().get_size());
    deconvolution_forward prim(pd);
    return milliseconds([&] {
      prim.execute(str, {{DNNL_ARG_SRC, mx}, {DNNL_ARG_WEIGHTS, mw}, {DNNL_ARG_DST, my}});
      str.wait();
    });
  }
  convolution_forward::desc d(prop_kind::forward_inference, algorithm::convolution_direct, src, wei,
                              dst, strides, pad, pad2);
  convolution_forward::primitive_desc pd(d, eng);
  memory mw(pd.weights_desc(), eng);
  std::memset(mw.get_data_handle(), 0, pd.weights_desc().get_size());
  convolution_forward prim(pd);
  return milliseconds([&] {
    prim.execute(str, {{DNNL_ARG_SRC, mx}, {DNNL_ARG_WEIGHTS, mw}, {DNNL_ARG_DST, my}});
    str.wait();
  });
}

constexpr size_t kHuge = size_t{2} << 20;

float* allocate(int64_t floats) {
  const size_t bytes = (static_cast<size_t>(floats) * sizeof(float) + 4095) / 4096 * 4096;
  void* p = std::aligned_alloc(bytes >= kHuge ? kHuge : 4096, bytes);
  madvise(p, bytes, MADV_HUGEPAGE);
  return static_cast<float*>(p);
}

// toRGB: time and the rate at which x is read, the only thing that matters here.
void bench_small(const char* part, int64_t batch) {
  for (const auto& [r, ci] :
       {std::pair<int64_t, int64_t>{64, 512}, {128, 256}, {256, 128}, {512, 64}, {1024, 32}}) {
    char name[64];
    std::snprintf(name, sizeof name, "torgb %lld->3 @%lld", (long long)ci, (long long)r);
    if (!std::strstr(name, part)) continue;
    const Conv1x1Small s = {batch, r * r, ci, 3};
    float *x = allocate(batch * r * r * ci), *w = allocate(3 * ci),
          *y = allocate(batch * r * r * 3);
    float *scale = allocate(batch * ci), *scratch = allocate(batch * 4 * (ci + 16));
    std::fill_n(x, batch * r * r * ci, 1.0f);
    std::fill_n(w, 3 * ci, 1.0f);
    std::fill_n(scale, batch * ci, 1.0f);
    ConvEpilogue e;
    e.clamp = 256, e.bias = w;
    const double ms = milliseconds([&] { conv1x1_small(s, x, scale, w, y, e, scratch); });
    std::printf("%-28s %9.3f ms %6.1f GB/s\n", name, ms, batch * r * r * ci * 4 / ms * 1e-6);
    for (float* q : {x, w, y, scale, scratch}) std::free(q);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (!conv_amx_available()) return std::puts("no AMX on this machine"), 0;
  const char* part = argc > 1 ? argv[1] : "";
  const int64_t batch = argc > 2 ? std::atoll(argv[2]) : 1;
  const bool peer = !std::getenv("SGAN_BENCH_NO_PEER");
  std::printf("%-28s %9s %9s %9s %7s   block (threads %d)\n", "layer", "ms", "GFLOP/s", "oneDNN ms",
              "ratio", num_threads());
  double total = 0;
  for (Case c : cases()) {
    if (!std::strstr(c.name.c_str(), part)) continue;
    ConvShape& s = c.shape;
    s.n = batch;
    ConvAmxPlan plan;
    if (!(c.transposed ? conv_amx_transpose_plan : conv_amx_plan)(s, plan, 0)) return 1;
    const int64_t nx = s.n * s.in_h * s.in_w * s.in_c, ny = s.n * s.out_h * s.out_w * s.out_c;
    const int64_t nw = s.out_c * s.in_c * s.kh * s.kw;
    float *x = allocate(nx), *w = allocate(nw), *y = allocate(ny), *scale = allocate(s.n * s.in_c),
          *bias = allocate(s.n * s.out_c);
    std::minstd_rand gen(1);
    std::uniform_real_distribution<float> u(-1, 1);
    for (int64_t i = 0; i < nx; ++i) x[i] = u(gen);
    for (int64_t i = 0; i < nw; ++i) w[i] = u(gen);
    for (int64_t i = 0; i < s.n * s.in_c; ++i) scale[i] = u(gen);
    for (int64_t i = 0; i < s.n * s.out_c; ++i) bias[i] = u(gen);
    float* packed = allocate(static_cast<int64_t>(conv_amx_weight_bytes(plan) / 4));
    float* scratch = allocate(static_cast<int64_t>(conv_amx_scratch_bytes(plan) / 4));
    const ConvWeights view = {w, s.in_c * s.kh * s.kw, 1, s.kw * s.in_c, s.in_c};
    conv_amx_pack_weights(plan, view, packed);
    ConvEpilogue e;
    e.out_scale = bias, e.bias = bias, e.act = Act::lrelu, e.gain = 1.4f, e.clamp = 256;
    const double ms = milliseconds([&] { conv_amx(plan, x, scale, packed, y, e, scratch); });
    const double flop = 2.0 * s.n * s.in_c * s.out_c * s.kh * s.kw *
                        (c.transposed ? s.in_h * s.in_w : s.out_h * s.out_w);
    const double peer_ms = peer ? onednn(c, x, y) : 0;
    total += ms;
    std::printf("%-28s %9.3f %9.0f %9.3f %7.2f   %lldx%lldx%lld/%lld planes %d chunk %lld\n",
                c.name.c_str(), ms, flop / ms * 1e-6, peer_ms, peer_ms / ms,
                (long long)plan.samples, (long long)plan.rows, (long long)plan.cols,
                (long long)plan.groups, plan.num_planes, (long long)plan.chunk);
    for (float* q : {x, w, y, scale, bias, packed, scratch}) std::free(q);
  }
  bench_small(part, batch);
  std::printf("total %.1f ms\n", total);
}
