/*
 * The terminal's loop written directly in C, for the bench table: what WebAssembly costs is the ratio of
 * its counts to these. It takes presses and logs them as firmware/ does, block for block, and looks at
 * everything that an idle tick of the firmware looks at; it mounts no former log and talks to nobody, so
 * it is a yardstick and not a terminal.
 */
#include <string.h>

#include "board.h"

#define SAMPLE_MS 5
#define THANKS_MS 2500
#define TOTALS_MS 3600000
#define PING_MS 30000
#define EVENTS_AT 76
#define EVENT_BYTES_MAX 56
#define CRC_AT 508
#define SETTINGS_BLOCKS 2
#define RATING 5
#define PORT_CONSOLE 0
#define PORT_NETWORK 1

struct block {
  uint32_t magic, log_id, terminal, number, origin, version, boot, boot_latest, first, acked;
  uint64_t base;
  uint32_t totals[6];
  uint16_t count, used;
  uint8_t events[CRC_AT - EVENTS_AT];
  uint32_t crc;
};

static struct block tail;
static uint64_t now, sample_at, locked_until, thanks_until, flush_at, totals_at, ping_at, resend_at, last_at;
static uint32_t last_reading, low, high, state, thanked, next = 1, acked, cursor = 1, totals[6];
static uint32_t levels, lockout_ms, lockout_count, pairs;
static uint32_t shown_lights, shown_waiting, shown_prompt;
static uint32_t tx_used, tx_sent;
static bool online = true, in_flight, failed, running;

static uint32_t crc32(const uint8_t *bytes, uint32_t count) {
  static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                     0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                     0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  uint32_t crc = ~0u;
  for (uint32_t i = 0; i < count; i++) {
    crc ^= bytes[i];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

static uint8_t *put_head(uint8_t *at, uint32_t major, uint64_t value) {
  uint32_t bytes = value < 24 ? 0 : value < 1 << 8 ? 1 : value < 1 << 16 ? 2 : value >> 32 == 0 ? 4 : 8;
  static const uint8_t codes[] = {0, 24, 25, 0, 26, 0, 0, 0, 27};
  *at++ = (uint8_t)(major << 5 | (bytes == 0 ? value : codes[bytes]));
  while (bytes-- > 0) *at++ = (uint8_t)(value >> 8 * bytes);
  return at;
}

/* Whether the newest copy is still good: only then may the other one be written over. */
static bool kept(uint32_t block) {
  static struct block copy;
  if (card_read(block, (uint8_t *)&copy) < 0) return true;
  return copy.magic == tail.magic && copy.crc == crc32((const uint8_t *)&copy, CRC_AT) &&
         copy.number == tail.number && copy.used <= sizeof copy.events;
}

static int32_t write_tail(void) {
  const uint32_t pair = SETTINGS_BLOCKS + tail.number % pairs * 2;
  const uint32_t before = tail.version;
  tail.acked = acked;
  tail.boot_latest = tail.boot;
  tail.version += before == 0 || kept(pair + before % 2) ? 1 : 2;
  tail.crc = crc32((const uint8_t *)&tail, CRC_AT);
  int32_t status = card_write(pair + tail.version % 2, (const uint8_t *)&tail);
  if (status >= 0) status = card_flush();
  if (status < 0) tail.version = before;
  return status;
}

static void open_block(uint64_t base) {
  if (tail.version > 0) write_tail();
  const uint32_t number = tail.number;
  memset(&tail, 0, sizeof tail);
  tail.magic = 0x31474c48;
  tail.number = number + 1;
  tail.origin = 1;
  tail.boot = 1;
  tail.first = next;
  tail.base = base;
  memcpy(tail.totals, totals, sizeof totals);
  last_at = base;
}

static int32_t append(uint32_t code, uint32_t argument) {
  const uint64_t at = now / 10;
  uint8_t event[EVENT_BYTES_MAX];
  if (tail.version == 0 || tail.used > sizeof tail.events - 2 * EVENT_BYTES_MAX) open_block(at);
  uint8_t *end = put_head(put_head(put_head(put_head(event, 4, 3), 0, at - last_at), 0, code), 0, argument);
  const uint16_t bytes = (uint16_t)(end - event);
  memcpy(tail.events + tail.used, event, bytes);
  tail.used += bytes;
  tail.count++;
  const int32_t status = write_tail();
  if (status < 0) {
    tail.used -= bytes;
    tail.count--;
    return status;
  }
  if (code == RATING) totals[argument - 1]++;
  last_at = at;
  next++;
  return OK;
}

static uint32_t pressed(void) {
  if (now < sample_at) return 0;
  sample_at = now + SAMPLE_MS;
  const uint32_t differs = (pins_buttons() & 0xff) ^ state;
  high = differs & (high ^ low);
  low = differs & ~low;
  const uint32_t changed = differs & ~(high | low);
  state ^= changed;
  return changed & state;
}

static void take_presses(uint32_t down) {
  if (flush_at != 0 && now >= flush_at) flush_at = 0;
  const uint32_t faces = down & ((1u << levels) - 1);
  if (faces == 0) return;
  if (now < locked_until || (faces & (faces - 1)) != 0) {
    lockout_count++;
    flush_at = locked_until;
    return;
  }
  const uint32_t level = (uint32_t)__builtin_ctz(faces) + 1;
  failed = append(RATING, level) < 0;
  if (failed) return;
  thanked = level;
  thanks_until = now + THANKS_MS;
  locked_until = now + lockout_ms;
}

static void poll_console(void) {
  uint8_t byte;
  while (uart_read(PORT_CONSOLE, &byte, 1) > 0) {
  }
}

static void poll_link(void) {
  uint8_t byte;
  while (tx_sent < tx_used) tx_sent++;
  while (uart_read(PORT_NETWORK, &byte, 1) > 0) {
  }
  if (now >= ping_at) ping_at = now + PING_MS;
}

static void poll_outbox(void) {
  if (!online || now < resend_at || (!in_flight && cursor >= next)) return;
  cursor = next;
}

static void poll_screen(void) {
  uint32_t prompt = 1, lights = 0;
  if (failed) lights = 1u << 10;
  else if (now < thanks_until) {
    prompt = 2;
    lights = 1u << 8 | 1u << (thanked - 1);
  } else if (now < locked_until) prompt = 3;
  if (online) lights |= 1u << 9;
  if (lights != shown_lights) pins_lights(shown_lights = lights);
  if (prompt != shown_prompt) shown_prompt = prompt;
  const uint32_t waiting = next - cursor;
  if (waiting != shown_waiting) shown_waiting = waiting;
}

void runtime_boot(void) {
  uint8_t settings[BLOCK_BYTES];
  last_reading = clock_millis();
  state = pins_buttons();
  pairs = (card_blocks() - SETTINGS_BLOCKS) / 2;
  if (card_read(0, settings) < 0 || crc32(settings, CRC_AT) != *(uint32_t *)(settings + CRC_AT)) return;
  memcpy(&lockout_ms, settings + 44, sizeof lockout_ms);
  levels = settings[48];
  totals_at = TOTALS_MS;
  running = append(1, 0) >= 0;
}

void runtime_tick(void) {
  watchdog_feed();
  if (!running) return;
  const uint32_t reading = clock_millis();
  now += reading - last_reading;
  last_reading = reading;
  poll_console();
  take_presses(pressed());
  if (now >= totals_at) totals_at = now + TOTALS_MS;
  poll_link();
  poll_outbox();
  poll_screen();
}
