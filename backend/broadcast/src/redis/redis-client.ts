/** The part of a client of the package `redis` that is used, so that its types need not be installed. */
export interface RedisClient {
  connect(): Promise<unknown>;
  ping(): Promise<unknown>;
  sendCommand(args: readonly string[]): Promise<unknown>;
  subscribe(channel: string, listener: (payload: string, channel: string) => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  /** Cuts the connection; what is under way is rejected. Throws when there is none. */
  destroy(): void;
  on(event: 'error' | 'end', listener: (error?: unknown) => void): unknown;
}

/** Makes clients that are not connected yet, and do not come back by themselves. */
export type MakeRedisClient = (url: string, connectTimeoutMs: number) => RedisClient;

/**
 * Loads the optional package `redis`.
 * @throws Error that names the package to install
 */
export async function loadRedis(
  load: () => Promise<typeof import('redis')> = () => import('redis'),
): Promise<MakeRedisClient> {
  let redis: typeof import('redis');
  try {
    redis = await load();
  } catch (cause) {
    throw new Error(
      'BroadcastModule was given the option redis, which needs the package "redis": run npm install redis@5.',
      { cause },
    );
  }
  return (url, connectTimeout) =>
    redis.createClient({
      url,
      name: 'fleetdeck',
      disableOfflineQueue: true,
      disableClientInfo: true,
      socket: { reconnectStrategy: false, connectTimeout },
    });
}
