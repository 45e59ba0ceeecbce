/*
 * Buttons and lamps. Five buttons, active low with pull-ups: PE0 to PE3 are levels 1 to 4, PF1 is
 * level 5. Lamps at the faces PB0 to PB4, thank-you PB5, online PB6; the fault lamp is the board's own
 * LED, PF0.
 */
#include "board.h"
#include "registers.h"

#define BUTTONS_E 0x0Fu
#define BUTTON_F 0x02u
#define LAMPS_B 0x7Fu
#define LED_F 0x01u

/* firmware/board.ts */
#define LIGHTS_FACES 0x1Fu
#define LIGHT_THANKS (1u << 8)
#define LIGHT_ONLINE (1u << 9)
#define LIGHT_FAULT (1u << 10)

/* What is lit, and how often that was set since the start: for a debugger or a test to see. */
volatile uint32_t pins_lit, pins_shown;

void pins_start(void) {
  RCGC2 |= RCGC2_GPIO_A_TO_F;
  (void)RCGC2; /* a port answers some clocks after it is switched on */
  GPIOPUR(GPIO_E) |= BUTTONS_E;
  GPIODEN(GPIO_E) |= BUTTONS_E;
  GPIOPUR(GPIO_F) |= BUTTON_F;
  GPIODIR(GPIO_F) |= LED_F;
  GPIODEN(GPIO_F) |= BUTTON_F | LED_F;
  GPIODIR(GPIO_B) |= LAMPS_B;
  GPIODEN(GPIO_B) |= LAMPS_B;
  GPIODATA(GPIO_B, LAMPS_B) = 0;
}

uint32_t pins_buttons(void) {
  const uint32_t up = GPIODATA(GPIO_E, BUTTONS_E) | GPIODATA(GPIO_F, BUTTON_F) << 3;
  return ~up & 0x1F;
}

void pins_lights(uint32_t mask) {
  uint32_t lamps = mask & LIGHTS_FACES;
  if (mask & LIGHT_THANKS) lamps |= 1u << 5;
  if (mask & LIGHT_ONLINE) lamps |= 1u << 6;
  GPIODATA(GPIO_B, LAMPS_B) = lamps;
  GPIODATA(GPIO_F, LED_F) = mask & LIGHT_FAULT ? LED_F : 0;
  pins_lit = mask;
  pins_shown++;
}
