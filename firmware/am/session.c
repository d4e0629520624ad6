#include "firmware/am/link.h"

#include "firmware/link/session.c"
