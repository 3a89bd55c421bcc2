// Signals that ask a long program to come to an end in its own way.
#pragma once

namespace sgan::cli {

// From now on SIGINT, SIGTERM, SIGUSR1 and, unless it is ignored, SIGHUP are only noted. With
// `twice` a second SIGINT ends the program at once.
void catch_signals(bool twice = true);
bool signalled();
// Ends the process as the noted signal would have, or as `otherwise` (0: not at all) when there was
// none.
void end_as_signalled(int otherwise = 0);

}  // namespace sgan::cli
