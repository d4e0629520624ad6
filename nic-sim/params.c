#include "nic-sim/params.h"

#include "nic-sim/sim_time.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define BYTES_PER_MB 1e6

enum { WORD_BYTES = 4, LONGEST_KEY = 64, LONGEST_TEXT = 65536 };

#define PARAM(kind_, member, key_, unit_, min_, max_, doc_)                                                            \
	{.key = key_,                                                                                                  \
	 .unit = unit_,                                                                                                \
	 .doc = doc_,                                                                                                  \
	 .min = min_,                                                                                                  \
	 .max = max_,                                                                                                  \
	 .kind = kind_,                                                                                                \
	 .offset = offsetof(struct params, member)},
#define PARAM_U(...)                    PARAM(PARAM_INTEGER, __VA_ARGS__)
#define PARAM_P(...)                    PARAM(PARAM_POWER, __VA_ARGS__)
#define PARAM_W(...)                    PARAM(PARAM_WORDS, __VA_ARGS__)
#define PARAM_F(...)                    PARAM(PARAM_REAL, __VA_ARGS__)
#define PARAM_T(...)                    PARAM(PARAM_DURATION, __VA_ARGS__)
#define PARAM_B(...)                    PARAM(PARAM_RATE, __VA_ARGS__)
#define PARAM_S(member, key, unit, doc) PARAM(PARAM_TEXT, member, key, unit, 1, LONGEST_TEXT, doc)
const struct param_def param_defs[N_PARAMS] = {
#include "nic-sim/params.def"
};

int
param_find(const char *key, size_t length)
{
	for (int i = 0; i < N_PARAMS; i++)
		if (strlen(param_defs[i].key) == length && memcmp(param_defs[i].key, key, length) == 0)
			return i;
	return -1;
}

/* Edit distance, one row at a time. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[LONGEST_KEY + 1], n = (unsigned)strnlen(b, LONGEST_KEY);

	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 0; a[i] && i < LONGEST_KEY; i++) {
		unsigned diagonal = row[0];

		row[0] = i + 1;
		for (unsigned j = 1; j <= n; j++) {
			unsigned change = diagonal + (a[i] != b[j - 1]);

			diagonal = row[j];
			row[j] = MIN(change, MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[n];
}

const char *
param_closest(const char *key)
{
	const char *closest = param_defs[0].key;

	for (int i = 1; i < N_PARAMS; i++)
		if (distance(key, param_defs[i].key) < distance(key, closest))
			closest = param_defs[i].key;
	return closest;
}

static const char *
kind_name(enum param_kind kind)
{
	static const char *const names[] = {
	        [PARAM_INTEGER] = "an integer, ",
	        [PARAM_POWER] = "a power of two, ",
	        [PARAM_WORDS] = "a multiple of 4, ",
	        [PARAM_REAL] = "",
	        [PARAM_DURATION] = "",
	        [PARAM_RATE] = "",
	        [PARAM_TEXT] = "a text, ",
	};

	return names[kind];
}

char *
param_allowed(const struct param_def *def)
{
	if (def->kind == PARAM_TEXT)
		return g_strdup_printf("a text of up to %.10g bytes, or " PARAM_NONE, def->max);
	return g_strdup_printf("%s%.10g to %.10g%s%s", kind_name(def->kind), def->min, def->max, *def->unit ? " " : "",
	                       def->unit);
}

bool
param_number(const char *text, double *number)
{
	char *end;

	if (!*text || text[strspn(text, "0123456789.eE+-")])
		return false;
	*number = g_ascii_strtod(text, &end);
	return end != text && !*end && isfinite(*number);
}

static bool
of_kind(enum param_kind kind, double number)
{
	switch (kind) {
	case PARAM_INTEGER:
		return number == floor(number);
	case PARAM_POWER:
		return number >= 1 && number == exp2(floor(log2(number)));
	case PARAM_WORDS:
		return fmod(number, WORD_BYTES) == 0;
	case PARAM_REAL:
	case PARAM_DURATION:
	case PARAM_RATE:
	case PARAM_TEXT:
		break;
	}
	return true;
}

static void
store(const struct param_def *def, double number, struct params *into)
{
	void *member = (char *)into + def->offset;

	if (def->kind == PARAM_REAL)
		*(double *)member = number;
	else if (def->kind == PARAM_DURATION)
		*(uint64_t *)member = (uint64_t)llround(number * (double)SIM_US);
	else if (def->kind == PARAM_RATE)
		*(uint64_t *)member = (uint64_t)llround(number * BYTES_PER_MB);
	else
		*(uint64_t *)member = (uint64_t)number;
}

/* An interned text lives as long as the program: struct params is copied freely. */
static const char *
check_text(const struct param_def *def, const char *text, struct params *into)
{
	size_t length = strlen(text);

	if ((double)length < def->min || (double)length > def->max)
		return length ? "is too long" : "is empty";
	if (into)
		*(const char **)((char *)into + def->offset) =
		        strcmp(text, PARAM_NONE) == 0 ? NULL : g_intern_string(text);
	return NULL;
}

static const char *
check_number(const struct param_def *def, const char *text, struct params *into)
{
	double number;

	if (!param_number(text, &number))
		return "is not a decimal number";
	if (number < def->min || number > def->max)
		return "is out of bounds";
	if (!of_kind(def->kind, number))
		return "is not possible";
	if (into)
		store(def, number, into);
	return NULL;
}

char *
param_parse(const struct param_def *def, const char *text, struct params *into)
{
	const char *wrong = (def->kind == PARAM_TEXT ? check_text : check_number)(def, text, into);

	if (!wrong)
		return NULL;
	char *allowed = param_allowed(def), *printable = g_strescape(text, NULL);
	char *error = g_strdup_printf("%s: \"%s\" %s; allowed: %s", def->key, printable, wrong, allowed);

	g_free(allowed);
	g_free(printable);
	return error;
}
