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
import { timingSafeEqual } from 'node:crypto';
import { Reader, Reject } from './cbor.js';
import { ECHO_BYTES, FRAME_BYTES_MAX, KEY_BYTES, SEAL_TAG_BYTES } from './constants.js';
import { HmacKey } from './hmac.js';
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

/** A terminal's key made ready for many frames: worth making where a key is used more than once. */
export class SealKey {
  readonly hmac: HmacKey;
  /** Throws RangeError for a key that is not 32 bytes. */
  constructor(readonly bytes: Uint8Array) {
    if (bytes.length !== KEY_BYTES) {
      throw new RangeError(`a key has ${KEY_BYTES} bytes, not ${bytes.length}`);
    }
    this.hmac = new HmacKey(bytes);
  }
}

/** Seals `content` under `key` for one direction. Throws RangeError for a key that is not 32 bytes. */
export function seal(key: Uint8Array | SealKey, direction: Direction, content: Uint8Array): Uint8Array {
  const { hmac } = ready(key);
  const head = byteStringHead(content.length);
  const bodyEnd = FRAME_HEAD.length + head.length + content.length;
  const frame = new Uint8Array(bodyEnd + 1 + SEAL_TAG_BYTES);
  frame.set(FRAME_HEAD);
  frame.set(head, FRAME_HEAD.length);
  frame.set(content, FRAME_HEAD.length + head.length);
  frame[bodyEnd] = 0x40 | SEAL_TAG_BYTES;
  const body = frame.subarray(FRAME_HEAD.length, bodyEnd);
  frame.set(hmac.tag(MAC_PREFIX[direction], body, SEAL_TAG_BYTES), bodyEnd + 1);
  return frame;
}

/**
 * Checks a frame's shape, then its tag, and returns its content. Never throws for any frame; RangeError
 * for a key that is not 32 bytes.
 */
export function open(key: Uint8Array | SealKey, direction: Direction, frame: Uint8Array): Opened {
  const { hmac } = ready(key);
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
    if (!timingSafeEqual(tag, hmac.tag(MAC_PREFIX[direction], body, SEAL_TAG_BYTES)))
      throw new Reject('bad_tag');
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

const ready = (key: Uint8Array | SealKey): SealKey => (key instanceof SealKey ? key : new SealKey(key));

/** Head of a CBOR byte string of up to 65,535 bytes. */
function byteStringHead(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of(0x40 | length);
  if (length < 2 ** 8) return Uint8Array.of(0x58, length);
  if (length < 2 ** 16) return Uint8Array.of(0x59, length >> 8, length);
  throw new RangeError(`a content of ${length} bytes`);
}
