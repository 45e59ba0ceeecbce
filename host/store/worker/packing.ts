/**
 * Messages between the threads, packed. A Buffer that came off a socket is a small view of a large
 * slab, and cloning one clones the slab; so payloads travel as one transferred block.
 */
import type { Received, Reply } from '../../ingest/ingest.js';
import type { UnixMs } from '../../instant.js';

export type Packed = {
  readonly topics: readonly string[];
  /** End of each payload in `bytes`. */
  readonly ends: Uint32Array;
  readonly receivedAt: Float64Array;
  readonly bytes: Uint8Array<ArrayBuffer>;
};

export function pack(messages: readonly (Received | Reply)[]): Packed {
  const ends = new Uint32Array(messages.length);
  const receivedAt = new Float64Array(messages.length);
  let total = 0;
  for (let i = 0; i < messages.length; i++) {
    total += messages[i]!.payload.length;
    ends[i] = total;
  }
  const bytes = new Uint8Array(total);
  const topics: string[] = [];
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i]!;
    bytes.set(message.payload, ends[i]! - message.payload.length);
    receivedAt[i] = 'receivedAt' in message ? message.receivedAt : 0;
    topics.push(message.topic);
  }
  return { topics, ends, receivedAt, bytes };
}

export function unpack({ topics, ends, receivedAt, bytes }: Packed): Received[] {
  return topics.map((topic, i) => ({
    topic,
    payload: bytes.subarray(i === 0 ? 0 : ends[i - 1]!, ends[i]!),
    receivedAt: receivedAt[i]! as UnixMs,
  }));
}
