/**
 * The published vectors, and an independent way to write the same values: the element list of a
 * message, built from SPEC.md and encoded by cborg. Shares no code with the codec under test.
 */
import { readFileSync } from 'node:fs';
import * as cborg from 'cborg';
import type { Event, Message } from '../../protocol/messages.js';
import type { Direction } from '../../protocol/seal.js';

export type ContentVector = { name: string; hex: string; value: Message };
export type RejectVector = { name: string; hex: string; error: string };
export type SealVector = { name: string; key: string; direction: Direction; hex: string; value: string };
export type SealRejectVector = {
  name: string;
  key: string;
  direction: Direction;
  hex: string;
  error: string;
};

export type Tree = number | Tree[];

export function load<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../../protocol/vectors/${name}.json`, import.meta.url), 'utf8'));
}

export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
export const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

export function tree(message: Message): Tree {
  const { terminal, log } = message;
  switch (message.kind) {
    case 'batch': {
      const sent = message.sent;
      const when = typeof sent === 'number' ? sent : [sent.boot, sent.uptime];
      const { boot, first, base } = message;
      return [1, terminal, log, boot, first, base, when, message.events.map(eventTree)];
    }
    case 'gap':
      return [2, terminal, log, message.from, message.to];
    case 'state':
      return [3, terminal, log, message.boot, message.session, Number(message.online)];
    case 'ack':
      return [4, terminal, log, message.committed, message.echo];
  }
}

function eventTree(event: Event): Tree {
  const { delta } = event;
  switch (event.kind) {
    case 'boot':
      return [delta, 1, event.firmware, event.cause, event.levels];
    case 'rating':
      return [delta, event.scale, event.level];
    case 'suppressed':
      return [delta, 6, event.reason, event.count];
    case 'totals':
      return [delta, 7, ...event.totals];
    case 'overflow':
      return [delta, 8, event.span, event.lost, event.scale, ...event.totals];
  }
}

const STRICT = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowBigInt: false,
  useMaps: true,
  rejectDuplicateMapKeys: true,
};

/** What an independent strict CBOR decoder makes of the bytes; throws where it refuses them. */
export function decodeStrictly(data: Uint8Array): unknown {
  return cborg.decode(data, STRICT);
}

export function encodeIndependently(value: unknown): Uint8Array {
  return cborg.encode(value);
}
