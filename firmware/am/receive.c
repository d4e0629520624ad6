#include "firmware/am/receive.h"

#include "firmware/link/receive.c"
