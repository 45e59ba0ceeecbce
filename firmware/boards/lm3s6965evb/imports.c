/*
 * The fifteen functions of firmware/board.ts, each a line to a peripheral. A pointer from the firmware
 * is checked against its memory like any access of its own: beyond the end is a trap. Part of firmware.c.
 */
#include "board.h"
#include "hailong.h"

typedef struct Z_board_instance_t *instance;

u32 Z_boardZ_millis(instance none) { return clock_millis(); }

u32 Z_boardZ_buttons(instance none) { return pins_buttons(); }

void Z_boardZ_lights(instance none, u32 mask) { pins_lights(mask); }

void Z_boardZ_display(instance none, u32 line, u32 text, u32 bytes) {
  runtime_display(line, runtime_view(text, bytes), bytes);
}

u32 Z_boardZ_portRead(instance none, u32 port, u32 into, u32 bytes_max) {
  return (u32)uart_read(port, runtime_view(into, bytes_max), bytes_max);
}

u32 Z_boardZ_portWrite(instance none, u32 port, u32 from, u32 bytes) {
  return (u32)uart_write(port, runtime_view(from, bytes), bytes);
}

/* A modem in transparent mode dials by itself: all there is to do is to forget what was under way. */
void Z_boardZ_portReset(instance none, u32 port) { uart_discard(port); }

u32 Z_boardZ_storageBlocks(instance none) { return card_blocks(); }

u32 Z_boardZ_storageRead(instance none, u32 block, u32 into) {
  return (u32)card_read(block, runtime_view(into, BLOCK_BYTES));
}

u32 Z_boardZ_storageWrite(instance none, u32 block, u32 from) {
  return (u32)card_write(block, runtime_view(from, BLOCK_BYTES));
}

u32 Z_boardZ_storageFlush(instance none) { return (u32)card_flush(); }

void Z_boardZ_entropy(instance none, u32 into, u32 bytes) {
  entropy_fill(runtime_view(into, bytes), bytes);
}

u32 Z_boardZ_resetCause(instance none) { return reset_cause(); }

void Z_boardZ_restart(instance none) { reset_because(CAUSE_REQUESTED, 0, 0); }

void Z_boardZ_watchdog(instance none) { watchdog_feed(); }
