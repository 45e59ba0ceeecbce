/**
 * A terminal in a browser tab: the firmware in a dedicated worker, because only there is storage both
 * synchronous and durable, and because a busy page must not delay a press. The page sends which
 * buttons are held and shows the screen it is sent.
 */
import { type Board, type Link, PORT_NETWORK, powerOn, type Storage } from '../board.js';
import { provision } from '../settings.js';
import type { FromWorker, ToWorker } from './messages.js';
import { OpfsStorage } from './opfs-storage.js';
import { WebSocketLink } from './websocket-link.js';

const TICK_MS = 10;
const IMAGE = 'hailong-terminal.img';
const IMAGE_BLOCKS = 1026;

const tell = (message: FromWorker) => postMessage(message);

class BrowserBoard implements Board {
  held = 0;
  private readonly lines = ['', '', '', ''];
  private lamps = 0;

  constructor(
    readonly storage: Storage,
    private readonly network: Link,
  ) {}

  millis(): number {
    return Math.floor(performance.now()) >>> 0;
  }

  buttons(): number {
    return this.held;
  }

  lights(mask: number): void {
    this.lamps = mask;
    this.show();
  }

  display(line: number, text: string): void {
    this.lines[line] = text;
    this.show();
  }

  port(port: number): Link | undefined {
    return port === PORT_NETWORK ? this.network : undefined;
  }

  entropy(into: Uint8Array<ArrayBuffer>): void {
    crypto.getRandomValues(into);
  }

  resetCause(): number {
    return 0;
  }

  restart(): void {}

  watchdog(): void {}

  private show(): void {
    tell({ kind: 'screen', lines: [...this.lines], lights: this.lamps });
  }
}

async function start(message: Extract<ToWorker, { kind: 'start' }>): Promise<BrowserBoard> {
  const storage = await OpfsStorage.open(IMAGE, IMAGE_BLOCKS);
  if (message.settings !== undefined) provision(storage, message.settings);
  const module = new WebAssembly.Module(await (await fetch(message.firmware)).arrayBuffer());
  const board = new BrowserBoard(storage, new WebSocketLink(message.broker));
  const terminal = powerOn(module, board);
  const status = terminal.boot();
  if (status < 0) tell({ kind: 'failed', reason: `status ${status}` });
  setInterval(() => terminal.tick(), TICK_MS);
  return board;
}

let board: BrowserBoard | undefined;

addEventListener('message', async ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'buttons') {
    if (board !== undefined) board.held = data.held;
    return;
  }
  try {
    board = await start(data);
  } catch (error) {
    tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
});
