/**
 * From log to host: one message in flight, kept until an acknowledgement that answers exactly it,
 * sent again after a time that doubles. What the host has committed is released from the log; what
 * it lacks is sent again from there.
 *
 * Nothing is released on any other ground than a sealed acknowledgement for this log.
 */
import { committed, readAck } from './ack';
import { buildContent, last } from './batch';
import { now } from './clock';
import { acked, logId, release, sendEnd } from './log';
import { down, downBytes, online, probe, publishUp } from './mqtt';
import { jittered } from './random';
import { DIRECTION_UP, echoOf, sealFrame } from './seal';
import { terminal } from './settings';

const RESEND_MS_MIN: u32 = 4_000;
const RESEND_MS_MAX: u32 = 300_000;

const body = memory.data(640, 8);
const frame = memory.data(660, 8);

/** Next event to send: all before it the host has, or has been told they are gone. */
let cursor: u32 = 0;
let inFlight: bool = false;
let wasOnline: bool = false;
let echo: u32 = 0;
let resendAt: u64 = 0;
let resendMs: u32 = RESEND_MS_MIN;

export function startOutbox(): void {
  cursor = acked + 1;
}

/** Events not yet acknowledged. */
export function waiting(): u32 {
  return sendEnd() - cursor;
}

export function pollOutbox(): void {
  if (downBytes > 0) takeDown();
  if (!online()) {
    wasOnline = false;
    return;
  }
  if (!wasOnline) {
    // A new connection: what was in flight went down with the old one.
    wasOnline = true;
    inFlight = false;
    resendMs = RESEND_MS_MIN;
    resendAt = 0;
  }
  if (now < resendAt || (!inFlight && cursor >= sendEnd())) return;
  const bytes = buildContent(cursor, body);
  if (bytes == 0) return;
  const frameBytes = sealFrame(frame, DIRECTION_UP, body, bytes);
  if (!publishUp(frame, frameBytes)) return;
  echo = echoOf(frame, frameBytes);
  if (inFlight) probe();
  inFlight = true;
  later();
}

/** Sets the time of the next attempt and doubles the one after. */
function later(): void {
  resendAt = now + jittered(resendMs);
  resendMs = resendMs * 2 > RESEND_MS_MAX ? RESEND_MS_MAX : resendMs * 2;
}

/** Takes what came on `down`; anything but the acknowledgement of what is in flight leaves no trace. */
function takeDown(): void {
  if (!inFlight || !readAck(down, downBytes, terminal, logId, echo)) return;
  inFlight = false;
  const advanced = committed >= last;
  cursor = committed + 1;
  release(committed);
  if (advanced) {
    resendMs = RESEND_MS_MIN;
    resendAt = 0;
  }
  // Otherwise the host lacks earlier events: they go out when the time set at sending has come, so
  // that a host which cannot commit is not asked in a tight circle.
}
