/**
 * The terminal's program. `boot()` once, then `tick()` for ever: scan, count, log, talk, show.
 * Nothing allocates and nothing waits; a tick that finds nothing to do costs a few comparisons.
 */
import { EVENT_BOOT, EVENT_TOTALS, TOTALS_COUNT } from '../protocol/constants';
import { resetCause, watchdog } from './board';
import { pressed, startButtons } from './buttons';
import * as catalogue from './catalogue';
import { now, readClock, startClock } from './clock';
import { pollConsole } from './console';
import { eventArg, eventStart } from './event';
import { append, behind, caughtUp, full, mirror, mount, next, totals } from './log';
import { pollMqtt } from './mqtt';
import { pollOutbox, startOutbox } from './outbox';
import { startRandom } from './random';
import { takePresses } from './rating';
import { pollScreen, showFault, startScreen } from './screen';
import { levels, loadSettings } from './settings';
import { E_UNPROVISIONED, OK } from './status';
import { FIRMWARE_VERSION } from './version';

/** Running totals are logged this often, if anything happened since. */
const TOTALS_MS: u64 = 3_600_000;

/** A terminal that cannot start tries again this often: a card may be pushed in, settings may come. */
const RETRY_MS: u64 = 5_000;

let running: bool = false;
let retryAt: u64 = 0;
let totalsAt: u64 = 0;
let totalsSeq: u32 = 0;

/** Powers up. Returns OK, or the status that keeps it from working for now; `tick` goes on trying. */
export function boot(): i32 {
  startClock();
  startRandom();
  startButtons();
  return start();
}

function start(): i32 {
  let status = loadSettings();
  startScreen();
  if (status >= 0) {
    status = mount();
    if (status >= 0) status = logBoot();
  }
  if (status < 0) {
    showFault(status == E_UNPROVISIONED ? catalogue.UNPROVISIONED : catalogue.FAULT);
    retryAt = now + RETRY_MS;
    return status;
  }
  startOutbox();
  running = true;
  return OK;
}

/** The whole program, one step. */
export function tick(): void {
  watchdog();
  if (!running && retryAt == 0) return; // never booted
  readClock();
  pollConsole();
  if (!running) {
    if (now >= retryAt) start();
    return;
  }
  takePresses(pressed());
  if (now >= totalsAt || behind) logTotals();
  pollMqtt();
  pollOutbox();
  pollScreen();
  mirror();
}

/**
 * The first event of a boot. If the tail lacks an event whose mirror a power cut prevented, this one takes
 * its number, and the host, which may have that number already, loses no rating to it.
 */
function logBoot(): i32 {
  eventStart(EVENT_BOOT);
  eventArg(FIRMWARE_VERSION);
  eventArg(resetCause());
  eventArg(levels);
  const status = append();
  if (status >= 0) logTotals();
  return status;
}

/** Double-entry book-keeping: what this terminal has counted, for the host to compare. */
function logTotals(): void {
  totalsAt = now + TOTALS_MS;
  caughtUp();
  if (next == totalsSeq || full()) return;
  eventStart(EVENT_TOTALS);
  for (let i: u32 = 0; i < <u32>TOTALS_COUNT; i++) eventArg(load<u32>(totals + (i << 2)));
  if (append() >= 0) totalsSeq = next;
}
