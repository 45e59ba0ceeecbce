/**
 * Who is online, from verified state messages. A last will can arrive after the terminal has already
 * come back, so only the newest (boot, session) is believed, and an offline message only ends the very
 * session it belongs to. Kept in memory: the retained state messages restore it.
 */
import type { LogId, State, TerminalId } from '../../protocol/messages.js';

export type PresenceChange = {
  readonly terminal: TerminalId;
  readonly online: boolean;
  readonly boot: number;
};

type Seen = { log: LogId; boot: number; session: number; online: boolean };

export class Presence {
  private readonly seen = new Map<TerminalId, Seen>();

  /** The change a state message makes, or null. */
  take(state: State): PresenceChange | null {
    const before = this.seen.get(state.terminal);
    if (before !== undefined && !supersedes(state, before)) return null;
    const { log, boot, session, online } = state;
    this.seen.set(state.terminal, { log, boot, session, online });
    if (before !== undefined && before.online === online && before.boot === boot) return null;
    return { terminal: state.terminal, online, boot };
  }
}

function supersedes(state: State, before: Seen): boolean {
  // A new log means formatted storage, where boots count from 1 again: only an arrival can tell.
  if (state.log !== before.log) return state.online;
  if (state.boot !== before.boot) return state.boot > before.boot;
  if (state.session !== before.session) return state.session > before.session;
  return !state.online;
}
