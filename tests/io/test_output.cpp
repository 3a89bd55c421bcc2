#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>

#include "io_test.hpp"
#include "lib/io/output.hpp"

using namespace sgan::io;

BOOST_AUTO_TEST_CASE(output_appears_when_it_is_finished_and_not_before) {
  Scratch scratch;
  const std::string path = scratch / "out.bin";
  {
    Output out(path);
    out.write("hello");
    out.flush();
    BOOST_TEST(!std::filesystem::exists(path));
    BOOST_TEST(scratch.files() == 1u);
    out.finish();
    BOOST_TEST(read_file(path) == "hello");
    BOOST_TEST(scratch.files() == 1u);
  }
  BOOST_TEST(read_file(path) == "hello");
  {
    Output out(path);
    out.write("half");
    out.flush();
  }
  BOOST_TEST(read_file(path) == "hello");
  BOOST_TEST(scratch.files() == 1u);
}

BOOST_AUTO_TEST_CASE(output_keeps_modes_and_links) {
  Scratch scratch;
  write_file(scratch / "real", "old");
  chmod((scratch / "real").c_str(), 0640);
  std::filesystem::create_symlink(scratch / "real", scratch / "link");
  Output out(scratch / "link");
  out.write("new");
  out.finish();
  BOOST_TEST(std::filesystem::is_symlink(scratch / "link"));
  BOOST_TEST(read_file(scratch / "real") == "new");
  struct stat info {};
  stat((scratch / "real").c_str(), &info);
  BOOST_TEST((info.st_mode & 0777) == 0640u);
  // Also of a link to what is not there yet, by way of another link.
  std::filesystem::create_directory(scratch / "sub");
  std::filesystem::create_symlink("sub/middle", scratch / "first");
  std::filesystem::create_symlink("target", scratch / "sub/middle");
  Output through(scratch / "first");
  through.write("made");
  through.finish();
  BOOST_TEST(std::filesystem::is_symlink(scratch / "first"));
  BOOST_TEST(read_file(scratch / "sub/target") == "made");
  std::filesystem::create_symlink("circle", scratch / "circle");
  check_error([&] { Output(scratch / "circle"); }, "circle: cannot create: Too many levels");
  const mode_t mask = umask(022);
  Output fresh(scratch / "fresh");
  fresh.finish();
  umask(mask);
  stat((scratch / "fresh").c_str(), &info);
  BOOST_TEST((info.st_mode & 0777) == 0644u);
}

BOOST_AUTO_TEST_CASE(output_errors_name_the_file) {
  Scratch scratch;
  check_error([&] { Output(scratch / "no/such/file"); },
              "no/such/file: cannot create: No such file");
  check_error([&] { Output(scratch / std::string(256, 'x')); },
              "cannot create: File name too long");
  Output(scratch / std::string(255, 'x')).finish();
  check_error([&] { Output(scratch.path); }, "is a directory");
  check_error([&] { Output(scratch.path + "/"); }, "is a directory");
  check_error(
      [] {
        Output out("/dev/full");
        out.write("x");
        out.finish();
      },
      "/dev/full: cannot write: No space left on device");
  Output null("/dev/null");
  null.write(std::string(1 << 20, 'x'));
  null.finish();
  BOOST_TEST(std::filesystem::is_character_file("/dev/null"));
}

BOOST_AUTO_TEST_CASE(output_to_a_pipe_without_reader_is_told_apart) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  const std::string path = sgan::cat("/dev/fd/", ends[1]);
  BOOST_CHECK_THROW(
      {
        Output out(path);
        out.write(std::string(1 << 20, 'x'));
        out.finish();
      },
      PipeClosed);
  close(ends[1]);
}

// Both ends do not block, and each runs into that: the reader into an empty pipe, the writer into a
// full one. Only stdout is written to without being opened again.
BOOST_AUTO_TEST_CASE(descriptors_that_do_not_block_are_waited_for) {
  int ends[2];
  BOOST_REQUIRE(pipe2(ends, O_NONBLOCK) == 0);
  const std::string sent(size_t{1} << 20, 'x');
  const pid_t child = fork();
  if (child == 0) {
    usleep(50000);
    dup2(ends[1], STDOUT_FILENO);
    Output out("-");
    out.write(sent);
    out.finish();
    _exit(0);
  }
  close(ends[1]);
  FdSource in(ends[0], "pipe", true);
  std::string got(1, '\0');
  BOOST_REQUIRE(in.read_full(got.data(), 1) == 1);
  usleep(50000);
  got.resize(sent.size() + 1);
  got.resize(1 + in.read_full(got.data() + 1, sent.size()));
  BOOST_TEST((got == sent));
  int status = 0;
  waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(pending_file_keeps_the_extension) {
  Scratch scratch;
  PendingFile file(scratch / "picture-0001.png");
  BOOST_TEST(file.temporary().ends_with(".png"));
  BOOST_TEST(std::filesystem::path(file.temporary()).parent_path() == scratch.path);
  write_file(file.temporary(), "pixels");  // as a library would, by name
  file.commit();
  BOOST_TEST(read_file(scratch / "picture-0001.png") == "pixels");
  BOOST_TEST(scratch.files() == 1u);
}

BOOST_AUTO_TEST_CASE(signals_leave_no_file) {
  for (const int signal :
       {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGALRM, SIGBUS, SIGSEGV, SIGABRT}) {
    Scratch scratch;
    int ready[2];
    BOOST_REQUIRE(pipe(ready) == 0);
    const pid_t child = fork();
    if (child == 0) {
      Output out(scratch / "file");
      remove_pending_files_on(signal);  // Boost.Test has a handler of its own
      out.write("half");
      out.flush();
      (void)!write(ready[1], "x", 1);
      for (;;) pause();
    }
    char c;
    BOOST_REQUIRE(read(ready[0], &c, 1) == 1);
    BOOST_TEST(scratch.files() == 1u);
    kill(child, signal);
    int status = 0;
    waitpid(child, &status, 0);
    BOOST_TEST(WIFSIGNALED(status));
    BOOST_TEST(WTERMSIG(status) == signal);
    BOOST_TEST(scratch.files() == 0u);
    close(ready[0]);
    close(ready[1]);
  }
}

BOOST_AUTO_TEST_CASE(input_errors_name_the_file) {
  Scratch scratch;
  check_error([&] { open_input(scratch / "none"); }, "none: cannot open: No such file");
  check_error([&] { open_input(scratch.path); }, "is a directory");
  write_file(scratch / "a", "abc");
  BOOST_TEST(open_input(scratch / "a")->read_all(10) == "abc");
}
