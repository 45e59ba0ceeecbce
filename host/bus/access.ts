/**
 * Who may do what on the embedded broker. A terminal proves itself with the password derived from its
 * key, speaks only on its own `up` and `state`, hears only its own `down`, and may retain only
 * `state`. Pure decisions; the broker asks and carries them out.
 */
import { timingSafeEqual } from 'node:crypto';
import { FRAME_BYTES_MAX } from '../../protocol/constants.js';
import type { TerminalId } from '../../protocol/messages.js';
import { mqttPassword, parseTerminal, terminalHex, topicOf } from '../../protocol/topic.js';

export type Publication = {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly qos?: number;
  readonly retain?: boolean;
};

/** The terminal a CONNECT claims to be, or null when name and client id are not a terminal's. */
export function claimedTerminal(clientId: string, user: string | undefined): TerminalId | null {
  const terminal = user === undefined ? null : parseTerminal(user);
  return terminal !== null && clientId === clientIdOf(terminal) ? terminal : null;
}

export function clientIdOf(terminal: TerminalId): string {
  return `hl-${terminalHex(terminal)}`;
}

/** Compares in constant time, with a key that cannot match when the terminal is unknown. */
export function passwordMatches(key: Uint8Array | undefined, password: Uint8Array | undefined): boolean {
  const expected = Buffer.from(mqttPassword(key ?? new Uint8Array(32)));
  if (password === undefined || password.length !== expected.length) return false;
  return timingSafeEqual(expected, password) && key !== undefined;
}

export function mayPublish(terminal: TerminalId, { topic, payload, qos, retain }: Publication): boolean {
  if (payload.length > FRAME_BYTES_MAX || (qos ?? 0) > 1) return false;
  if (topic === topicOf(terminal, 'state')) return true;
  return topic === topicOf(terminal, 'up') && retain !== true;
}

/** A last will is a state message: its own topic, retained. */
export function mayLeaveWill(terminal: TerminalId, will: Publication): boolean {
  return will.topic === topicOf(terminal, 'state') && will.retain === true && mayPublish(terminal, will);
}

export function maySubscribe(terminal: TerminalId, filter: string): boolean {
  return filter === topicOf(terminal, 'down');
}
