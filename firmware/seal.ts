/**
 * The envelope of SPEC.md section 3: an untagged COSE_Mac0 with HMAC 256/64 whose external AAD is
 * the topic's direction. Frames are built and checked in place.
 *
 *   84 43a10104 a0 <bstr head> content 48 tag
 */
import { FRAME_BYTES_MAX, SEAL_TAG_BYTES } from '../protocol/constants';
import { MAJOR_BYTES, putHead, readAt, readEnded, readHead, readSkip, readStart } from './cbor';
import { hmacFinish, hmacStart, hmacUpdate } from './hmac';

const HEAD_BYTES: u32 = 6;
const head = memory.data<u8>([0x84, 0x43, 0xa1, 0x01, 0x04, 0xa0]);

/** MAC_structure up to the content: ["MAC0", h'a10104', direction, ...]; its length before it. */
export const DIRECTION_UP = memory.data<u8>([
  13, 0x84, 0x64, 0x4d, 0x41, 0x43, 0x30, 0x43, 0xa1, 0x01, 0x04, 0x42, 0x75, 0x70,
]);
export const DIRECTION_DOWN = memory.data<u8>([
  15, 0x84, 0x64, 0x4d, 0x41, 0x43, 0x30, 0x43, 0xa1, 0x01, 0x04, 0x44, 0x64, 0x6f, 0x77, 0x6e,
]);
export const DIRECTION_STATE = memory.data<u8>([
  16, 0x84, 0x64, 0x4d, 0x41, 0x43, 0x30, 0x43, 0xa1, 0x01, 0x04, 0x45, 0x73, 0x74, 0x61, 0x74, 0x65,
]);

const tag = memory.data(32, 4);

/** Where content found by `openFrame` starts, and its length. */
export let content: usize = 0;
export let contentBytes: u32 = 0;

/** Seals `bytes` bytes of content into a frame at `into`; returns the frame's length. */
export function sealFrame(into: usize, direction: usize, from: usize, bytes: u32): u32 {
  memory.copy(into, head, HEAD_BYTES);
  const body = into + HEAD_BYTES;
  const at = putHead(body, MAJOR_BYTES, bytes);
  memory.copy(at, from, bytes);
  const after = at + bytes;
  computeTag(direction, body, <u32>(after - body));
  store<u8>(after, 0x40 | <u8>SEAL_TAG_BYTES);
  memory.copy(after + 1, tag, SEAL_TAG_BYTES);
  return <u32>(after - into) + 1 + SEAL_TAG_BYTES;
}

/** The first four bytes of a sealed frame's tag, as its acknowledgement must repeat them. */
export function echoOf(frame: usize, bytes: u32): u32 {
  return bswap<u32>(load<u32>(frame + bytes - SEAL_TAG_BYTES));
}

/** Checks shape and tag; true leaves `content` and `contentBytes` set. */
export function openFrame(direction: usize, frame: usize, bytes: u32): bool {
  if (bytes < HEAD_BYTES || bytes > <u32>FRAME_BYTES_MAX) return false;
  if (memory.compare(frame, head, HEAD_BYTES) != 0) return false;
  const body = frame + HEAD_BYTES;
  readStart(body, bytes - HEAD_BYTES);
  const length = readHead(MAJOR_BYTES);
  const start = readAt();
  readSkip(length);
  const after = readAt();
  const tagBytes = readHead(MAJOR_BYTES);
  const given = readAt();
  readSkip(tagBytes);
  if (!readEnded() || tagBytes != SEAL_TAG_BYTES) return false;
  computeTag(direction, body, <u32>(after - body));
  // Every byte is looked at whatever the first ones say: the time taken tells nothing.
  let differs: u32 = 0;
  for (let i: u32 = 0; i < <u32>SEAL_TAG_BYTES; i++) differs |= load<u8>(given + i) ^ load<u8>(tag + i);
  if (differs != 0) return false;
  content = start;
  contentBytes = <u32>length;
  return true;
}

function computeTag(direction: usize, body: usize, bytes: u32): void {
  hmacStart();
  hmacUpdate(direction + 1, load<u8>(direction));
  hmacUpdate(body, bytes);
  hmacFinish(tag);
}
