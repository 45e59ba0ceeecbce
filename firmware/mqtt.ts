/**
 * MQTT 3.1.1 client over the network port's byte stream: CONNECT with a last will, SUBSCRIBE to the
 * terminal's own `down`, PUBLISH at QoS 0, PING. Nothing blocks: packets wait in a transmit buffer
 * and arrive through a bounded receiver that skips what is too long. Any surprise hangs up and dials
 * again after a pause that doubles up to a minute, with jitter, so that an office full of terminals
 * does not come back at once.
 */
import { DOWN_BYTES_MAX, KIND_STATE } from '../protocol/constants';
import { PORT_NETWORK, portRead, portReset, portWrite } from './board';
import { putArray, putUint } from './cbor';
import { now } from './clock';
import { hmacFinish, hmacStart, hmacUpdate } from './hmac';
import { boot, logId } from './log';
import { jittered } from './random';
import { DIRECTION_STATE, sealFrame } from './seal';
import { terminal } from './settings';
import { textAt, textBytes, textDigit, textHex, textLength, textPiece, textStart } from './text';

const CONNECT: u32 = 0x10;
const CONNACK: u32 = 0x20;
const PUBLISH: u32 = 0x30;
const PUBLISH_RETAIN: u32 = 0x31;
const SUBSCRIBE: u32 = 0x82;
const SUBACK: u32 = 0x90;
const PINGREQ: u32 = 0xc0;
const PINGRESP: u32 = 0xd0;

const KEEP_ALIVE_S: u32 = 60;
/** A silent line is probed this long after the last packet sent. */
const PING_MS: u64 = 30_000;
/** Longest wait for the link, for CONNACK, SUBACK or PINGRESP. */
const ANSWER_MS: u64 = 10_000;
const BACKOFF_MS_MIN: u32 = 1_000;
const BACKOFF_MS_MAX: u32 = 60_000;

const IDLE: u32 = 0;
const DIALING: u32 = 1;
const CONNECTING: u32 = 2;
const SUBSCRIBING: u32 = 3;
const ONLINE: u32 = 4;

const TX_MAX: u32 = 1024;
/** Packet head, topic and frame of a `down` message. */
const RX_MAX: u32 = 192;

const topicRoot = memory.data<u8>([11, 0x68, 0x61, 0x69, 0x6c, 0x6f, 0x6e, 0x67, 0x2f, 0x76, 0x31, 0x2f]);
const topicUp = memory.data<u8>([3, 0x2f, 0x75, 0x70]);
const topicDown = memory.data<u8>([5, 0x2f, 0x64, 0x6f, 0x77, 0x6e]);
const topicState = memory.data<u8>([6, 0x2f, 0x73, 0x74, 0x61, 0x74, 0x65]);
const clientPrefix = memory.data<u8>([3, 0x68, 0x6c, 0x2d]);
const protocolName = memory.data<u8>([7, 0x00, 0x04, 0x4d, 0x51, 0x54, 0x54, 0x04]);
const passwordLabel = memory.data<u8>([
  11, 0x68, 0x61, 0x69, 0x6c, 0x6f, 0x6e, 0x67, 0x20, 0x6d, 0x71, 0x74, 0x74,
]);

const tx = memory.data(1024);
let txUsed: u32 = 0;
let txSent: u32 = 0;
const rx = memory.data(192);
const frame = memory.data(64);
const digest = memory.data(32);

let state: u32 = IDLE;
/** When the present state has lasted too long; when idle, when to dial. */
let deadline: u64 = 0;
let backoffMs: u32 = BACKOFF_MS_MIN;
let session: u32 = 0;
let pingAt: u64 = 0;
let pinging: bool = false;

/** The payload of a message on `down`, valid until the next `pollMqtt`; `downBytes` 0 for none. */
export let down: usize = 0;
export let downBytes: u32 = 0;

export function online(): bool {
  return state == ONLINE;
}

