/**
 * Not the product: the firmware's pure parts exported one by one, so that published test vectors and
 * the protocol's own can be run through the same compiled code. `buffer` is where a test puts bytes.
 */
import { readAck } from './ack';
import { afterDelta, delta, eventBytes, eventEncode, eventRead, length } from './event';
import { hmacFinish, hmacKey, hmacStart, hmacUpdate } from './hmac';
import {
  content,
  contentBytes,
  DIRECTION_DOWN,
  DIRECTION_STATE,
  DIRECTION_UP,
  openFrame,
  sealFrame,
} from './seal';
import { sha256Finish, sha256Start, sha256Update } from './sha256';

export { committed } from './ack';
export { hmacFinish, hmacKey, hmacStart, hmacUpdate, readAck, sha256Finish, sha256Start, sha256Update };

const area = memory.data(4096, 8);

export function buffer(): usize {
  return area;
}

function aad(direction: u32): usize {
  if (direction == 0) return DIRECTION_UP;
  return direction == 1 ? DIRECTION_DOWN : DIRECTION_STATE;
}

/** Directions by number: 0 up, 1 down, 2 state. */
export function seal(direction: u32, into: usize, from: usize, bytes: u32): u32 {
  return sealFrame(into, aad(direction), from, bytes);
}

/** Length of the content, copied to `into`; -1 for a frame that is refused. */
export function open(direction: u32, frame: usize, bytes: u32, into: usize): i32 {
  if (!openFrame(aad(direction), frame, bytes)) return -1;
  memory.copy(into, content, contentBytes);
  return contentBytes;
}

/** Reads one event and encodes it again at `into`; its length, or -1 when it is refused. */
export function event(from: usize, bytes: u32, into: usize): i32 {
  const after = eventRead(from, bytes);
  if (after != from + bytes || afterDelta == 0 || length == 0) return -1;
  const written = eventEncode(delta);
  memory.copy(into, eventBytes(), written);
  return written;
}
