/* Host instructions of the library's own code: made by tools/count_instructions.sh, do not edit. */
#ifndef HOST_LIB_INSTRUCTION_COUNTS_H
#define HOST_LIB_INSTRUCTION_COUNTS_H

#define IC_VMMC_SHORT      0 /* vmmc_send of inline data */
#define IC_VMMC_SHORT_WORD 0 /* and each word of it */
#define IC_VMMC_LONG       0 /* vmmc_send by DMA, pages translated */
#define IC_VMMC_LONG_PAGE  0 /* and each source page */
#define IC_VMMC_WAIT       0 /* vmmc_wait, without the polling */

#endif
