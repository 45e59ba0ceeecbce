/** The panel: the one import of the drawing module, and its only way out. */

export const PANEL_COLUMNS: u32 = 128;
/** Rows of one line of text. */
export const LINE_ROWS: u32 = 16;
/** Bytes of one row: two pixels a byte, the left one in the high nibble, 15 the brightest. */
export const ROW_BYTES: u32 = 64;

/** Shows `LINE_ROWS` rows of pixels as line `line`. */
export declare function blit(line: u32, pixels: usize): void;
