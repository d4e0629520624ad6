#include "firmware/arch/native/arch.h"

struct arch_machine *arch_machine;
