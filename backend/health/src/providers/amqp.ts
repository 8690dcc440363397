import { talk, wireTarget, type Wire } from './wire.ts';

/** What a broker says of itself. */
export interface AmqpServer {
  product: string | null;
  version: string | null;
}

// Class and method numbers of AMQP 0-9-1, as far as a connection needs them.
const CONNECTION = 10;
const START = 10;
const START_OK = 11;
const TUNE = 30;
const TUNE_OK = 31;
const OPEN = 40;
const OPEN_OK = 41;
const CLOSE = 50;
const CLOSE_OK = 51;

/**
 * What a client says of itself. Without this capability RabbitMQ keeps whoever it refuses waiting for 3 s, longer than
 * a check lasts, and then hangs up without a word.
 */
const CLIENT = longString(
  field('capabilities', 'F', longString(field('authentication_failure_close', 't', Buffer.from([1])))),
);

const METHOD_FRAME = 1;
const FRAME_END = 0xce;
const MAX_FRAME = 131_072;

/** Opens a connection by AMQP 0-9-1 (protocol header, sign-in, tuning, virtual host) and closes it in order. */
export function openAmqp(url: URL, signal: AbortSignal): Promise<AmqpServer> {
  const target = wireTarget(url, ['amqp', 'amqps'], [5672, 5671]);
  const user = decodeURIComponent(url.username) || 'guest';
  const password = decodeURIComponent(url.password) || 'guest';
  const vhost = url.pathname.length > 1 ? decodeURIComponent(url.pathname.slice(1)) : '/';
  return talk(target, signal, async (wire) => {
    wire.write(Buffer.from('AMQP\0\0\x09\x01', 'latin1'));
    const start = await expectMethod(wire, START);
    const sasl = longString(`\0${user}\0${password}`);
    send(wire, START_OK, CLIENT, shortString('PLAIN'), sasl, shortString('en_US'));
    const tune = await expectMethod(wire, TUNE, 'It refuses the user or the password');
    // The same limits back, and no heartbeat: the connection lasts a moment.
    send(wire, TUNE_OK, tune.subarray(0, 6), Buffer.alloc(2));
    send(wire, OPEN, shortString(vhost), shortString(''), Buffer.alloc(1));
    await expectMethod(wire, OPEN_OK, `It does not open the virtual host "${vhost}"`);
    send(wire, CLOSE, uint16(200), shortString('health check done'), Buffer.alloc(4));
    await expectMethod(wire, CLOSE_OK);
    return serverOf(start);
  });
}

function send(wire: Wire, method: number, ...fields: Buffer[]): void {
  const payload = Buffer.concat([uint16(CONNECTION), uint16(method), ...fields]);
  const head = Buffer.alloc(7);
  head.writeUInt8(METHOD_FRAME);
  head.writeUInt32BE(payload.length, 3);
  wire.write(Buffer.concat([head, payload, Buffer.from([FRAME_END])]));
}

/** The arguments of the next method, which has to be `method`. @param otherwise said when the broker refuses instead */
async function expectMethod(wire: Wire, method: number, otherwise?: string): Promise<Buffer> {
  const head = await wire.read(7).catch((thrown: unknown) => {
    throw otherwise === undefined ? thrown : new Error(`${otherwise}.`, { cause: thrown });
  });
  // A broker of another version answers with the header of its own.
  if (head.toString('latin1', 0, 4) === 'AMQP') throw new Error('It does not speak AMQP 0-9-1.');
  const size = head.readUInt32BE(3);
  if (head.readUInt8() !== METHOD_FRAME || size < 4 || size > MAX_FRAME)
    throw new Error('It does not speak AMQP.');
  const payload = await wire.read(size + 1);
  const got = payload.readUInt16BE(2);
  const fields = payload.subarray(4, size);
  if (payload.readUInt16BE(0) === CONNECTION && got === method) return fields;
  if (got === CLOSE && fields.length >= 3) {
    const reason = fields.toString('utf8', 3, 3 + fields.readUInt8(2));
    throw new Error(`${otherwise ?? 'It closes the connection'}: ${reason}`);
  }
  throw new Error('It answers out of turn.');
}

/** Product and version stand in a table whose text fields read: name, `S`, length, text. */
function serverOf(start: Buffer): AmqpServer {
  const valueOf = (name: string): string | null => {
    const at = start.indexOf(Buffer.concat([shortString(name), Buffer.from('S')]));
    if (at < 0) return null;
    const begin = at + 1 + name.length + 1;
    if (begin + 4 > start.length) return null;
    return start.toString('utf8', begin + 4, begin + 4 + start.readUInt32BE(begin));
  };
  return { product: valueOf('product'), version: valueOf('version') };
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function shortString(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** A field of a table; a table is a long string of them. */
function field(name: string, type: string, value: Buffer): Buffer {
  return Buffer.concat([shortString(name), Buffer.from(type), value]);
}

function longString(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
