import { describe, expect, it } from '@jest/globals';
import type { Seen } from '../../witness.ts';
import { Judge, type JudgedTopic, type Published } from './judge.ts';

const log: JudgedTopic = { name: 't', mode: 'log', keyed: false, kept: 2, capBytes: 10_000 };
const latest: JudgedTopic = { ...log, mode: 'latest', keyed: true };

const record: Published[] = ['a', 'b', 'a', 'b', 'a'].map((key, n) => ({
  run: 1,
  topic: 't',
  key,
  json: JSON.stringify({ run: 1, n, key }),
  acknowledged: true,
}));

const message = (offset: number, topic = log, data?: unknown): Seen => ({
  kind: 'message',
  message: {
    topic: 't',
    epoch: 'e',
    offset,
    at: 'now',
    ...(topic.keyed ? { key: record[offset - 1]?.key } : {}),
    data: data ?? JSON.parse(record[offset - 1]?.json ?? 'null'),
  },
});
const start = (offset: number, reason?: string, epoch = 'e', messages?: Seen[]): Seen => ({
  kind: 'start',
  position: { epoch, offset },
  ...(reason === undefined ? {} : { reason }),
  ...(messages
    ? { snapshot: { messages: messages.flatMap((each) => (each.kind === 'message' ? [each.message] : [])) } }
    : {}),
});
const recovered = (offset: number, epoch = 'e'): Seen => ({ kind: 'recovered', position: { epoch, offset } });

function faults(topic: JudgedTopic, ...seen: Seen[]): string[] {
  const judge = new Judge(record);
  judge.hear('w', topic, seen);
  return judge.faults;
}
const from = (first: number, last = 5, topic = log): Seen[] =>
  Array.from({ length: last - first + 1 }, (_, i) => message(first + i, topic));

describe('the judge of the model', () => {
  it('finds nothing in a client that saw all, went on where it was, or started over with reason', () => {
    expect(faults(log, start(0), ...from(1))).toEqual([]);
    expect(faults(log, start(0), ...from(1, 2), recovered(5), ...from(3))).toEqual([]);
    expect(faults(log, start(0), message(1), start(4, 'expired'), message(5))).toEqual([]);
    const values = [message(4, latest), message(5, latest)];
    expect(faults(latest, start(0), ...values)).toEqual([]);
    expect(faults(latest, start(5, undefined, 'e', values))).toEqual([]);
  });

  it.each([
    ['a gap', [start(0), message(1), ...from(3)], /has a gap: offset 3 where 2 was due/],
    ['a duplicate', [start(0), message(1), message(1), ...from(2)], /got a duplicate: offset 1/],
    [
      'another order',
      [start(0), message(1), message(3), message(2), ...from(4)],
      /has a gap.*\n.*a duplicate/,
    ],
    ['another payload', [start(0), message(1, log, { run: 1, n: 7 }), ...from(2)], /not \{"run":1,"n":0/],
    ['an end that never came', [start(0), ...from(1, 4)], /ended at e:4 of life 1, not at 5/],
    [
      'a start over without a reason',
      [start(0), message(1), start(4), message(5)],
      /the reason is undefined/,
    ],
    [
      'a start over though nothing had expired',
      [start(0), ...from(1, 4), start(5, 'expired')],
      /nothing had expired/,
    ],
    ['another epoch that is none', [start(0), ...from(1, 4), start(5, 'epoch')], /the epoch is the same/],
    [
      'a slow client that could not be',
      [start(0), ...from(1, 4), start(5, 'slow')],
      /before there was enough/,
    ],
    ['a first start that is a start over', [start(0, 'slow'), ...from(1)], /it is the first/],
    ['a message of another epoch', [start(0, undefined, 'x'), ...from(1)], /got offset 1 of e at x:0/],
    ['going on from nowhere', [recovered(3), start(0), ...from(1)], /go on to e:3 from nowhere/],
  ])('finds %s', (_what, seen, fault) => {
    expect(faults(log, ...seen).join('\n')).toMatch(fault);
  });

  it('knows the epoch of a client that slept through a life from elsewhere, and finds one that is not of the last', () => {
    const judge = new Judge(record);
    judge.learnLast('t', 'f');
    judge.hear('awake', log, [start(0), ...from(1)]);
    judge.hear('asleep', log, [start(0), start(5, 'epoch', 'f')]);
    judge.hear('lost', log, [start(0), start(5, 'epoch', 'g')]);
    expect(judge.faults.map((fault) => fault.replace(/, item.*/, ''))).toEqual(['lost, topic t']);
  });

  it('finds a value that was not the last one, and one that nobody published', () => {
    expect(faults(latest, start(0), message(1, latest), message(5, latest)).join()).toMatch(
      /at the end holds offset undefined of key "b"/,
    );
    const stale = [message(2, latest), message(3, latest)];
    expect(faults(latest, start(5, undefined, 'e', stale)).join()).toMatch(
      /its snapshot holds offset 3 of key "a"/,
    );
  });

  it('finds a state that is older than its position', () => {
    const early: Seen = {
      kind: 'start',
      position: { epoch: 'e', offset: 3 },
      snapshot: { state: { published: 2 } },
    };
    expect(faults(log, early, ...from(4)).join()).toMatch(/state of 2 messages/);
  });
});
