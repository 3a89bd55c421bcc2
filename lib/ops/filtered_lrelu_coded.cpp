#include "lib/ops/filtered_lrelu_coded.hpp"

#include <algorithm>
#include <utility>

#include "kernels/cpu/filtered_lrelu_codes.hpp"
#include "lib/ag/op.hpp"
#include "lib/ops/reduce.hpp"

namespace sgan::ops {
namespace {

using kernels::CodedAxis;

struct Coded {
  CodedAxis y, x;
  std::vector<float> fu, fd;  // in correlation order, with their gains
  int up, down;
  float high, low, clamp;
  std::shared_ptr<rt::Tensor> codes;  // filled in by the first forward; null: nobody needs them

  // The adjoint of the signal's way: through both filters backwards. Its own inverse.
  Coded transposed() const {
    Coded t = *this;
    const auto turn = [&](const CodedAxis& a) {
      return CodedAxis{a.out, a.fine, a.in, int64_t(fd.size()) - 1 + a.first,
                       a.pad - int64_t(fu.size()) + 1};
    };
    t.y = turn(y);
    t.x = turn(x);
    t.fu.assign(fd.rbegin(), fd.rend());
    t.fd.assign(fu.rbegin(), fu.rend());
    std::swap(t.up, t.down);
    return t;
  }

  void run(const rt::Tensor& from, const rt::Tensor& bias, rt::Tensor& to, bool read) const {
    if (to.numel() == 0) return;
    kernels::FilteredLreluCodes k{
        .n = from.size(0), .c = from.size(3), .y = y, .x = x, .from = from.data<float>()};
    if (bias.defined()) k.bias = bias.data<float>();
    k.to = to.data<float>();
    k.fu = fu.data();
    k.fd = fd.data();
    k.fu_taps = int(fu.size());
    k.fd_taps = int(fd.size());
    k.up = up;
    k.down = down;
    k.high = high;
    k.low = low;
    k.clamp = clamp;
    k.codes = reinterpret_cast<uint8_t*>(codes->bytes_data());
    k.read = read;
    kernels::filtered_lrelu_codes(k);
  }
};

const Coded& attr_of(const ag::Attr& attr) { return std::any_cast<const Coded&>(attr); }

rt::Shape shape_of(ag::Shapes in, const ag::Attr& attr) {
  return {in[0][0], attr_of(attr).y.out, attr_of(attr).x.out, in[0][3]};
}

double flops_of(ag::Shapes in, const ag::Attr& attr) {
  const Coded& a = attr_of(attr);
  const double up_taps = double(a.fu.size()) / a.up, down_taps = double(a.fd.size());
  const double up = double(a.y.fine * a.x.in + a.y.fine * a.x.fine) * up_taps;
  const double down = double(a.y.fine * a.x.out + a.y.out * a.x.out) * down_taps;
  return 2 * double(in[0][0] * in[0][3]) * (up + down);
}

Var through(const Var& v, const Coded& coded);

// input: a signal. It goes the way that `codes` say; linear, so that its gradient is of its form.
const ag::Op linear_op = {
    .name = "filtered_lrelu_gradient",
    .infer = shape_of,
    .forward = [](ag::Tensors in, const ag::Attr& attr,
                  rt::Tensor& out) { attr_of(attr).run(in[0], {}, out, true); },
    .vjp = [](const ag::Node& self,
              const Var& dy) { return Vars{through(dy, self.as<Coded>().transposed())}; },
    .flops = flops_of,
};

Var through(const Var& v, const Coded& coded) { return ag::apply(linear_op, {v}, coded); }

// inputs: x, b (or undefined)
const ag::Op coded_op = {
    .name = "filtered_lrelu_coded",
    .infer = shape_of,
    .forward =
        [](ag::Tensors in, const ag::Attr& attr, rt::Tensor& out) {
          const Coded& a = attr_of(attr);
          const size_t bytes =
              kernels::filtered_lrelu_codes_bytes(in[0].size(0), in[0].size(3), a.y.fine, a.x.fine);
          *a.codes = rt::Tensor({int64_t(bytes)}, rt::DType::u8);
          a.run(in[0], in[1], out, false);
        },
    .vjp =
        [](const ag::Node& self, const Var& dy) {
          const Var dx = through(dy, self.as<Coded>().transposed());
          return Vars{dx, self.wants(1) ? sum_to(dx, self.input(1).shape()) : Var()};
        },
    .flops = flops_of,
};

// As a correlation; undefined: the single tap 1.
std::vector<float> taps_of(const Filter& f, bool flip, double gain) {
  if (!f.defined()) return {float(gain)};
  std::vector<double> taps = f.taps;
  if (!flip) std::reverse(taps.begin(), taps.end());
  std::vector<float> scaled;
  for (double t : taps) scaled.push_back(float(t * gain));
  return scaled;
}

}  // namespace

Var filtered_lrelu_coded(const Var& x, const Var& b, const Filter& up_filter,
                         const Filter& down_filter, const FilteredLreluOptions& o) {
  if (!x.device().is_cpu() || x.dtype() != rt::DType::f32 || x.rank() != 4) return {};
  if (b.defined() && b.dtype() != x.dtype()) return {};
  if (o.up < 1 || o.up > 4 || o.down < 1 || o.down > 4) return {};
  for (const Filter* f : {&up_filter, &down_filter}) {
    if (f->defined() && (!f->separable || f->width > 32)) return {};
  }
  Coded coded{.fu = taps_of(up_filter, o.flip_filter, o.up),
              .fd = taps_of(down_filter, o.flip_filter, 1),
              .up = o.up,
              .down = o.down,
              .high = float(o.gain),
              .low = float(o.gain * o.slope),
              .clamp = float(o.clamp)};
  const auto axis = [&](int64_t in, int64_t p0, int64_t p1) {
    const int64_t fine = in * o.up + p0 + p1 - int64_t(coded.fu.size()) + 1;
    const int64_t room = fine - int64_t(coded.fd.size()) + 1;
    return CodedAxis{in, fine, room < 1 ? 0 : (room + o.down - 1) / o.down, p0, 0};
  };
  coded.y = axis(x.size(1), o.padding.y0, o.padding.y1);
  coded.x = axis(x.size(2), o.padding.x0, o.padding.x1);
  if (coded.y.out < 1 || coded.x.out < 1 || x.shape().numel() == 0) return {};
  coded.codes = std::make_shared<rt::Tensor>();
  return ag::apply(coded_op, {x, b}, std::move(coded));
}

}  // namespace sgan::ops
