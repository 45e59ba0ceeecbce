/**
 * What a command needs of the process it runs in. Commands return an exit code: 0 done, 1 could not be
 * done and a sentence on `err` says why, 2 wrong usage.
 */
import { errorText, type Lang } from '../catalogue.js';
import { HostError } from '../errors.js';
import type { UnixMs } from '../instant.js';

export type Console = {
  readonly lang: Lang;
  out(line: string): void;
  err(line: string): void;
  now(): UnixMs;
};

/** Runs a command; an error that a person can put right becomes its sentence. */
export async function runCommand(console: Console, command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    console.err(errorText(console.lang, error));
    return 1;
  }
}
