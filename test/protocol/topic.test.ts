/** Topics, terminal ids and the broker password against the published vectors. */
import { describe, expect, test } from 'vitest';
import type { TerminalId } from '../../protocol/messages.js';
import {
  mqttPassword,
  parseTerminal,
  parseTopic,
  terminalHex,
  topicFilter,
  topicOf,
} from '../../protocol/topic.js';
import { bytes, load } from './vectors.js';

type TopicVector =
  | { name: string; value: TerminalId; topics: string[] }
  | { name: string; topic: string; error: string }
  | { name: string; key: string; value: string };

const DIRECTIONS = ['up', 'down', 'state'] as const;

describe('topic.json', () => {
  test.each(load<TopicVector>('topic'))('$name', (vector) => {
    if ('topics' in vector) {
      expect(DIRECTIONS.map((direction) => topicOf(vector.value, direction))).toEqual(vector.topics);
      for (const [i, topic] of vector.topics.entries()) {
        expect(parseTopic(topic)).toEqual({ terminal: vector.value, direction: DIRECTIONS[i] });
      }
      expect(parseTerminal(terminalHex(vector.value))).toBe(vector.value);
    } else if ('topic' in vector) {
      expect(parseTopic(vector.topic)).toBeNull();
    } else {
      expect(mqttPassword(bytes(vector.key))).toBe(vector.value);
    }
  });

  test('the filter of a direction matches its topics only', () => {
    const matches = (filter: string, topic: string) => {
      const parts = topic.split('/');
      const wanted = filter.split('/');
      return wanted.length === parts.length && wanted.every((part, i) => part === '+' || part === parts[i]);
    };
    for (const direction of DIRECTIONS) {
      for (const other of DIRECTIONS) {
        const topic = topicOf(0x2a1c0b07 as TerminalId, other);
        expect(matches(topicFilter(direction), topic)).toBe(direction === other);
      }
    }
  });

  test.each(['2A1C0B07', '2a1c0b0', '02a1c0b07', '0x1c0b07', ' 2a1c0b07', ''])(
    '%j is no terminal',
    (text) => {
      expect(parseTerminal(text)).toBeNull();
    },
  );
});
