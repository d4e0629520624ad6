#include "firmware/am/link.h"

#include "firmware/link/link.c"
