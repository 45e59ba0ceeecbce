/*
 * SSI0 as SPI mode 0 on PA2, PA4 and PA5, shared by the card (chip select PD0) and the display (chip
 * select PA3, data or command PC7). At rest both are deselected and PC7 says command, so that clocks
 * meant for the card can never draw.
 */
#include "board.h"
#include "registers.h"

#define CARD_SELECT_D 0x01u
#define OLED_SELECT_A 0x08u
#define OLED_DATA_C 0x80u
#define FIFO_BYTES 8

/* Even prescalers of 50 MHz: at most 400 kHz to start a card, 12.5 MHz after, 3.6 MHz for the display. */
#define PRESCALE_CARD_SLOW 126
#define PRESCALE_CARD 4
#define PRESCALE_OLED 14

void ssi_start(void) {
  RCGC1 |= RCGC1_SSI0;
  (void)RCGC1;
  GPIODATA(GPIO_D, CARD_SELECT_D) = CARD_SELECT_D;
  GPIODIR(GPIO_D) |= CARD_SELECT_D;
  GPIODEN(GPIO_D) |= CARD_SELECT_D;
  GPIODATA(GPIO_A, OLED_SELECT_A) = OLED_SELECT_A;
  GPIODIR(GPIO_A) |= OLED_SELECT_A;
  GPIODATA(GPIO_C, OLED_DATA_C) = 0;
  GPIODIR(GPIO_C) |= OLED_DATA_C;
  GPIODEN(GPIO_C) |= OLED_DATA_C;
  GPIOAFSEL(GPIO_A) |= 0x34;
  GPIOPUR(GPIO_A) |= 0x10; /* a missing card reads as ff */
  GPIODEN(GPIO_A) |= 0x3C;
  SSICR1 = 0;
  SSICR0 = SSICR0_DSS_8;
  SSICPSR = PRESCALE_CARD_SLOW;
  SSICR1 = SSICR1_SSE;
  ssi_select(SSI_NONE);
}

void ssi_select(enum ssi_device device) {
  const bool card = device == SSI_CARD || device == SSI_CARD_SLOW;
  const bool oled = device == SSI_OLED_COMMAND || device == SSI_OLED_DATA;
  while (SSISR & SSISR_BSY) {
  }
  if (device == SSI_CARD_SLOW) SSICPSR = PRESCALE_CARD_SLOW;
  if (device == SSI_CARD) SSICPSR = PRESCALE_CARD;
  if (oled) SSICPSR = PRESCALE_OLED;
  GPIODATA(GPIO_C, OLED_DATA_C) = device == SSI_OLED_DATA ? OLED_DATA_C : 0;
  GPIODATA(GPIO_A, OLED_SELECT_A) = oled ? 0 : OLED_SELECT_A;
  GPIODATA(GPIO_D, CARD_SELECT_D) = card ? 0 : CARD_SELECT_D;
}

static uint8_t take(void) {
  while (!(SSISR & SSISR_RNE)) {
  }
  return (uint8_t)SSIDR;
}

uint8_t ssi_byte(uint8_t out) {
  SSIDR = out;
  return take();
}

/* A FIFO's worth at a time: as many come back as go out. */
void ssi_send(const uint8_t *from, uint32_t bytes) {
  while (bytes > 0) {
    const uint32_t part = bytes < FIFO_BYTES ? bytes : FIFO_BYTES;
    for (uint32_t i = 0; i < part; i++) SSIDR = *from++;
    for (uint32_t i = 0; i < part; i++) (void)take();
    bytes -= part;
  }
}

void ssi_receive(uint8_t *into, uint32_t bytes) {
  while (bytes > 0) {
    const uint32_t part = bytes < FIFO_BYTES ? bytes : FIFO_BYTES;
    for (uint32_t i = 0; i < part; i++) SSIDR = 0xFF;
    for (uint32_t i = 0; i < part; i++) *into++ = take();
    bytes -= part;
  }
}
