#include "firmware/vmmc/session.h"

#include "firmware/link/link.c"
