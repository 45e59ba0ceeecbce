import { describe, expect, it } from 'vitest';
import type { Receipt, Received } from '../../host/ingest/ingest.js';
import { GROUP_MESSAGES_MAX, Intake, QUEUE_MESSAGES_MAX } from '../../host/ingest/intake.js';
import { until } from './temporary.js';
import { at } from './terminal.js';

const message: Received = { topic: 't', payload: new Uint8Array(1), receivedAt: at(0) };

/** An intake whose commits wait until they are let go. */
function slowIntake() {
  const groups: number[] = [];
  const waiting: { resolve(receipt: Receipt): void; reject(error: unknown): void }[] = [];
  const published: string[] = [];
  const failures: unknown[] = [];
  const intake = new Intake({
    receive: (messages) => {
      groups.push(messages.length);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    publish: ({ topic }) => published.push(topic),
    onReceipt: () => {},
    onFailure: (error) => failures.push(error),
  });
  const next = () => until('a group', () => waiting.shift());
  const receipt: Receipt = {
    replies: [{ topic: 'ack', payload: new Uint8Array() }],
    changedOffices: [],
    presence: [],
    outcomes: [],
  };
  return { intake, groups, published, failures, next, receipt };
}

describe('intake', () => {
  it('makes one group of what arrives while another commits, and answers after each commit', async () => {
    const { intake, groups, published, next, receipt } = slowIntake();
    intake.push(message);
    const first = await next();
    for (let i = 0; i < 5; i++) intake.push(message);
    expect([groups, intake.pending, published]).toEqual([[1], 6, []]);
    first.resolve(receipt);
    const second = await next();
    expect([groups, intake.pending, published]).toEqual([[1, 5], 5, ['ack']]);
    second.resolve(receipt);
    await until('the end', () => intake.pending === 0);
  });

  it('is bounded: drops and counts the newest, and limits a group', async () => {
    const { intake, groups, next, receipt } = slowIntake();
    for (let i = 0; i < QUEUE_MESSAGES_MAX + 7; i++) intake.push(message);
    expect(intake.dropped).toBe(7);
    (await next()).resolve(receipt);
    const second = await next();
    expect(groups).toEqual([GROUP_MESSAGES_MAX, GROUP_MESSAGES_MAX]);
    const stopped = intake.stop();
    second.resolve(receipt);
    await stopped;
    expect(groups).toHaveLength(2);
  });

  it('reports a failed commit and goes on with the next group', async () => {
    const { intake, failures, published, next, receipt } = slowIntake();
    intake.push(message);
    (await next()).reject(new Error('disk full'));
    await until('the failure', () => failures.length === 1);
    expect([intake.healthy, published]).toEqual([false, []]);
    await until('rest', () => intake.pending === 0);
    intake.push(message);
    (await next()).resolve(receipt);
    await until('health', () => intake.healthy);
    expect(published).toEqual(['ack']);
  });

  it('takes nothing once stopped', async () => {
    const { intake, groups } = slowIntake();
    await intake.stop();
    intake.push(message);
    expect([intake.pending, groups]).toEqual([0, []]);
  });
});
