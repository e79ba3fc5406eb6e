// The tables of both files.
#pragma once

#include "bridge/store/sqlite.h"

namespace bridge {

const sqlite::Schema& state_schema();
const sqlite::Schema& mirror_schema();

}  // namespace bridge
