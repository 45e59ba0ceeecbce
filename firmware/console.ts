/**
 * The technician's console: a line in, a few `key=value` lines out, then `ok`, or `?` for what is not a
 * command. Keys and commands are ASCII, for people and scripts alike; nothing can be changed here. Any
 * bytes may come: a line that is too long or has anything but printable ASCII in it is no command.
 */
import { PORT_CONSOLE, portRead, portWrite } from './board';
import { now } from './clock';
import { acked, boot, logId, next, totals } from './log';
import { online } from './mqtt';
import { waiting } from './outbox';
import { storageFailed } from './rating';
import { language, levels, terminal } from './settings';
import { textAt, textBytes, textDigit, textHex, textLength, textNumber, textStart } from './text';
import { FIRMWARE_VERSION } from './version';

const LINE_MAX: u32 = 16;
/** Bytes taken in one tick, so that a chattering line cannot hold the loop up. */
const TAKE_MAX: u32 = 16;
const CR: u32 = 13;
const LF: u32 = 10;

const line = memory.data(16);
let used: u32 = 0;
let garbage: bool = false;

/** One line of the answer, on its way out. */
const out = memory.data(128);
let outUsed: u32 = 0;
let outSent: u32 = 0;
/** The answer's lines that are still to come: bits of the ANSWER list. */
let toCome: u32 = 0;

const ANSWER_HELP: u32 = 1 << 0;
const ANSWER_INFO: u32 = 1 << 1;
const ANSWER_STATUS: u32 = 1 << 2;
const ANSWER_TOTALS: u32 = 1 << 3;
const ANSWER_OK: u32 = 1 << 4;
const ANSWER_UNKNOWN: u32 = 1 << 5;

/** One step: sends what is under way, or else takes what has come. */
export function pollConsole(): void {
  if (outSent < outUsed) {
    const taken = portWrite(PORT_CONSOLE, out + outSent, outUsed - outSent);
    outSent = taken < 0 ? outUsed : outSent + taken; // nobody there: nobody to tell
    return;
  }
  if (toCome != 0) {
    compose(toCome & -toCome);
    toCome &= toCome - 1;
    return;
  }
  for (let i: u32 = 0; i < TAKE_MAX && toCome == 0; i++) {
    if (portRead(PORT_CONSOLE, out, 1) <= 0) return;
    take(load<u8>(out));
  }
}

function take(byte: u32): void {
  if (byte == CR || byte == LF) {
    if (used > 0 || garbage) toCome = answerTo();
    used = 0;
    garbage = false;
  } else if (byte < 0x20 || byte > 0x7e || used == LINE_MAX) garbage = true;
  else store<u8>(line + used++, <u8>byte);
}

function answerTo(): u32 {
  if (garbage) return ANSWER_UNKNOWN;
  if (is('help')) return ANSWER_HELP | ANSWER_OK;
  if (is('info')) return ANSWER_INFO | ANSWER_OK;
  if (is('status')) return ANSWER_STATUS | ANSWER_TOTALS | ANSWER_OK;
  return ANSWER_UNKNOWN;
}

/** Whether the line is this word. Strings are static, two bytes a letter. */
function is(word: string): bool {
  if (used != <u32>word.length) return false;
  for (let i: u32 = 0; i < used; i++) {
    if (load<u8>(line + i) != load<u16>(changetype<usize>(word) + (i << 1))) return false;
  }
  return true;
}

function compose(answer: u32): void {
  textStart();
  if (answer == ANSWER_HELP) put('help info status');
  else if (answer == ANSWER_INFO) composeInfo();
  else if (answer == ANSWER_STATUS) composeStatus();
  else if (answer == ANSWER_TOTALS) composeTotals();
  else put(answer == ANSWER_OK ? 'ok' : '?');
  put('\r\n');
  outUsed = min(textLength(), 128);
  outSent = 0;
  memory.copy(out, textAt(), outUsed);
}

function composeInfo(): void {
  put('terminal=');
  textHex(terminal);
  number(' firmware=', FIRMWARE_VERSION);
  put(' log=');
  textHex(logId);
  number(' boot=', boot);
  number(' levels=', levels);
  put(language == 0 ? ' lang=vi' : ' lang=en');
}

function composeStatus(): void {
  number('uptime_s=', <u32>(now / 1000));
  number(' online=', online() ? 1 : 0);
  number(' waiting=', waiting());
  number(' next=', next);
  number(' acked=', acked);
  number(' fault=', storageFailed() ? 1 : 0);
}

function composeTotals(): void {
  for (let level: u32 = 1; level <= 5; level++) {
    put(level == 1 ? 'level' : ' level');
    textDigit(level);
    number('=', load<u32>(totals + ((level - 1) << 2)));
  }
  number(' suppressed=', load<u32>(totals + 20));
}

function number(key: string, value: u32): void {
  put(key);
  textNumber(value);
}

function put(text: string): void {
  const letters = changetype<usize>(text);
  for (let i = 0; i < text.length; i++) textBytes(letters + (i << 1), 1);
}
