/* Skipping idle loops. */
#include "nic-sim/lanai_state.h"

void
lanai_idle_reset(struct lanai_core *core)
{
	core->idle.off = true;
	(void)core;
}
void
lanai_idle_restart(struct lanai_core *core)
{
	(void)core;
}
void
lanai_catch_up(struct lanai_core *core)
{
	(void)core;
}
enum lanai_outcome
lanai_head(struct lanai_core *core, struct lanai_rec *rec)
{
	(void)core;
	(void)rec;
	return LANAI_DONE;
}
const void *
lanai_original(const struct lanai_core *core, const struct lanai_rec *rec)
{
	(void)core;
	return rec->handler;
}
void
lanai_sample(struct lanai_core *core, uint32_t address)
{
	(void)core;
	(void)address;
}
bool
lanai_replay_read(struct lanai_core *core, uint32_t offset, uint32_t *value)
{
	(void)core;
	(void)offset;
	(void)value;
	return false;
}
bool
lanai_watches(const struct lanai_core *core, uint32_t address, uint32_t length)
{
	(void)core;
	(void)address;
	(void)length;
	return false;
}
void
lanai_set_skipping(struct lanai_core *core, bool on)
{
	(void)core;
	(void)on;
}
