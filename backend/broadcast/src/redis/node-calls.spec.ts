import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { callMessage, CallsReplica, readCall, readDirect, type NodeCall } from './node-calls.ts';

const AT = '2026-01-01T00:00:00.000Z';
const numbered = (offset: number, call: NodeCall) => ({
  offset,
  id: `n.${offset}`,
  ageMs: 0,
  ...callMessage(call, new FakeClock()),
});

describe('calls to all nodes', () => {
  it.each<NodeCall>([
    { call: 'revoke', subject: 'ann' },
    { call: 'revoke', subject: 'ann', topicPattern: 'm.*' },
    { call: 'disconnect', clientId: 'c' },
    { call: 'endSession', session: 's' },
  ])('come through as they were: %j', (call) => {
    expect(readCall(callMessage(call, new FakeClock()).json)).toEqual(call);
  });

  it.each([
    '',
    'null',
    '5',
    '{}',
    '{"call":"stop"}',
    '{"call":"revoke"}',
    '{"call":"revoke","subject":1}',
    '{"call":"revoke","subject":"a","topicPattern":1}',
    '{"call":"disconnect"}',
    '{"call":"endSession"}',
  ])('are not %j', (json) => {
    expect(readCall(json)).toBeNull();
  });

  it('of before a node was there are none of its business, those that it missed are', () => {
    const heard: NodeCall[] = [];
    const replica = new CallsReplica(
      () => 'own',
      (call) => heard.push(call),
    );
    const [old, missed, next] = ['a', 'b', 'c'].map(
      (clientId) => ({ call: 'disconnect', clientId }) as const,
    );
    const state = { epoch: 'e1', last: '', dropped: 0, whole: true };
    replica.startOver({ ...state, offset: 4, messages: [numbered(4, old as NodeCall)] }, false);
    replica.startOver(
      { ...state, epoch: 'e2', offset: 9, messages: [numbered(9, missed as NodeCall)] },
      true,
    );
    replica.take(numbered(10, next as NodeCall));
    replica.take({ ...numbered(11, next as NodeCall), json: '{}' });
    expect(heard).toEqual([missed, next]);
    expect(replica.position).toEqual({ epoch: 'e2', offset: 11 });
  });
});

describe('readDirect', () => {
  it('takes receivers by client and by subject', () => {
    const message = { topic: 'system', at: AT, json: '1' };
    expect(readDirect(JSON.stringify({ ...message, clientIds: ['a', 5] }))).toEqual({
      ...message,
      clientIds: ['a'],
    });
    expect(readDirect(JSON.stringify({ ...message, key: 'k', subject: 'ann' }))).toEqual({
      ...message,
      key: 'k',
      subject: 'ann',
    });
  });

  it.each([
    '[]',
    '{"topic":"a"}',
    `{"topic":"No Topic","at":"${AT}","json":"1","subject":"a"}`,
    `{"topic":"a","at":"never","json":"1","subject":"a"}`,
    `{"topic":"a","at":"${AT}","json":"{","subject":"a"}`,
    `{"topic":"a","at":"${AT}","json":"1"}`,
  ])('takes %j for none of ours', (payload) => {
    expect(readDirect(payload)).toBeNull();
  });
});
