/**
 * What the host and its store thread say to each other. Reads and writes go by the name of the Store's
 * own method; a group of received messages has its own packed form because it is the hot path.
 */
import type { MessageOutcome } from '../../ingest/ingest.js';
import type { PresenceChange } from '../../ingest/presence.js';
import type { Store } from '../store.js';
import type { Packed } from './packing.js';

export type StoreMethod = Exclude<keyof Store, 'commit'>;

export type Request =
  | { readonly id: number; readonly kind: 'receive'; readonly messages: Packed }
  | {
      readonly id: number;
      readonly kind: 'call';
      readonly method: StoreMethod;
      readonly arguments: readonly unknown[];
    };

export type PackedReceipt = {
  readonly replies: Packed;
  readonly changedOffices: string[];
  readonly presence: PresenceChange[];
  readonly outcomes: MessageOutcome[];
};

/** An error keeps its class across the threads by name, and its code and params. */
export type Failure = {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly params: Record<string, string | number>;
};

export type Answer =
  | { readonly id: number; readonly kind: 'value'; readonly value: unknown }
  | { readonly id: number; readonly kind: 'failure'; readonly failure: Failure };

/** Id of the first answer, which says that the store is open, or why it is not. */
export const OPENED = 0;
