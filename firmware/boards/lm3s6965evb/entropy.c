/*
 * Noise for jitter and log ids. The chip has no random generator, so this stirs together what differs
 * from one power-on to the next: RAM that nobody has written, the last bits of the temperature sensor,
 * the phase of SysTick against the analogue converter, the card's serial number, and what was stirred
 * before the last reset. Good for telling logs apart and for spreading terminals in time; the firmware
 * asks for nothing secret, and this must not be used for keys.
 */
#include "board.h"
#include "registers.h"

#define SAMPLES 64
/* A conversion takes 16 us; where the converter does not answer, the wait itself is noise. */
#define WAIT_LOOPS 2000

__attribute__((section(".noinit"))) static uint32_t pool;

/* One round of a multiply-xorshift mix: every bit of the noise reaches every bit of the pool. */
void entropy_stir(uint32_t noise) {
  pool = (pool ^ noise) * 0x9E3779B1u;
  pool ^= pool >> 15;
}

static void sample(void) {
  ADCPSSI = ADCPSSI_SS3;
  for (int i = 0; i < WAIT_LOOPS && !(ADCRIS & ADCRIS_INR3); i++) {
  }
  entropy_stir(ADCSSFIFO3);
  entropy_stir(STCURRENT);
  ADCISC = ADCRIS_INR3;
}

void entropy_fill(uint8_t *into, uint32_t bytes) {
  RCGC0 |= RCGC0_ADC;
  (void)RCGC0;
  ADCACTSS = 0;
  ADCSSCTL3 = ADCSSCTL3_TS0 | ADCSSCTL3_IE0 | ADCSSCTL3_END0;
  ADCACTSS = ADCACTSS_ASEN3;
  for (uint32_t i = 0; i < bytes; i++) {
    for (int j = 0; j < SAMPLES / 4; j++) sample();
    into[i] = (uint8_t)(pool >> 24);
  }
  ADCACTSS = 0;
  RCGC0 &= ~RCGC0_ADC;
}
