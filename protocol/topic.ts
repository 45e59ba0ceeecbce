/**
 * Topics: `hailong/v1/<shard>/<terminal>/<direction>`. The shard is the last hex digit of the
 * terminal's id, so any broker can split the load by topic filter and one terminal's batches always
 * meet the same worker.
 */
import { createHmac } from 'node:crypto';
import type { TerminalId } from './messages.js';
import type { Direction } from './seal.js';

export const TOPIC_ROOT = 'hailong/v1';

const TOPIC = /^hailong\/v1\/([0-9a-f])\/([0-9a-f]{7}([0-9a-f]))\/(up|down|state)$/;
const TERMINAL = /^[0-9a-f]{8}$/;

export function topicOf(terminal: TerminalId, direction: Direction): string {
  const hex = terminalHex(terminal);
  return `${TOPIC_ROOT}/${hex[7]}/${hex}/${direction}`;
}

/** Topic filter that matches every terminal's messages in one direction. */
export function topicFilter(direction: Direction): string {
  return `${TOPIC_ROOT}/+/+/${direction}`;
}

/** The terminal and direction a topic names, or null when it is not one of ours. */
export function parseTopic(topic: string): { terminal: TerminalId; direction: Direction } | null {
  const match = TOPIC.exec(topic);
  if (match === null || match[1] !== match[3]) return null;
  return { terminal: Number.parseInt(match[2]!, 16) as TerminalId, direction: match[4] as Direction };
}

/** A terminal's id as it is written: 8 lower-case hex digits. */
export function terminalHex(terminal: TerminalId): string {
  return terminal.toString(16).padStart(8, '0');
}

/** The id that 8 lower-case hex digits name, or null. */
export function parseTerminal(hex: string): TerminalId | null {
  return TERMINAL.test(hex) ? (Number.parseInt(hex, 16) as TerminalId) : null;
}

/**
 * The MQTT password a terminal presents: 32 hex digits, the first 16 bytes of
 * HMAC-SHA-256(key, "hailong mqtt"). The broker need not know the key, and a leaked password seals
 * nothing. The user name is the terminal's id.
 */
export function mqttPassword(key: Uint8Array): string {
  return createHmac('sha256', key).update('hailong mqtt').digest('hex').slice(0, 32);
}
