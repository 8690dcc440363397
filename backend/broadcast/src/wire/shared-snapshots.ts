import type { TopicSnapshot } from '@fleetdeck/dto';
import type { BroadcastServer } from '../gateway/socket.types.ts';

const EVENT = 2;
const ACK = 3;

/** A packet of socket.io's protocol, before it is encoded. */
interface Packet {
  type: number;
  nsp: string;
  id?: number;
  data?: unknown;
}

interface PacketEncoder {
  encode(packet: Packet): unknown[];
}

/**
 * Has a server encode each snapshot once for all clients that start from it. With socket.io alone, a thousand clients
 * that come back cost the encoding of a thousand snapshots.
 */
export function shareSnapshots(server: BroadcastServer): void {
  const { encoder } = server as unknown as { encoder?: Partial<PacketEncoder> };
  // Made otherwise than expected: each is then encoded by itself.
  if (!encoder || typeof encoder.encode !== 'function') return;
  const encode = encoder.encode.bind(encoder);
  const known = new WeakMap<object, string>();
  encoder.encode = (packet) => {
    const text = encodeWithSnapshot(packet, known);
    return text === null ? encode(packet) : [text];
  };
}

function encodeWithSnapshot({ type, nsp, id, data }: Packet, known: WeakMap<object, string>): string | null {
  if ((type !== EVENT && type !== ACK) || nsp !== '/' || !Array.isArray(data)) return null;
  const parts: unknown[] = data;
  const last = parts.at(-1);
  if (!hasSnapshot(last)) return null;
  const { snapshot, ...rest } = last;
  const head = JSON.stringify([...parts.slice(0, -1), rest]).slice(0, -2);
  const comma = head.endsWith('{') ? '' : ',';
  return `${type}${id ?? ''}${head}${comma}"snapshot":${encodeOnce(snapshot, known)}}]`;
}

function hasSnapshot(value: unknown): value is { snapshot: TopicSnapshot } {
  const snapshot = (value as { snapshot?: unknown } | null | undefined)?.snapshot;
  return typeof snapshot === 'object' && snapshot !== null;
}

// Values are the same array for all until one changes. What a policy's own source gave is the same for those only who
// share one reading: another reading may give the same object, changed meanwhile.
function encodeOnce(snapshot: TopicSnapshot, known: WeakMap<object, string>): string {
  const shared = 'state' in snapshot ? snapshot : (snapshot.messages ?? snapshot);
  let text = known.get(shared);
  if (text === undefined) {
    text = JSON.stringify(snapshot);
    known.set(shared, text);
  }
  return text;
}
