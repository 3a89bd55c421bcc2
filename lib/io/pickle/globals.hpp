// Which names a pickle may mention. Nothing is ever run, whatever it is called; a file that
// mentions what only an attacker needs is refused, so that nobody passes it on as a model.
#pragma once

#include <string_view>

namespace sgan::io::pickle {

// Whether the class or function could only serve to run code: processes, files, sockets, imports,
// evaluation, attribute access.
bool is_code(std::string_view module, std::string_view name);

}  // namespace sgan::io::pickle
