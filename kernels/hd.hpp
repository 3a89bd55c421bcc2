// Marks a function that runs on the host and, when compiled by nvcc, on the device as well.
#pragma once

#if defined(__CUDACC__)
#define SGAN_HD __host__ __device__
#else
#define SGAN_HD
#endif
