/*
 * The runtime that wasm2c's output needs, and the two modules it runs: the firmware, and the drawing of
 * text. A memory is a static array of just the bytes the module's data needs, far less than the page
 * that it declares, and every access is checked against that size: a firmware gone wrong cannot touch
 * the stack, the drivers or the record of its own fault. A trap is recorded and resets the board.
 * Part of firmware.c.
 */
#include <string.h>

#include "board.h"
#include "hailong.h"
#include "lcd.h"

_Static_assert(HAILONG_MEMORY_BYTES <= 16384, "the firmware's data outgrew its budget");

static Z_hailong_instance_t hailong;
static Z_lcd_instance_t lcd;
static uint8_t hailong_memory[HAILONG_MEMORY_BYTES] __attribute__((aligned(8)));
static uint8_t lcd_memory[LCD_MEMORY_BYTES] __attribute__((aligned(8)));

static bool initialized;

void wasm_rt_init(void) { initialized = true; }
bool wasm_rt_is_initialized(void) { return initialized; }

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t pages, uint32_t pages_max) {
  const bool first = memory == Z_hailongZ_memory(&hailong);
  memory->pages = pages;
  memory->max_pages = pages; /* there is nothing to grow into */
  memory->data = first ? hailong_memory : lcd_memory;
  memory->size = first ? sizeof hailong_memory : sizeof lcd_memory;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) {}

/* Neither module calls through a table; the signatures are registered all the same. */
uint32_t wasm_rt_register_func_type(uint32_t parameters, uint32_t results, ...) { return 0; }

void wasm_rt_trap(wasm_rt_trap_t reason) {
  reset_because(CAUSE_TRAP, reason, (uint32_t)__builtin_return_address(0));
}

/* `bytes` bytes of the firmware's memory; traps when they are not all inside it. */
static uint8_t *runtime_view(uint32_t at, uint32_t bytes) {
  if ((uint64_t)at + bytes > sizeof hailong_memory) wasm_rt_trap(WASM_RT_TRAP_OOB);
  return hailong_memory + at;
}

void runtime_boot(void) {
  wasm_rt_init();
  Z_hailong_init_module();
  Z_lcd_init_module();
  Z_lcd_instantiate(&lcd, NULL);
  Z_hailong_instantiate(&hailong, NULL);
  Z_hailongZ_boot(&hailong); /* what it returns is on the display, and tick goes on trying */
}

/* Not inlined: a debugger counts its instructions. */
__attribute__((noinline)) void runtime_tick(void) { Z_hailongZ_tick(&hailong); }

/* Copies the text over and lets the module draw it; what is longer than its buffer is cut. */
static void runtime_display(uint32_t line, const uint8_t *text, uint32_t bytes) {
  const uint32_t room = Z_lcdZ_textBytesMax(&lcd);
  const uint32_t at = Z_lcdZ_text(&lcd);
  if (bytes > room) bytes = room;
  if (at > sizeof lcd_memory || bytes > sizeof lcd_memory - at) wasm_rt_trap(WASM_RT_TRAP_OOB);
  memcpy(lcd_memory + at, text, bytes);
  Z_lcdZ_show(&lcd, line, bytes);
}

struct Z_panel_instance_t;

void Z_panelZ_blit(struct Z_panel_instance_t *none, u32 line, u32 pixels) {
  if (pixels > sizeof lcd_memory || sizeof lcd_memory - pixels < 1024) wasm_rt_trap(WASM_RT_TRAP_OOB);
  oled_blit(line, lcd_memory + pixels);
}
