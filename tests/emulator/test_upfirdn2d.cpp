// Tiled upfirdn2d against the plain version.
#include "kernels/cuda/upfirdn2d.cuh"
#include "kernels/launch.hpp"
#include "tests/emulator/twin.hpp"

using namespace sgan::kernels;
namespace em = sgan::emulator;

namespace {

template <class T, int UX, int UY, int DX, int DY>
void check_one(int64_t h, int64_t w, int64_t c, int64_t fh, int64_t fw, int64_t before,
               int64_t after, bool fits = true) {
  UpfirdnGeometry g{.n = 2, .h = h, .w = w, .c = c};
  g.up_x = UX;
  g.up_y = UY;
  g.down_x = DX;
  g.down_y = DY;
  g.fh = fh;
  g.fw = fw;
  g.pad_x0 = before;
  g.pad_y0 = before - 1;
  g.wo = (w * UX + before + after - fw) / DX + 1;
  g.ho = (h * UY + before - 1 + after - fh) / DY + 1;
  BOOST_REQUIRE(g.wo > 0 && g.ho > 0);
  const auto x = em::random<T>(g.n * h * w * c, 3), f = em::random<T>(fh * fw, 4);
  const int64_t count = g.n * g.ho * g.wo * c;
  em::Guarded<T> plain(count), tiled(count);
  const Upfirdn<T> kernel{g, x.data(), f.data(), plain.data()};
  launch_cpu(count, kernel);
  UpfirdnTiles<T, UX, UY, DX, DY> tiles;
  BOOST_REQUIRE_EQUAL((upfirdn_tiles(kernel, tiles)), fits);
  if (!fits) return;
  tiles.y = tiled.data();
  BOOST_REQUIRE(tiles.shared_bytes() <= (48 << 10));
  em::run(tiles);
  em::require_close(tiled, plain, sizeof(T) == 2 ? 0 : 1e-6);
}

template <int UX, int UY, int DX, int DY>
void check_all() {
  BOOST_TEST_CONTEXT("up " << UX << UY << " down " << DX << DY) {
    check_one<float, UX, UY, DX, DY>(9, 7, 3, 4, 4, 2, 2);
    check_one<float, UX, UY, DX, DY>(5, 21, 33, 3, 6, 5, 4);
    check_one<float, UX, UY, DX, DY>(13, 18, 1, 1, 12, 6, 5);   // rows only
    check_one<float, UX, UY, DX, DY>(18, 13, 5, 12, 1, 6, 5);   // columns only
    check_one<float, UX, UY, DX, DY>(20, 19, 8, 2, 2, -3, -2);  // cropping
    check_one<Half, UX, UY, DX, DY>(8, 9, 36, 4, 4, 1, 2);
    check_one<BFloat16, UX, UY, DX, DY>(8, 9, 2, 1, 1, 1, 0);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(upfirdn2d_in_tiles_one_to_one) { check_all<1, 1, 1, 1>(); }
BOOST_AUTO_TEST_CASE(upfirdn2d_in_tiles_up) { check_all<2, 2, 1, 1>(); }
BOOST_AUTO_TEST_CASE(upfirdn2d_in_tiles_down) { check_all<1, 1, 2, 2>(); }
BOOST_AUTO_TEST_CASE(upfirdn2d_in_tiles_up_along_one_axis) {
  check_all<2, 1, 1, 1>();
  check_all<1, 2, 1, 1>();
}
BOOST_AUTO_TEST_CASE(upfirdn2d_in_tiles_down_along_one_axis) {
  check_all<1, 1, 2, 1>();
  check_all<1, 1, 1, 2>();
}
BOOST_AUTO_TEST_CASE(upfirdn2d_tiles_shrink_for_large_filters) {
  check_one<float, 1, 1, 2, 2>(40, 40, 32, 24, 24, 12, 12, false);
  check_one<float, 1, 1, 1, 1>(20, 20, 32, 16, 16, 8, 7);
}
