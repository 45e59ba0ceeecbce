/**
 * Display and lights. Four lines: the counter's name; what to do, or thank you; the link; what still
 * waits to be sent. Redrawn only when something shown has changed.
 */
import {
  DISPLAY_LINE_BYTES_MAX,
  DISPLAY_LINES,
  display,
  LIGHT_FAULT,
  LIGHT_ONLINE,
  LIGHT_THANKS,
  lights,
} from './board';
import * as catalogue from './catalogue';
import { online } from './mqtt';
import { waiting } from './outbox';
import { lockedOut, storageFailed, thankedLevel } from './rating';
import { language, name, nameBytes } from './settings';
import { textAt, textBytes, textLength, textNumber, textPiece, textStart } from './text';

/** An acknowledgement takes a moment: what waits is shown only when it is more than this, or offline. */
const WAITING_SHOWN_MIN: u32 = 3;

let shownPrompt: usize = 0;
let shownLink: usize = 0;
let shownWaiting: u32 = 0xffffffff;
let shownLights: u32 = 0xffffffff;

export function startScreen(): void {
  textStart();
  textBytes(name, nameBytes);
  show(0);
  for (let line: u32 = 1; line < DISPLAY_LINES; line++) {
    textStart();
    show(line);
  }
}

/** The terminal cannot work: says why, with the fault lamp. */
export function showFault(message: usize): void {
  line(1, message);
  lights(LIGHT_FAULT);
}

export function pollScreen(): void {
  const level = thankedLevel();
  let prompt = catalogue.PROMPT;
  let lamps: u32 = 0;
  if (storageFailed()) {
    prompt = catalogue.FAULT;
    lamps = LIGHT_FAULT;
  } else if (level > 0) {
    prompt = catalogue.THANKS;
    lamps = LIGHT_THANKS | (1 << (level - 1));
  } else if (lockedOut()) prompt = catalogue.WAIT;
  const connected = online();
  if (connected) lamps |= LIGHT_ONLINE;
  if (lamps != shownLights) {
    shownLights = lamps;
    lights(lamps);
  }
  if (prompt != shownPrompt) {
    shownPrompt = prompt;
    line(1, prompt);
  }
  const link = connected ? catalogue.ONLINE : catalogue.OFFLINE;
  if (link != shownLink) {
    shownLink = link;
    line(2, link);
  }
  let count = waiting();
  if (connected && count < WAITING_SHOWN_MIN) count = 0;
  if (count != shownWaiting) {
    shownWaiting = count;
    textStart();
    if (count > 0) {
      textPiece(inLanguage(catalogue.WAITING));
      textNumber(count);
    }
    show(3);
  }
}

function line(at: u32, message: usize): void {
  textStart();
  textPiece(inLanguage(message));
  show(at);
}

/** A message is its Vietnamese piece followed by its English one. */
function inLanguage(message: usize): usize {
  return language == 0 ? message : message + 1 + load<u8>(message);
}

function show(at: u32): void {
  display(at, textAt(), min(textLength(), DISPLAY_LINE_BYTES_MAX));
}