/** One step: dials, sends what fits, takes at most one packet. */
export function pollMqtt(): void {
  downBytes = 0;
  if (state == IDLE) {
    if (now < deadline) return;
    portReset(PORT_NETWORK);
    resetReceiver();
    txUsed = txSent = 0;
    enter(DIALING);
  }
  if (state == DIALING) {
    if (portRead(PORT_NETWORK, rx, 0) >= 0) {
      session++;
      putConnect();
      enter(CONNECTING);
    } else if (now >= deadline) hangUp();
    return;
  }
  if (!flush() || !receive()) {
    hangUp();
    return;
  }
  if (state != ONLINE || pinging) {
    if (now >= deadline) hangUp();
  } else if (now >= pingAt) {
    if (putHeader(PINGREQ, 0)) {
      pinging = true;
      deadline = now + ANSWER_MS;
      flush();
    }
  }
}

/** Queues a sealed frame for the terminal's `up` topic; false when there is no room now. */
export function publishUp(from: usize, bytes: u32): bool {
  if (state != ONLINE) return false;
  return putPublish(PUBLISH, topicUp, from, bytes) && flush();
}

/**
 * An answer is overdue: asks the broker for a sign of life now. A UART to a modem does not tell when the
 * connection behind it has ended, and frames sent again would put off the ordinary probe.
 */
export function probe(): void {
  pingAt = now;
}

function enter(next: u32): void {
  state = next;
  deadline = now + ANSWER_MS;
}

/** Ends the connection; the next attempt comes after a pause. */
export function hangUp(): void {
  state = IDLE;
  pinging = false;
  deadline = now + jittered(backoffMs);
  backoffMs = backoffMs * 2 > BACKOFF_MS_MAX ? BACKOFF_MS_MAX : backoffMs * 2;
}

// --- Sending ---

/** Hands the port what it takes; false when the link is down. */
function flush(): bool {
  while (txSent < txUsed) {
    const taken = portWrite(PORT_NETWORK, tx + txSent, txUsed - txSent);
    if (taken < 0) return false;
    if (taken == 0) return true;
    txSent += taken;
  }
  if (txUsed > 0) pingAt = now + PING_MS;
  txUsed = txSent = 0;
  return true;
}

function put(from: usize, bytes: u32): void {
  memory.copy(tx + txUsed, from, bytes);
  txUsed += bytes;
}

function putByte(value: u32): void {
  store<u8>(tx + txUsed++, <u8>value);
}

/** Two length bytes, then the text put together last. */
function putText(): void {
  putByte(textLength() >> 8);
  putByte(textLength());
  put(textAt(), textLength());
}

/** Fixed header for `bytes` more bytes; false when the packet does not fit behind what waits. */
function putHeader(type: u32, bytes: u32): bool {
  if (txUsed + 3 + bytes > TX_MAX) return false;
  putByte(type);
  if (bytes < 128) {
    putByte(bytes);
  } else {
    putByte((bytes & 127) | 128);
    putByte(bytes >> 7);
  }
  return true;
}

function topic(leaf: usize): void {
  textStart();
  textPiece(topicRoot);
  textDigit(terminal & 15);
  textBytes(topicRoot + 8, 1); // its first slash
  textHex(terminal);
  textPiece(leaf);
}

function putPublish(type: u32, leaf: usize, from: usize, bytes: u32): bool {
  topic(leaf);
  if (!putHeader(type, 2 + textLength() + bytes)) return false;
  putText();
  put(from, bytes);
  return true;
}

/** The retained state and the last will, sealed: SPEC.md section 4.3. */
function sealState(isOnline: u32): u32 {
  let out = putUint(putArray(digest, 6), KIND_STATE);
  out = putUint(putUint(putUint(out, terminal), logId), boot);
  out = putUint(putUint(out, session), isOnline);
  return sealFrame(frame, DIRECTION_STATE, digest, <u32>(out - digest));
}

