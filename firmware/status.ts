/** What a firmware function returns when it did not work: negative, one list for all of it. */
export const OK: i32 = 0;
/** The storage medium refused or read back wrong. */
export const E_STORAGE: i32 = -1;
/** The port's link is down. */
export const E_LINK: i32 = -2;
/** No free place: log full, or transmit buffer full. */
export const E_FULL: i32 = -3;
/** Bytes that are not what the protocol allows. */
export const E_PROTOCOL: i32 = -4;
/** The terminal has no settings yet. */
export const E_UNPROVISIONED: i32 = -5;
