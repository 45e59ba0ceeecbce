/* The firmware's memory as C sees it; only for imports.c. */
#ifndef RUNTIME_H
#define RUNTIME_H

#include <stdint.h>

/* `bytes` bytes of the firmware's memory; traps when they are not all inside it. */
uint8_t *runtime_view(uint32_t at, uint32_t bytes);

#endif
