/*
 * Blocks on an SD card over SPI, by the SD Physical Layer Simplified Specification, chapter 7. A card
 * that fails in any way is started anew at the next call, so it may be pulled out and pushed in. No CRC
 * on the bus: the log's blocks carry their own. Byte-addressed (standard capacity) and block-addressed
 * (high capacity) cards.
 */
#include "board.h"
#include "registers.h"

#define CMD_GO_IDLE_STATE 0
#define CMD_SEND_IF_COND 8
#define CMD_SEND_CSD 9
#define CMD_SEND_CID 10
#define CMD_SEND_STATUS 13
#define CMD_SET_BLOCKLEN 16
#define CMD_READ_SINGLE_BLOCK 17
#define CMD_WRITE_BLOCK 24
#define ACMD_SD_SEND_OP_COND 41
#define CMD_APP_CMD 55
#define CMD_READ_OCR 58

#define R1_READY 0x00
#define R1_IDLE 0x01
#define TOKEN_DATA 0xFE
#define RESPONSE_MASK 0x1F
#define RESPONSE_ACCEPTED 0x05
#define OCR_CCS 0x40

/* The specification's limits, rounded up: initialisation 1 s, read 100 ms, write 250 ms (500 ms large). */
#define START_MS 1000
#define READ_MS 200
#define WRITE_MS 600

static bool ready;
static bool block_addressed;
static uint32_t blocks;

static bool late(uint32_t since, uint32_t ms) { return clock_millis() - since > ms; }

/* Clocks until the card drives something else than busy (00); false when it does not in time. */
static bool await_idle(uint32_t ms) {
  const uint32_t since = clock_millis();
  while (ssi_byte(0xFF) != 0xFF) {
    if (late(since, ms)) return false;
  }
  return true;
}

/*
 * Sends a command, eight clocks after whatever was before it as the specification asks, and returns its
 * R1; ff when none comes within the 8 bytes allowed.
 */
static uint8_t command(uint8_t index, uint32_t argument) {
  /* CRC-7 matters only before the card is in SPI mode: for CMD0, and for CMD8 with 1AA. */
  const uint8_t crc = index == CMD_GO_IDLE_STATE ? 0x95 : 0x87;
  const uint8_t frame[] = {0xFF, 0x40 | index, argument >> 24, argument >> 16, argument >> 8, argument, crc};
  uint8_t r1 = 0xFF;
  ssi_send(frame, sizeof frame);
  for (int i = 0; i < 9 && (r1 & 0x80); i++) r1 = ssi_byte(0xFF);
  return r1;
}

/* Waits for the data token, then takes data and drops its CRC. */
static bool data(uint8_t *into, uint32_t bytes) {
  const uint32_t since = clock_millis();
  uint8_t token;
  while ((token = ssi_byte(0xFF)) == 0xFF) {
    if (late(since, READ_MS)) return false;
  }
  if (token != TOKEN_DATA) return false;
  ssi_receive(into, bytes);
  ssi_byte(0xFF);
  ssi_byte(0xFF);
  return true;
}

/* Ends a transaction: eight clocks more with the card deselected let it let go of the line. */
static int32_t finish(bool good) {
  ssi_select(SSI_NONE);
  ssi_byte(0xFF);
  if (!good) ready = false;
  return good ? OK : E_STORAGE;
}

/* Blocks by the card-specific data, chapter 5.3. */
static uint32_t capacity(const uint8_t csd[16]) {
  if (csd[0] >> 6 == 1) {
    return ((uint32_t)(csd[7] & 0x3F) << 16 | (uint32_t)csd[8] << 8 | csd[9]) * 1024 + 1024;
  }
  const uint32_t size = (uint32_t)(csd[6] & 3) << 10 | (uint32_t)csd[7] << 2 | csd[8] >> 6;
  const uint32_t multiplier = (uint32_t)(csd[9] & 3) << 1 | csd[10] >> 7;
  const uint32_t block_bits = csd[5] & 15;
  return (size + 1) << (multiplier + 2 + block_bits - 9);
}

static bool await_ready(void) {
  const uint32_t since = clock_millis();
  for (;;) {
    command(CMD_APP_CMD, 0);
    const uint8_t r1 = command(ACMD_SD_SEND_OP_COND, 0x40000000);
    if (r1 == R1_READY) return true;
    if (r1 != R1_IDLE || late(since, START_MS)) return false;
  }
}

static bool start_selected(void) {
  uint8_t words[16];
  if (command(CMD_GO_IDLE_STATE, 0) != R1_IDLE) return false;
  if (command(CMD_SEND_IF_COND, 0x1AA) == R1_IDLE) ssi_receive(words, 4); /* version 2 of the card */
  if (!await_ready()) return false;
  if ((command(CMD_READ_OCR, 0) & ~R1_IDLE) != 0) return false; /* QEMU says idle here though it is not */
  ssi_receive(words, 4);
  block_addressed = words[0] & OCR_CCS;
  if (!block_addressed && command(CMD_SET_BLOCKLEN, BLOCK_BYTES) != R1_READY) return false;
  if (command(CMD_SEND_CID, 0) != R1_READY || !data(words, 16)) return false;
  /* The serial number differs between cards, so terminals with nothing else do not start alike. */
  for (int i = 0; i < 16; i++) entropy_stir(words[i]);
  if (command(CMD_SEND_CSD, 0) != R1_READY || !data(words, 16)) return false;
  blocks = capacity(words);
  return true;
}

static bool start(void) {
  if (ready) return true;
  ssi_select(SSI_CARD_SLOW);
  ssi_select(SSI_NONE);
  for (int i = 0; i < 10; i++) ssi_byte(0xFF); /* at least 74 clocks, deselected */
  ssi_select(SSI_CARD_SLOW);
  ready = true;
  finish(start_selected());
  return ready;
}

/* A card that is not there has no blocks; the firmware asks again after a while. */
uint32_t card_blocks(void) { return start() ? blocks : 0; }

static uint32_t address(uint32_t block) { return block_addressed ? block : block * BLOCK_BYTES; }

int32_t card_read(uint32_t block, uint8_t *into) {
  if (!start() || block >= blocks) return E_STORAGE;
  ssi_select(SSI_CARD);
  return finish(command(CMD_READ_SINGLE_BLOCK, address(block)) == R1_READY && data(into, BLOCK_BYTES));
}

static bool write_selected(uint32_t block, const uint8_t *from) {
  if (command(CMD_WRITE_BLOCK, address(block)) != R1_READY) return false;
  ssi_byte(0xFF);
  ssi_byte(TOKEN_DATA);
  ssi_send(from, BLOCK_BYTES);
  ssi_byte(0xFF);
  ssi_byte(0xFF);
  if ((ssi_byte(0xFF) & RESPONSE_MASK) != RESPONSE_ACCEPTED) return false;
  return await_idle(WRITE_MS);
}

int32_t card_write(uint32_t block, const uint8_t *from) {
  if (!start() || block >= blocks) return E_STORAGE;
  ssi_select(SSI_CARD);
  return finish(write_selected(block, from));
}

/* A card that is no longer busy has programmed what it took; its status says whether that went well. */
int32_t card_flush(void) {
  if (!ready) return E_STORAGE;
  ssi_select(SSI_CARD);
  return finish(await_idle(WRITE_MS) && command(CMD_SEND_STATUS, 0) == R1_READY && ssi_byte(0xFF) == 0);
}
