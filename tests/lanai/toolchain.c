#include "tests/lanai/toolchain.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>

static char *directory;

static const char *const runtime[] = {"crt0.s", "memory.c", "divide32.c", "divide64.c"};

const char *
toolchain_directory(void)
{
	return directory;
}

int
toolchain_run(const char *log, const char *format, ...)
{
	va_list args;
	char *command, *line;
	int status;

	va_start(args, format);
	command = g_strdup_vprintf(format, args);
	va_end(args);
	line = g_strdup_printf("%s >%s 2>/dev/null", command, log ? log : "/dev/null");
	status = system(line);
	g_free(line);
	g_free(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
toolchain_start(void)
{
	directory = g_dir_make_tmp("lanai-test-XXXXXX", NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(runtime); i++)
		if (toolchain_run(NULL, "firmware/lanai-cc -c firmware/lib/%s -o %s/rt%u.o", runtime[i], directory,
		                  i) != 0)
			g_error("cannot compile firmware/lib/%s: is clang installed?", runtime[i]);
}

void
toolchain_stop(void)
{
	toolchain_run(NULL, "rm -rf %s", directory);
	g_free(directory);
}

static struct lanai_image *
link_with_runtime(const char *object, uint32_t limit)
{
	const char *paths[G_N_ELEMENTS(runtime) + 1];
	struct lanai_image *image;
	char *error;

	for (unsigned i = 0; i < G_N_ELEMENTS(runtime); i++)
		paths[i] = g_strdup_printf("%s/rt%u.o", directory, i);
	paths[G_N_ELEMENTS(runtime)] = object;
	image = lanai_image_load(paths, G_N_ELEMENTS(paths), limit, &error);
	for (unsigned i = 0; i < G_N_ELEMENTS(runtime); i++)
		g_free((char *)paths[i]);
	if (!image)
		g_error("%s", error);
	return image;
}

struct lanai_image *
toolchain_build(const char *source, const char *flags, uint32_t limit)
{
	char *object = g_strdup_printf("%s/program.o", directory);
	struct lanai_image *image = NULL;

	if (toolchain_run(NULL, "firmware/lanai-cc %s -c %s -o %s", flags, source, object) == 0)
		image = link_with_runtime(object, limit);
	g_free(object);
	return image;
}

static char *
write_text(const char *text)
{
	char *path = g_strdup_printf("%s/program.c", directory);

	if (!g_file_set_contents(path, text, -1, NULL))
		g_error("cannot write %s", path);
	return path;
}

struct lanai_image *
toolchain_text(const char *text, const char *flags, uint32_t limit)
{
	char *path = write_text(text);
	struct lanai_image *image = toolchain_build(path, flags, limit);

	g_free(path);
	return image;
}

struct lanai_image *
toolchain_unsafe(const char *text, uint32_t limit)
{
	char *path = write_text(text), *object = g_strdup_printf("%s/unsafe.o", directory);
	struct lanai_image *image = NULL;

	if (toolchain_run(NULL, "timeout 60 clang -target lanai -ffreestanding -O2 -c %s -o %s", path, object) == 0)
		image = link_with_runtime(object, limit);
	g_free(object);
	g_free(path);
	return image;
}
