/* SPDX-License-Identifier: Apache-2.0 */
/* schema - core's tables; the text is in 0003_core.sql. */
#include "hub.h"

#include "sql_0003_core.h"

const struct db_migration core_migration = {3, "0003_core", sql_0003_core};
