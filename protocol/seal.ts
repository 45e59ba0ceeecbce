/**
 * The envelope: an untagged COSE_Mac0 (RFC 9052 section 6.2) with HMAC 256/64 (RFC 9053 section 3.1)
 * under the terminal's key, the topic's direction as external AAD. A frame sealed for one direction
 * is therefore worth nothing on another.
 *
 *   84            array(4)
 *     43 a10104   protected header, bstr {1: 4}     alg = HMAC 256/64
 *     a0          unprotected header, {}
 *     58 nn ..    content, bstr
 *     48 ..       tag, first 8 bytes of HMAC-SHA-256 over
 *                 ["MAC0", h'a10104', direction as bstr, content as bstr]
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Reader, Reject, Writer } from './cbor.js';
import { ECHO_BYTES, FRAME_BYTES_MAX, KEY_BYTES, SEAL_TAG_BYTES } from './constants.js';
import type { RejectCode } from './messages.js';

export type Direction = 'up' | 'down' | 'state';

export type Opened =
  | { readonly kind: 'ok'; readonly content: Uint8Array; readonly echo: number }
  | { readonly kind: 'rejected'; readonly code: RejectCode };

const FRAME_HEAD = Uint8Array.of(0x84, 0x43, 0xa1, 0x01, 0x04, 0xa0);

/** MAC_structure up to and including the external AAD; the content's byte string follows. */
const MAC_PREFIX: Readonly<Record<Direction, Uint8Array>> = {
  up: macPrefix('up'),
  down: macPrefix('down'),
  state: macPrefix('state'),
};

function macPrefix(direction: Direction): Uint8Array {
  const text = new TextEncoder();
  const context = text.encode('MAC0');
  const aad = text.encode(direction);
  return Uint8Array.of(
    0x84,
    0x60 | context.length,
    ...context,
    0x43,
    0xa1,
    0x01,
    0x04,
    0x40 | aad.length,
    ...aad,
  );
}

/** Seals `content` under `key` for one direction. Throws RangeError for a key that is not 32 bytes. */
export function seal(key: Uint8Array, direction: Direction, content: Uint8Array): Uint8Array {
  checkKey(key);
  const body = new Writer().byteString(content).finish();
  const frame = new Uint8Array(FRAME_HEAD.length + body.length + 1 + SEAL_TAG_BYTES);
  frame.set(FRAME_HEAD);
  frame.set(body, FRAME_HEAD.length);
  frame[FRAME_HEAD.length + body.length] = 0x40 | SEAL_TAG_BYTES;
  frame.set(tagOf(key, direction, body), frame.length - SEAL_TAG_BYTES);
  return frame;
}

/**
 * Checks a frame's shape, then its tag, and returns its content. Never throws for any frame; RangeError
 * for a key that is not 32 bytes.
 */
export function open(key: Uint8Array, direction: Direction, frame: Uint8Array): Opened {
  checkKey(key);
  if (frame.length > FRAME_BYTES_MAX) return { kind: 'rejected', code: 'too_long' };
  if (frame.length < FRAME_HEAD.length) return { kind: 'rejected', code: 'truncated' };
  for (let i = 0; i < FRAME_HEAD.length; i++) {
    if (frame[i] !== FRAME_HEAD[i]) return { kind: 'rejected', code: 'bad_frame' };
  }
  try {
    const reader = new Reader(frame.subarray(FRAME_HEAD.length));
    const content = reader.byteString();
    const tag = reader.byteString();
    if (tag.length !== SEAL_TAG_BYTES) throw new Reject('bad_frame');
    reader.end();
    const body = frame.subarray(FRAME_HEAD.length, frame.length - SEAL_TAG_BYTES - 1);
    if (!timingSafeEqual(tag, tagOf(key, direction, body))) throw new Reject('bad_tag');
    return { kind: 'ok', content, echo: echoOf(frame) };
  } catch (error) {
    if (error instanceof Reject) return { kind: 'rejected', code: error.code };
    throw error;
  }
}

/** The first four bytes of a frame's tag, big endian: what its acknowledgement repeats. */
export function echoOf(frame: Uint8Array): number {
  const at = frame.length - SEAL_TAG_BYTES;
  return new DataView(frame.buffer, frame.byteOffset + at, ECHO_BYTES).getUint32(0);
}

function checkKey(key: Uint8Array): void {
  if (key.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes, not ${key.length}`);
}

function tagOf(key: Uint8Array, direction: Direction, body: Uint8Array): Uint8Array {
  return createHmac('sha256', key)
    .update(MAC_PREFIX[direction])
    .update(body)
    .digest()
    .subarray(0, SEAL_TAG_BYTES);
}
