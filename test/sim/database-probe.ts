/**
 * Watches every call into SQLite, BEGIN and COMMIT included, by wrapping better-sqlite3's statements
 * once for the process: the store under test is the real one, unchanged. The watcher may throw, which
 * is how a host dies between any two calls.
 */
import Database from 'better-sqlite3';

/** Told the statement before (`done` false) and after each call. */
export type Watcher = (source: string, done: boolean) => void;

let watcher: Watcher | null = null;

export function watchDatabase(watch: Watcher | null): void {
  install();
  watcher = watch;
}

let installed = false;

type Call = (this: Database.Statement, ...args: unknown[]) => unknown;

function install(): void {
  if (installed) return;
  installed = true;
  const database = new Database(':memory:');
  const prototype = Object.getPrototypeOf(database.prepare('SELECT 1')) as Record<string, Call>;
  for (const name of ['run', 'get', 'all']) {
    const original = prototype[name]!;
    prototype[name] = function watched(...args) {
      if (watcher === null) return original.apply(this, args);
      watcher(this.source, false);
      const result = original.apply(this, args);
      watcher?.(this.source, true);
      return result;
    };
  }
  database.close();
}
