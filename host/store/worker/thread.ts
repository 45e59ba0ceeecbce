/**
 * Entry of the store thread: opens the store, runs ingest on it, answers requests one by one in the
 * order they come. A commit may hold this thread for tens of milliseconds; the broker and the API
 * never wait for it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { HostError } from '../../errors.js';
import { Ingest } from '../../ingest/ingest.js';
import { openStore, openStoreForReading, type SqliteStore } from '../sqlite/store.js';
import type { Answer, Failure, PackedReceipt, Request } from './messages.js';
import { OPENED } from './messages.js';
import { pack, unpack } from './packing.js';

const port = parentPort!;
const { folder, mode } = workerData as { folder: string; mode: 'write' | 'read' };

function failureOf(error: unknown): Failure {
  if (error instanceof HostError) {
    return { name: error.name, message: error.message, code: error.code, params: { ...error.params } };
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, message, code: null, params: {} };
}

async function answer(store: SqliteStore, ingest: Ingest, request: Request): Promise<unknown> {
  if (request.kind === 'call') {
    const method = store[request.method] as (...given: readonly unknown[]) => Promise<unknown>;
    return method.apply(store, [...request.arguments]);
  }
  const { replies, changedOffices, presence, outcomes } = await ingest.receive(unpack(request.messages));
  return { replies: pack(replies), changedOffices, presence, outcomes } satisfies PackedReceipt;
}

function serve(store: SqliteStore): void {
  const ingest = new Ingest({ store });
  let last: Promise<void> = Promise.resolve();
  port.on('message', (request: Request) => {
    last = last.then(async () => {
      let reply: Answer;
      try {
        reply = { id: request.id, kind: 'value', value: await answer(store, ingest, request) };
      } catch (error) {
        reply = { id: request.id, kind: 'failure', failure: failureOf(error) };
      }
      port.postMessage(reply);
      if (request.kind === 'call' && request.method === 'close') port.close();
    });
  });
}

try {
  serve(mode === 'write' ? openStore(folder) : openStoreForReading(folder));
  port.postMessage({ id: OPENED, kind: 'value', value: null } satisfies Answer);
} catch (error) {
  port.postMessage({ id: OPENED, kind: 'failure', failure: failureOf(error) } satisfies Answer);
  port.close();
}
