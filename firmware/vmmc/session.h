/* The sessions of firmware/link, as a part of vmmc. */
#ifndef FIRMWARE_VMMC_SESSION_H
#define FIRMWARE_VMMC_SESSION_H

#include "firmware/vmmc/link.h"

#include "firmware/link/session.h"

#endif
