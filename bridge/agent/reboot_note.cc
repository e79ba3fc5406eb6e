#include "bridge/agent/reboot_note.h"

#include "bridge/task/progress.h"

namespace bridge {

// note := factory_reset rpc_key command_key cause reason      (fields of task/progress.h)

std::string encode_reboot_note(const RebootNote& note) {
  return task::ProgressWriter()
      .number(note.factory_reset ? 1 : 0)
      .text(note.rpc_key)
      .text(note.command_key)
      .text(note.cause)
      .text(note.reason)
      .take();
}

std::optional<RebootNote> decode_reboot_note(std::string_view text) {
  task::ProgressReader in(text);
  RebootNote note;
  note.factory_reset = in.number() == 1;
  note.rpc_key = in.text();
  note.command_key = in.text();
  note.cause = in.text();
  note.reason = in.text();
  if (!in.at_end()) return std::nullopt;
  return note;
}

}  // namespace bridge
