/**
 * `npm run bench`: sizes, bytes and rates, each beside what one would otherwise run. Rates are medians
 * of several runs on this machine and mean something only as ratios; sizes and bytes are exact.
 */
import { boardRows } from './board.js';
import { firmwareRows } from './firmware.js';
import { ingestRows } from './ingest.js';
import type { Row } from './row.js';
import { wireRows } from './wire.js';

function print(title: string, rows: readonly Row[]): void {
  const cells = rows.map(({ what, ours, other, otherName }) => [what, ours, other ?? '', otherName ?? '']);
  const widths = [0, 1, 2].map((i) => Math.max(...cells.map((row) => row[i]!.length)));
  console.log(`\n${title}`);
  for (const row of cells) {
    const [what, ours, other] = [0, 1, 2].map((i) =>
      i === 0 ? row[i]!.padEnd(widths[i]!) : row[i]!.padStart(widths[i]!),
    );
    console.log(`  ${what}  ${ours}  ${other}  ${row[3]}`.trimEnd());
  }
}

print('Firmware', firmwareRows());
const board = await boardRows();
if (board.length > 0) print('Microcontroller, beside the same loop written directly in C', board);
print('Wire, MQTT payload', wireRows());
print('Host, seal verified, committed with fsync before the acknowledgement', await ingestRows());