function putConnect(): void {
  const will = sealState(0);
  topic(topicState);
  // Variable header 10; client id 2 + 11; will topic, will; user name 2 + 8; password 2 + 32.
  putHeader(CONNECT, 10 + 13 + (2 + textLength()) + (2 + will) + 10 + 34);
  put(protocolName + 1, 7);
  putByte(0xe6); // user name, password, will retained at QoS 0, clean session
  putByte(KEEP_ALIVE_S >> 8);
  putByte(KEEP_ALIVE_S);
  textStart();
  textPiece(clientPrefix);
  textHex(terminal);
  putText();
  topic(topicState);
  putText();
  putByte(will >> 8);
  putByte(will);
  put(frame, will);
  textStart();
  textHex(terminal);
  putText();
  hmacStart();
  hmacUpdate(passwordLabel + 1, 12);
  hmacFinish(digest);
  textStart();
  for (let i: u32 = 0; i < 16; i++) {
    textDigit(load<u8>(digest + i) >> 4);
    textDigit(load<u8>(digest + i) & 15);
  }
  putText();
  flush();
}

function putSubscribe(): void {
  topic(topicDown);
  putHeader(SUBSCRIBE, 2 + 2 + textLength() + 1);
  putByte(0);
  putByte(1); // packet identifier
  putText();
  putByte(0); // QoS 0
  flush();
}

// --- Receiving: a packet is taken apart as its bytes come. ---

const AT_TYPE: u32 = 0;
const AT_LENGTH: u32 = 1;
const AT_BODY: u32 = 2;

let rxState: u32 = AT_TYPE;
let rxType: u32 = 0;
let rxLength: u32 = 0;
let rxShift: u32 = 0;
let rxGot: u32 = 0;

function resetReceiver(): void {
  rxState = AT_TYPE;
}

/** Reads until one packet is whole or nothing is left; false when the connection must end. */
function receive(): bool {
  while (rxState != AT_BODY || rxGot < rxLength) {
    // What is longer than the buffer is read over its start and thrown away.
    const keep = rxState == AT_BODY && rxLength <= RX_MAX;
    const want = rxState == AT_BODY ? min(rxLength - rxGot, RX_MAX) : 1;
    const got = portRead(PORT_NETWORK, keep ? rx + rxGot : rx, want);
    if (got < 0) return false;
    if (got == 0) return true;
    if (rxState == AT_BODY) rxGot += got;
    else if (!header(load<u8>(rx))) return false;
  }
  rxState = AT_TYPE;
  return rxLength > RX_MAX || handle();
}

function header(byte: u32): bool {
  if (rxState == AT_TYPE) {
    rxType = byte;
    rxLength = rxShift = rxGot = 0;
    rxState = AT_LENGTH;
    return true;
  }
  if (rxShift > 21) return false;
  rxLength |= (byte & 127) << rxShift;
  rxShift += 7;
  if (byte < 128) rxState = AT_BODY;
  return true;
}

function handle(): bool {
  if (state == CONNECTING) {
    if (rxType != CONNACK || rxLength != 2 || load<u8>(rx, 1) != 0) return false;
    putSubscribe();
    enter(SUBSCRIBING);
    return true;
  }
  if (state == SUBSCRIBING && rxType == SUBACK) {
    if (rxLength != 3 || load<u8>(rx, 2) != 0) return false;
    enter(ONLINE);
    backoffMs = BACKOFF_MS_MIN;
    pinging = false;
    return putPublish(PUBLISH_RETAIN, topicState, frame, sealState(1)) && flush();
  }
  if (rxType == PINGRESP && rxLength == 0) {
    pinging = false;
    return true;
  }
  // A retained or QoS 0 message; higher QoS was not asked for.
  if ((rxType & 0xf6) == PUBLISH) {
    takePublish();
    return true;
  }
  return false;
}

/** Leaves the payload of a message on our own `down` topic; anything else is dropped. */
function takePublish(): void {
  if (rxLength < 2) return;
  const topicBytes = ((<u32>load<u8>(rx)) << 8) | load<u8>(rx, 1);
  if (topicBytes + 2 > rxLength) return;
  topic(topicDown);
  if (topicBytes != textLength() || memory.compare(rx + 2, textAt(), topicBytes) != 0) return;
  const bytes = rxLength - 2 - topicBytes;
  if (bytes > <u32>DOWN_BYTES_MAX) return;
  down = rx + 2 + topicBytes;
  downBytes = bytes;
}
