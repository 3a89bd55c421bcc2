#include "kernels/cuda/filtered_lrelu.inl"

template bool sgan::kernels::launch_filtered_lrelu(const sgan::kernels::FilteredLreluTask<float>&,
                                                   void*);
