/**
 * What can go wrong in a way that a person can put right. `code` is stable and names the sentence in
 * the catalogue (`error.<code>`); `params` fill it. Anything else that is thrown is a fault of ours.
 */
export type ErrorParams = Readonly<Record<string, string | number>>;

export class HostError extends Error {
  override readonly name: string = 'HostError';
  constructor(
    readonly code: string,
    readonly params: ErrorParams = {},
    options?: ErrorOptions,
  ) {
    super(`${code} ${JSON.stringify(params)}`, options);
  }
}

/** The store cannot be opened or written: nothing is acknowledged until it can. */
export class StoreError extends HostError {
  override readonly name = 'StoreError';
}

/** A registry document, a configuration file or an argument says something that cannot be. */
export class InputError extends HostError {
  override readonly name = 'InputError';
}
