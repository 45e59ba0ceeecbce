/**
 * The host's JSON API as the page uses it. Every answer is one of four outcomes, none of them thrown.
 * It also keeps the host's clock, read from the Date header: "today" must be the host's day even on a
 * tablet whose own clock is wrong.
 */
import type { Hours, Problem, Summary, Terminals, VirtualTerminal } from '../api/schema.js';

export type Outcome<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly problem: Problem | null }
  | { readonly kind: 'unreachable' };

/** Days of the host's zone, both inclusive; null leaves the period to the host. */
export type Days = { readonly from: string; readonly to: string } | null;

export interface Client {
  summary(days: Days): Promise<Outcome<Summary>>;
  hours(days: Days): Promise<Outcome<Hours>>;
  terminals(): Promise<Outcome<Terminals>>;
  virtual(): Promise<Outcome<VirtualTerminal>>;
  press(button: number): Promise<Outcome<null>>;
  /** Host's time, as near as its answers tell. */
  now(): number;
}

export type Ask = (path: string, options: RequestInit) => Promise<Response>;

const ROOT = '/api/v1';
/** Longer than any answer should take, shorter than a reader's patience. */
const ANSWER_MS_MAX = 10_000;
/** The Date header has whole seconds; a smaller difference says nothing. */
const CLOCK_MS_MIN = 2_000;

export function createClient(ask: Ask, clock: () => number): Client {
  let aheadMs = 0;

  async function call<T>(path: string, options: RequestInit): Promise<Outcome<T>> {
    let response: Response;
    try {
      response = await ask(ROOT + path, { signal: AbortSignal.timeout(ANSWER_MS_MAX), ...options });
      const hostMs = Date.parse(response.headers.get('date') ?? '');
      const differenceMs = hostMs - clock();
      if (!Number.isNaN(hostMs)) aheadMs = Math.abs(differenceMs) < CLOCK_MS_MIN ? 0 : differenceMs;
      if (response.status === 404) return { kind: 'absent' };
      const body: unknown = await response.json().catch(() => null);
      if (!response.ok) return { kind: 'refused', problem: problemOf(body) };
      return { kind: 'answered', value: body as T };
    } catch {
      return { kind: 'unreachable' };
    }
  }

  const read = <T>(path: string) => call<T>(path, { headers: { accept: 'application/json' } });
  return {
    summary: (days) => read<Summary>(`/summary${query(days)}`),
    hours: (days) => read<Hours>(`/hours${query(days)}`),
    terminals: () => read<Terminals>('/terminals'),
    virtual: () => read<VirtualTerminal>('/virtual'),
    press: (button) =>
      call<null>('/virtual/buttons', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ button }),
      }),
    now: () => clock() + aheadMs,
  };
}

function query(days: Days): string {
  return days === null ? '' : `?${new URLSearchParams(days)}`;
}

function problemOf(body: unknown): Problem | null {
  const problem = body as Partial<Problem> | null;
  return typeof problem?.code === 'string' && typeof problem.message === 'string'
    ? (problem as Problem)
    : null;
}
