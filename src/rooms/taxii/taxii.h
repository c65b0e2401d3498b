/* SPDX-License-Identifier: Apache-2.0 */
/* taxii - the machine door for STIX: a TAXII 2.1 server (OASIS, 10 June 2021) over what the key's
 * viewer may see. It owns no objects: reading and importing is intel's. */
#ifndef TAXII_H
#define TAXII_H

#include "room.h"

extern const struct room room_taxii;

#endif
