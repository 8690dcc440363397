import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Follower } from '../testing/own/follower.ts';
import { eventually, range } from '../testing/own/nodes.ts';
import { PortalChild } from '../testing/own/portal-child.ts';
import { RedisServer } from '../testing/own/redis-server.ts';

const MESSAGES = 3000;
const CLIENTS = 10;

describe('two processes over one Redis, at 1,000 messages a second', () => {
  let redis: RedisServer;
  let one: PortalChild;
  let two: PortalChild;
  let followers: Follower[];

  beforeEach(async () => {
    redis = await RedisServer.start();
    [one, two] = [await PortalChild.start(redis.url), await PortalChild.start(redis.url)];
    const { url } = two;
    followers = range(1, CLIENTS).map((n) => new Follower(n % 2 ? [one.url, url] : [url, one.url]));
    await Promise.all(followers.map((follower) => follower.begin()));
  });
  afterEach(async () => {
    for (const follower of followers) follower.end();
    await Promise.all([one.kill(), two.kill()]);
    await redis.stop();
  });

  const haveSeen = (number: number) =>
    eventually(`all have seen ${number}`, () => followers.every(({ last }) => last >= number));

  it('loses and repeats nothing for the clients of a node that is killed', async () => {
    const published = one.publish(MESSAGES);
    await haveSeen(500);
    await two.kill();
    await published;
    await haveSeen(MESSAGES);
    for (const { events, holes } of followers) {
      expect(holes).toBe(0);
      expect(events).toEqual(range(1, MESSAGES));
    }
  });

  it('declares what a killed Redis took with it, and loses nothing else', async () => {
    const published = one.publish(MESSAGES);
    await haveSeen(500);
    await redis.kill();
    await redis.restart();
    await published;
    await haveSeen(MESSAGES);
    await eventually('all were told to start over', () => followers.every(({ resets }) => resets > 0));
    for (const follower of followers) {
      expect([follower.holes, follower.silentlyLost]).toEqual([0, []]);
      const seen = follower.numbers;
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    }
  });
});
