/*
 * What the peripheral files offer each other. `imports.c` puts them behind the fifteen functions of
 * firmware/board.ts; everything above registers is the firmware's.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stdint.h>

/* firmware/status.ts */
#define OK 0
#define E_STORAGE (-1)
#define E_LINK (-2)

/* Reset causes, protocol/constants.ts */
#define CAUSE_POWER 0
#define CAUSE_WATCHDOG 1
#define CAUSE_TRAP 2
#define CAUSE_REQUESTED 3

#define BLOCK_BYTES 512

void clock_start(void);
uint32_t clock_millis(void);

void pins_start(void);
uint32_t pins_buttons(void);
void pins_lights(uint32_t mask);

void uart_start(void);
int32_t uart_read(uint32_t port, uint8_t *into, uint32_t bytes_max);
int32_t uart_write(uint32_t port, const uint8_t *from, uint32_t bytes);
void uart_discard(uint32_t port);

/* What is on the SSI: at most one at a time is selected. */
enum ssi_device { SSI_NONE, SSI_CARD_SLOW, SSI_CARD, SSI_OLED_COMMAND, SSI_OLED_DATA };
void ssi_start(void);
void ssi_select(enum ssi_device device);
uint8_t ssi_byte(uint8_t out);
void ssi_send(const uint8_t *from, uint32_t bytes);
void ssi_receive(uint8_t *into, uint32_t bytes);

uint32_t card_blocks(void);
int32_t card_read(uint32_t block, uint8_t *into);
int32_t card_write(uint32_t block, const uint8_t *from);
int32_t card_flush(void);

void oled_start(void);
/* One line of text, 16 rows of 64 bytes, two pixels a byte, the left one in the high nibble. */
void oled_blit(uint32_t line, const uint8_t *pixels);

void watchdog_start(void);
void watchdog_feed(void);

void entropy_stir(uint32_t noise);
void entropy_fill(uint8_t *into, uint32_t bytes);

void reset_start(void);
uint32_t reset_cause(void);
/* Records why, then resets. `detail` says what exactly, `at` where: for a debugger to read. */
__attribute__((noreturn)) void reset_because(uint32_t cause, uint32_t detail, uint32_t at);

void runtime_boot(void);
void runtime_tick(void);

#endif
