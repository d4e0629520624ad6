/* The benchmark's kernels give the same results as natively; prints their speed. With an argument: seconds a kernel. */
#include "nic-sim/lanai_bench.h"
#include "tests/lanai/toolchain.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

uint32_t bench_kernel(uint32_t kernel, uint32_t rounds); /* firmware/bench/bench.c */

int
main(int argc, char **argv)
{
	struct lanai_bench_result results[LANAI_BENCH_KERNELS];
	struct lanai_bench_costs costs;
	struct lanai_image *image;
	int wrong = 0;
	double speed;

	toolchain_start();
	image = toolchain_build("firmware/bench/bench.c", "", 0x40000);
	toolchain_stop();
	if (!image)
		g_error("firmware/bench/bench.c does not compile");
	speed = lanai_bench(image, argc > 1 ? strtod(argv[1], NULL) : 0.02, results);
	if (speed == 0)
		g_error("the benchmark does not end");
	for (unsigned k = 0; k < LANAI_BENCH_KERNELS; k++) {
		const struct lanai_bench_result *r = &results[k];
		uint32_t expected = bench_kernel(k, r->rounds);

		wrong += r->checksum != expected;
		printf("%-12s %5.0f million/s  %08x%s\n", r->kernel, (double)r->instructions / r->seconds * 1e-6,
		       r->checksum, r->checksum == expected ? "" : " WRONG");
	}
	costs = lanai_bench_costs();
	printf("all          %5.0f million/s; slice %.0f ns, touch and park %.0f ns\n", speed * 1e-6, costs.slice,
	       costs.idle);
	lanai_image_free(image);
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
