import { EventEmitter } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { ClientWire, type FanOut } from './client-wire.ts';
import { FrameBatch, MessageFrame, textFrame } from './message-frame.ts';

type Done = (error?: Error) => void;

/** A connection as socket.io's engine makes it, and the network below it. */
function setUp(fanOut: FanOut = 'direct', capBytes = 1000) {
  const done: Done[] = [];
  const network = {
    writableLength: 0,
    destroyed: false,
    write: jest.fn((_bytes: Buffer, callback?: Done) => {
      if (callback) done.push(callback);
    }),
  };
  const socket = { readyState: 1, close: jest.fn(), _socket: network, _sender: { sendFrame: jest.fn() } };
  const transport = { name: 'websocket', writable: true, perMessageDeflate: false, socket };
  const connection = Object.assign(new EventEmitter(), {
    readyState: 'open',
    upgrading: false,
    writeBuffer: [] as unknown[],
    transport,
    write: jest.fn(),
  });
  const wire = new ClientWire(connection as never, network as never, capBytes, fanOut);
  const flushed = (error?: Error): void => done.shift()?.(error);
  return { wire, network, socket, transport, connection, flushed };
}

const frames = [1, 2].map((offset) => MessageFrame.of('t', 'e', { offset, at: 'now', json: '1' }));
const batch = new FrameBatch(frames);

describe('ClientWire', () => {
  it('writes whole frames straight to an idle socket, in one write', () => {
    const { wire, network, connection } = setUp();
    wire.push(batch);
    expect(network.write.mock.calls).toEqual([[batch.bytes]]);
    expect(connection.write).not.toHaveBeenCalled();
  });

  it.each([
    ['something is queued', ({ connection }: ReturnType<typeof setUp>) => connection.writeBuffer.push({})],
    ['it is closing', ({ connection }: ReturnType<typeof setUp>) => (connection.readyState = 'closing')],
    ['it is being upgraded', ({ connection }: ReturnType<typeof setUp>) => (connection.upgrading = true)],
    ['its WebSocket closes', ({ socket }: ReturnType<typeof setUp>) => (socket.readyState = 2)],
  ])('leaves the order to the engine when %s', (_what, change) => {
    const set = setUp();
    change(set);
    set.wire.push(batch);
    expect(set.network.write).not.toHaveBeenCalled();
    expect(set.connection.write).toHaveBeenCalledWith('', {
      compress: false,
      wsPreEncodedFrame: [batch.bytes],
    });
  });

  it.each([
    [
      'is compressed',
      ({ transport }: ReturnType<typeof setUp>) => Object.assign(transport, { perMessageDeflate: {} }),
    ],
    [
      'has another transport by now',
      ({ connection, transport }: ReturnType<typeof setUp>) => (connection.transport = { ...transport }),
    ],
  ])('sends packet by packet through the engine when the connection %s', (_what, change) => {
    const set = setUp();
    change(set);
    set.wire.push(batch);
    expect(set.connection.write.mock.calls.map(([packet]) => packet)).toEqual(
      frames.map((frame) => frame.packet),
    );
  });

  it('leaves all to the engine when told so', () => {
    const { wire, network, connection } = setUp('stock');
    wire.push(batch);
    wire.push(new FrameBatch([]));
    expect(network.write).not.toHaveBeenCalled();
    expect(connection.write).toHaveBeenCalledTimes(2);
  });

  it('writes behind what the engine has handed over already', () => {
    const { wire, network, transport, connection } = setUp();
    transport.writable = false;
    wire.push(batch);
    expect(network.write).toHaveBeenCalledTimes(1);
    expect(connection.write).not.toHaveBeenCalled();
  });

  it.each([
    ['as a frame', 'direct' as const],
    ['through the engine', 'stock' as const],
  ])('sends an event of the gateway %s', (_how, fanOut) => {
    const { wire, network, connection } = setUp(fanOut);
    wire.emit('welcome', { n: 1 });
    const packet = '2["welcome",{"n":1}]';
    if (fanOut === 'direct') expect(network.write).toHaveBeenCalledWith(textFrame(`4${packet}`));
    else expect(connection.write).toHaveBeenCalledWith(packet, { compress: false });
  });

  it('takes one batch of any size when nothing waits, and none that would be too much behind others', () => {
    const { wire, network } = setUp('direct', 10);
    expect(wire.offer(batch)).toBe(true);
    network.writableLength = 1;
    expect(wire.offer(batch)).toBe(false);
  });

  it('counts what waits in the engine and in the network', () => {
    const { wire, network, connection } = setUp();
    connection.writeBuffer.push({ data: 'abc' });
    network.writableLength = 4;
    expect(wire.bufferedBytes).toBe(7);
  });

  it('tells once, when less than half of what may wait does so', () => {
    const { wire, network, flushed } = setUp();
    const told = jest.fn();
    wire.whenDrained(told);
    wire.whenDrained(told);
    network.writableLength = 500;
    flushed();
    expect(told).not.toHaveBeenCalled();
    network.writableLength = 499;
    flushed();
    expect(told).toHaveBeenCalledTimes(2);
    expect(network.write).toHaveBeenCalledTimes(2);
  });

  it('tells nothing of a connection that ended', () => {
    const { wire, flushed } = setUp();
    const told = jest.fn();
    wire.whenDrained(told);
    flushed(new Error('closed'));
    wire.whenDrained(told);
    expect(told).not.toHaveBeenCalled();
    flushed();
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('closes after what is queued', () => {
    const { wire, connection, socket } = setUp();
    connection.writeBuffer.push({ data: 'abc' });
    expect(wire.close(4001, 'Why')).toBe(true);
    expect(socket.close).not.toHaveBeenCalled();
    connection.writeBuffer = [];
    connection.emit('drain');
    expect(socket.close).toHaveBeenCalledWith(4001, 'Why');
  });

  it('says when there is no way to close with a number', () => {
    const { connection, network } = setUp();
    const bare = Object.assign(connection, { transport: { name: 'polling' } });
    expect(new ClientWire(bare as never, network as never, 10, 'direct').close(4001, 'Why')).toBe(false);
  });
});
