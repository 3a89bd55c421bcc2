#include "lib/io/pickle/globals.hpp"

#include <string>

namespace sgan::io::pickle {
namespace {

// Constructors of plain values among the built-in names.
constexpr std::string_view kPlainBuiltins =
    " set frozenset list dict tuple bytes bytearray int long float bool str unicode complex slice "
    "range xrange object type Ellipsis NotImplemented ";

// Top-level modules with nothing in them that belongs into a file of weights.
constexpr std::string_view kCodeModules =
    " os posix nt sys subprocess _posixsubprocess shutil socket _socket pty runpy importlib imp "
    "_imp "
    "zipimport pkgutil ctypes _ctypes cffi code codeop pdb bdb pickle _pickle cPickle dill "
    "cloudpickle "
    "marshal shelve multiprocessing threading _thread asyncio concurrent signal _signal tempfile "
    "webbrowser commands popen2 platform timeit cProfile profile trace doctest site pip setuptools "
    "distutils urllib urllib2 requests http httplib ftplib smtplib telnetlib xmlrpc ssl pydoc io "
    "_io "
    "fileinput linecache inspect gc types operator _operator fcntl resource pwd winreg _winreg "
    "msvcrt "
    "_winapi sqlite3 atexit ast compileall py_compile venv ensurepip idlelib lib2to3 tkinter mmap ";

// The same inside packages that are otherwise harmless: modules or single names.
constexpr std::string_view kCodeNames =
    " torch.hub torch.load torch.serialization torch.package torch.utils.cpp_extension "
    "torch.utils.bottleneck torch._dynamo torch._inductor torch.ops numpy.testing numpy.distutils "
    "numpy.f2py numpy.load numpy.fromfile numpy.loadtxt numpy.genfromtxt numpy.memmap "
    "functools.reduce "
    "copyreg.add_extension dnnlib.util.open_url dnnlib.util.call_func_by_name "
    "dnnlib.util.get_obj_by_name dnnlib.util.construct_class_by_name "
    "dnnlib.util.get_obj_from_module ";

bool listed(std::string_view list, std::string_view word) {
  std::string padded;
  padded.append(" ").append(word).append(" ");
  return list.find(padded) != list.npos;
}

}  // namespace

bool is_code(std::string_view module, std::string_view name) {
  const auto top = module.substr(0, module.find('.'));
  if (top == "builtins" || top == "__builtin__" || top == "__builtins__")
    return !listed(kPlainBuiltins, name);  // "a.b" reaches through attributes: not in the list
  if (module == "types" && name == "SimpleNamespace") return false;
  if (listed(kCodeModules, top)) return true;
  if (name.find("__") != name.npos && name.find('.') != name.npos)
    return true;  // f.__globals__ ...
  std::string full;
  full.append(module).append(".").append(name);
  for (size_t dot = full.find('.'); dot != full.npos; dot = full.find('.', dot + 1))
    if (listed(kCodeNames, full.substr(0, dot))) return true;
  return listed(kCodeNames, full);
}

}  // namespace sgan::io::pickle
