/**
 * Who is online, from verified state messages. A last will can arrive after the terminal has already
 * come back, so only the newest (boot, session) is believed, and an offline message only ends the very
 * session it belongs to. Boots do not order two logs; the books do: a log that another has followed is
 * never believed again. Kept in memory: the retained state messages restore it.
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

  /** The change a state message makes, or null. `logs` are the terminal's in the books, newest first. */
  take(state: State, logs: readonly LogId[]): PresenceChange | null {
    const before = this.seen.get(state.terminal);
    if (logs.indexOf(state.log) > 0) return null;
    if (before !== undefined && !supersedes(state, before, logs)) return null;
    const { log, boot, session, online } = state;
    this.seen.set(state.terminal, { log, boot, session, online });
    if (before !== undefined && before.online === online && before.boot === boot) return null;
    return { terminal: state.terminal, online, boot };
  }
}

function supersedes(state: State, before: Seen, logs: readonly LogId[]): boolean {
  if (state.log !== before.log) {
    // Formatted storage: boots count from 1 again. A log too new for the books came after those in them.
    const older = logs.includes(state.log) && !logs.includes(before.log);
    return state.online && !older;
  }
  if (state.boot !== before.boot) return state.boot > before.boot;
  if (state.session !== before.session) return state.session > before.session;
  return !state.online;
}
