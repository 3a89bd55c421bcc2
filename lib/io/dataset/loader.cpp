// Worker threads take one picture after another from the batches ahead; batches leave in order.
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "lib/io/dataset/dataset.hpp"
#include "lib/io/dataset/sampler.hpp"

namespace sgan::io {
namespace {

struct Pending {
  Batch batch;
  std::vector<int64_t> indices;
  size_t given = 0;  // pictures that a worker has taken
  size_t done = 0;
  std::exception_ptr error;  // the first
};

}  // namespace

struct Loader::State {
  std::shared_ptr<const Dataset> data;
  LoaderOptions options;
  int64_t batch = 0;
  std::unique_ptr<EndlessSampler> sampler;
  int64_t position = 0;

  std::mutex mutex;
  std::condition_variable work, ready;
  std::deque<std::shared_ptr<Pending>> queue;
  bool ending = false;
  std::vector<std::thread> threads;

  void start_sampler(int64_t samples) {
    sampler = std::make_unique<EndlessSampler>(data->info().count, options.rank, options.ranks,
                                               options.seed, options.window);
    for (int64_t i = 0; i < samples; ++i) sampler->next();
    position = samples;
  }

  void fill() {  // under the mutex
    const DatasetInfo& info = data->info();
    while (int64_t(queue.size()) < std::max<int64_t>(options.prefetch, 1)) {
      auto pending = std::make_shared<Pending>();
      for (int64_t i = 0; i < batch; ++i) pending->indices.push_back(sampler->next());
      pending->batch.images =
          rt::Tensor({batch, info.resolution, info.resolution, info.channels}, rt::DType::u8);
      if (info.label_dim > 0)
        pending->batch.labels = rt::Tensor({batch, info.label_dim}, rt::DType::f32);
      queue.push_back(std::move(pending));
    }
    work.notify_all();
  }

  void read(const Pending& pending, size_t i) const {
    const rt::Tensor& images = pending.batch.images;
    const int64_t index = pending.indices[i];
    data->read(index, images.data<uint8_t>() + int64_t(i) * (images.numel() / batch));
    if (pending.batch.labels.defined())
      data->label(index, pending.batch.labels.data<float>() + int64_t(i) * data->info().label_dim);
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      std::shared_ptr<Pending> pending;
      for (const auto& p : queue) {
        if (p->given < p->indices.size()) {
          pending = p;
          break;
        }
      }
      if (ending) return;
      if (!pending) {
        work.wait(lock);
        continue;
      }
      const size_t i = pending->given++;
      lock.unlock();
      std::exception_ptr error;
      try {
        read(*pending, i);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      if (error && !pending->error) pending->error = error;
      if (++pending->done == pending->indices.size()) ready.notify_all();
    }
  }
};

Loader::Loader(std::shared_ptr<const Dataset> data, int64_t batch, const LoaderOptions& options)
    : state_(std::make_unique<State>()) {
  check(batch > 0, "a batch of ", batch, " pictures");
  check(options.workers > 0, "at least one worker has to read the data");
  state_->data = std::move(data);
  state_->options = options;
  state_->batch = batch;
  state_->start_sampler(0);
  state_->fill();
  for (int i = 0; i < options.workers; ++i)
    state_->threads.emplace_back([s = state_.get()] { s->run(); });
}

Loader::~Loader() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->work.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

Batch Loader::next() {
  std::unique_lock lock(state_->mutex);
  if (state_->queue.empty()) state_->fill();
  const std::shared_ptr<Pending> front = state_->queue.front();
  state_->ready.wait(lock, [&] { return front->done == front->indices.size(); });
  state_->queue.pop_front();
  state_->position += state_->batch;
  state_->fill();
  if (front->error) std::rethrow_exception(front->error);
  return front->batch;
}

int64_t Loader::position() const {
  const std::lock_guard lock(state_->mutex);
  return state_->position;
}

void Loader::seek(int64_t position) {
  check(position >= 0, "cannot go to position ", position, " of a data set");
  const std::lock_guard lock(state_->mutex);
  state_->queue.clear();  // a worker that still reads holds its batch itself
  state_->start_sampler(position);
  state_->fill();
}

}  // namespace sgan::io
