import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AlertNotice } from '@fleetdeck/dto';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { webhookSink } from './webhook.sink.ts';
import { signWebhook, verifyWebhook } from './webhook-signature.ts';

const SECRET = 'sixteen or more characters';
const notice: AlertNotice = {
  id: '6b2f0b0e-0000-4000-8000-000000000001',
  kind: 'firing',
  group: { rule: 'Lag' },
  severity: 'critical',
  at: '2026-01-01T00:00:00.000Z',
  mayRepeat: false,
  incidents: [],
};

let server: Server;
let base: string;
let status = 200;
let got: { headers: IncomingHttpHeaders; body: string; url: string }[] = [];
beforeEach(async () => {
  status = 200;
  got = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      got.push({ headers: request.headers, body, url: request.url ?? '' });
      response.writeHead(status, status === 302 ? { location: `${base}/elsewhere` } : {}).end('thanks');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const never = new AbortController().signal;

describe('webhookSink', () => {
  it('sends the notice signed with its time, its id as idempotency key', async () => {
    const clock = new FakeClock();
    await webhookSink({ url: `${base}/hook`, secret: () => Promise.resolve(SECRET), clock }).deliver(
      notice,
      never,
    );
    const [request] = got;
    expect(JSON.parse(request?.body ?? '')).toEqual(notice);
    expect(request?.headers).toMatchObject({
      'idempotency-key': notice.id,
      'content-type': 'application/json',
    });
    const signature = String(request?.headers['fleetdeck-signature']);
    expect(verifyWebhook(SECRET, request?.body ?? '', signature, clock.now())).toBe(true);
  });

  it.each([
    [400, 'NoticeRefused'],
    [302, 'NoticeRefused'],
    [404, 'NoticeRefused'],
    [408, 'Error'],
    [429, 'Error'],
    [503, 'Error'],
  ])('takes %d for %s, follows no redirect, and tells no path', async (code, name) => {
    status = code;
    const sink = webhookSink({ url: `${base}/hook?token=hidden`, secret: SECRET });
    await expect(sink.deliver(notice, never)).rejects.toMatchObject({
      name,
      message: `${base} answered ${code}.`,
    });
    expect(got.map(({ url }) => url)).toEqual(['/hook?token=hidden']);
  });

  it('says where nobody listens, without the path', async () => {
    const url = `${base}/hook?token=hidden`;
    server.close();
    await once(server, 'close');
    const failure: unknown = await webhookSink({ url, secret: SECRET })
      .deliver(notice, never)
      .catch((thrown: unknown) => thrown);
    expect(String((failure as Error).message)).toMatch(/^http:\/\/127\.0\.0\.1:\d+ cannot be reached: /);
    expect(String((failure as Error).message)).not.toContain('hidden');
    server.listen(0);
    await once(server, 'listening');
  });

  it.each([
    ['http://example.com/hook', SECRET, /url must be https/],
    ['ftp://example.com', SECRET, /url must be an address/],
    ['nonsense', SECRET, /url must be an address/],
    ['https://me:pw@example.com', SECRET, /url must not hold a user/],
    ['https://example.com', 'short', /secret must have at least 16 characters/],
  ])('refuses %s with a sentence, repeating no secret', (url, secret, sentence) => {
    expect(() => webhookSink({ name: 'pager', url, secret })).toThrow(sentence);
  });

  it('takes http on this machine, and elsewhere only when told to', async () => {
    for (const url of ['http://localhost:1', 'http://[::1]:1', 'https://example.com']) {
      expect(webhookSink({ url, secret: SECRET }).name).toBe('webhook');
    }
    expect(webhookSink({ url: 'http://example.com', secret: SECRET, allowInsecure: true }).name).toBe(
      'webhook',
    );
    const late = webhookSink({ url: base, secret: () => Promise.resolve('') });
    await expect(late.deliver(notice, never)).rejects.toThrow('secret must have');
  });
});

describe('verifyWebhook', () => {
  it('takes what was signed with the secret a short while ago, and nothing else', () => {
    const at = Date.parse('2026-01-01T00:00:00.000Z');
    const header = signWebhook(SECRET, '{}', at);
    expect(verifyWebhook(SECRET, '{}', header, at + 299_000)).toBe(true);
    expect(verifyWebhook(SECRET, '{}', header, at + 301_000)).toBe(false);
    expect(verifyWebhook(SECRET, '{}', header)).toBe(false);
    expect(verifyWebhook(SECRET, '{ }', header, at)).toBe(false);
    expect(verifyWebhook('another secret here', '{}', header, at)).toBe(false);
    expect(verifyWebhook(SECRET, '{}', undefined, at)).toBe(false);
    expect(verifyWebhook(SECRET, '{}', 't=1,v1=xyz', at)).toBe(false);
  });
});
