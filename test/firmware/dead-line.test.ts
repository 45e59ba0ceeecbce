/** A line that dies without saying so, as a UART to a modem does: bytes vanish, nothing comes back. */
import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

describe('a line that dies in silence', () => {
  it('under an unanswered frame is left within 20 s, not when the quiet-line probe is due', () => {
    const rig = new Rig();
    rig.goOnline();
    rig.run(25_000);
    rig.link.deaf = true;
    const reset = rig.link.reset.bind(rig.link);
    rig.link.reset = () => {
      rig.link.deaf = false; // dialling anew brings a new line
      reset();
    };
    rig.press(4);
    rig.run(20_000);
    expect(rig.link.connects).toBe(2);
    expect(rig.ratings()).toEqual([5]);
  });

  it('while the broker answers and only the host is silent, the line is kept', () => {
    const rig = new Rig();
    rig.goOnline();
    rig.acknowledges = false;
    rig.press(4);
    rig.run(600_000);
    expect(rig.frames.length).toBeGreaterThan(4);
    expect(rig.link.connects).toBe(1);
  });
});
