import fc from 'fast-check';

/** One frame of the attacker: text or bytes of a WebSocket message, or bytes below it. */
export type Frame = { text: string } | { bytes: Uint8Array } | { raw: Uint8Array };

const json = (value: unknown): string => JSON.stringify(value) ?? 'null';
const name = fc.constantFrom(
  'subscribe',
  'unsubscribe',
  'auth',
  'message',
  'welcome',
  'close',
  'reset',
  'error',
  'disconnect',
  'disconnecting',
  'connect_error',
  'newListener',
  '__proto__',
  'constructor',
  '',
);
const topic = fc.oneof(
  fc.constantFrom('system', 'audit', '__proto__', 'constructor', '*', 'audit.*', 'a..b', '', 'audit '),
  fc.string({ maxLength: 30 }),
  fc.jsonValue(),
);
const number = fc.constantFrom(
  '1e300',
  '-1',
  '0.5',
  '9007199254740993',
  'null',
  '"1"',
  '[]',
  '1e999',
  '{}',
  '0',
);
const ack = fc.oneof(fc.constant(''), fc.nat(1_000_000).map(String));
const size = fc.oneof(
  { weight: 14, arbitrary: fc.constant(1000) },
  fc.integer({ min: 15_000, max: 300_000 }),
);

const depth = fc.oneof(
  { weight: 14, arbitrary: fc.integer({ min: 10, max: 500 }) },
  fc.integer({ min: 3000, max: 120_000 }),
);

const text: fc.Arbitrary<string> = fc.oneof(
  // No packets, or packets of the other side.
  fc.constantFrom(
    '',
    '0',
    '1',
    '2',
    '2probe',
    '3',
    '3probe',
    '5',
    '6',
    '7',
    '9',
    'x',
    'b',
    'bAAAA',
    '4',
    '\u0000',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.tuple(fc.nat(9), fc.string({ maxLength: 60 })).map(([type, rest]) => `4${type}${rest}`),
  // Other namespaces, leaving, acknowledging what was never asked, refusing.
  fc.string({ maxLength: 20 }).map((nsp) => `40/${nsp},`),
  fc.constantFrom('41', '41/x,', '42/x,["subscribe"]', '40', '40{"token":"innocent"}', '44{"message":"no"}'),
  fc.tuple(ack, fc.jsonValue()).map(([id, value]) => `43${id}${json(value)}`),
  // Events of any name with anything.
  fc
    .tuple(ack, name, fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 3 }))
    .map(([id, event, args]) => `42${id}${json([event, ...args])}`),
  fc.tuple(ack, fc.jsonValue()).map(([id, value]) => `42${id}${json(value)}`),
  // Subscriptions to what is none, from where is nowhere.
  fc
    .tuple(ack, topic, number, number)
    .map(
      ([id, wanted, epoch, offset]) =>
        `42${id}["subscribe",{"topic":${json(wanted)},"epoch":${epoch},"offset":${offset}}]`,
    ),
  fc
    .tuple(ack, topic)
    .map(([id, wanted]) => `42${id}["subscribe",{"topic":${json(wanted)},"__proto__":{"ok":true}}]`),
  // Attachments that are announced, and never come or too many.
  fc
    .tuple(fc.constantFrom('1', '2', '99999', '-1', '1e9', ''), ack)
    .map(([count, id]) => `45${count}-${id}["subscribe",{"_placeholder":true,"num":${count.length}}]`),
  // Deep and large.
  depth.map((levels) => `421["subscribe",${'['.repeat(levels)}${']'.repeat(levels)}]`),
  size.map((length) => `422["subscribe",{"topic":"${'t'.repeat(length)}"}]`),
  size.map((length) => `423["auth",{"token":"${'x'.repeat(length)}"}]`),
);

/** Frames that no well-behaved client would send, and some that one would. */
export const frames: fc.Arbitrary<Frame> = fc.oneof(
  { weight: 30, arbitrary: text.map((frame) => ({ text: frame })) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ bytes })) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 2, maxLength: 40 }).map((raw) => ({ raw })) },
);
