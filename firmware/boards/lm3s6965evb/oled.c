/*
 * The display: 128 x 64 pixels of 16 greys behind an SSD0323. It is only ever sent whole lines of
 * pixels; what they show is drawn by firmware/lcd. PC6 switches its high voltage on.
 */
#include "board.h"
#include "registers.h"

#define OLED_ENABLE_C 0x40u
#define ROW_BYTES 64
#define LINE_ROWS 16
#define LINES 4

/* By the SSD0323 data sheet; remap and multiplex as the panel is wired. */
static const uint8_t start_up[] = {
    0xAE,             /* display off */
    0xA8, LINES * LINE_ROWS - 1, /* multiplex ratio */
    0xA0, 0x52,       /* remap: nibbles, COM order, COM split */
    0xA1, 0x00,       /* start line */
    0xA2, 0x00,       /* offset */
    0x86,             /* full current range */
    0x81, 0x50,       /* contrast */
    0xA4,             /* normal display */
};

static void window(uint32_t row, uint32_t rows) {
  const uint8_t columns_and_rows[] = {0x15, 0, ROW_BYTES - 1, 0x75, row, row + rows - 1};
  ssi_select(SSI_OLED_COMMAND);
  ssi_send(columns_and_rows, sizeof columns_and_rows);
  ssi_select(SSI_OLED_DATA);
}

void oled_start(void) {
  GPIODIR(GPIO_C) |= OLED_ENABLE_C;
  GPIODEN(GPIO_C) |= OLED_ENABLE_C;
  ssi_select(SSI_OLED_COMMAND);
  ssi_send(start_up, sizeof start_up);
  window(0, LINES * LINE_ROWS);
  for (uint32_t i = 0; i < LINES * LINE_ROWS * ROW_BYTES; i++) ssi_byte(0);
  ssi_select(SSI_NONE);
  GPIODATA(GPIO_C, OLED_ENABLE_C) = OLED_ENABLE_C;
  ssi_select(SSI_OLED_COMMAND);
  ssi_byte(0xAF); /* display on */
  ssi_select(SSI_NONE);
}

void oled_blit(uint32_t line, const uint8_t *pixels) {
  if (line >= LINES) return;
  window(line * LINE_ROWS, LINE_ROWS);
  ssi_send(pixels, LINE_ROWS * ROW_BYTES);
  ssi_select(SSI_NONE);
}
