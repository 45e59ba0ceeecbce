/** What a page and its terminal's worker say to each other. */
import type { Settings } from '../settings.js';

export type ToWorker =
  | {
      readonly kind: 'start';
      /** Address of the compiled firmware. */
      readonly firmware: string;
      /** Address of the broker, ws: or wss:. */
      readonly broker: string;
      /** Written before the start; left out, the stored ones hold. */
      readonly settings?: Settings;
    }
  | { readonly kind: 'buttons'; readonly held: number };

export type FromWorker =
  | { readonly kind: 'screen'; readonly lines: readonly string[]; readonly lights: number }
  /** The terminal cannot run: in use by another tab, no settings, or a browser too old. */
  | { readonly kind: 'failed'; readonly reason: string };
