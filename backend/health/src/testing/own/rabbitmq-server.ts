import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** Who may sign in, and where. */
export const USER = 'portal';
export const PASSWORD = 'let me in';
export const VHOST = 'shop';

const READY = 'Server startup complete';

/** A RabbitMQ of a test's own, with its management API, in a folder of its own, on ports of its own. */
export class RabbitmqServer {
  private constructor(
    readonly port: number,
    readonly managementPort: number,
    private readonly child: ChildProcess,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly scripts: string,
    private readonly dir: string,
  ) {}

  /** @param command path of `rabbitmq-server` */
  static async start(command: string): Promise<RabbitmqServer> {
    const dir = mkdtempSync(join(tmpdir(), 'fleetdeck-rabbitmq-'));
    const [port, managementPort, distribution, epmd] = await freePorts();
    // Debian's command changes to the account of the system's broker; the script that it calls does not.
    const scripts = dirname(realpathSync(command));
    const config = join(dir, 'rabbitmq.conf');
    writeFileSync(
      config,
      [
        `listeners.tcp.default = 127.0.0.1:${port}`,
        'management.tcp.ip = 127.0.0.1',
        `management.tcp.port = ${managementPort}`,
        `default_user = ${USER}`,
        `default_pass = ${PASSWORD}`,
        `default_vhost = ${VHOST}`,
        'disk_free_limit.absolute = 1MB',
        '',
      ].join('\n'),
    );
    const plugins = join(dir, 'enabled_plugins');
    writeFileSync(plugins, '[rabbitmq_management].\n');
    const environment = {
      PATH: process.env['PATH'],
      // The node's secret is made here.
      HOME: dir,
      ERL_EPMD_PORT: String(epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      // Then it can be told to end whatever it still knows of the node.
      ERL_EPMD_RELAXED_COMMAND_CHECK: 'true',
      RABBITMQ_NODENAME: `fleetdeck-${port}@localhost`,
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_CONFIG_FILE: config,
      RABBITMQ_CONF_ENV_FILE: join(dir, 'none.conf'),
      RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
      RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
      RABBITMQ_LOG_BASE: join(dir, 'log'),
      RABBITMQ_LOGS: '-',
      // Then the script becomes the node, and does not stand between it and our signals.
      RUNNING_UNDER_SYSTEMD: 'true',
    };
    const child = spawn(join(scripts, 'rabbitmq-server'), [], {
      cwd: dir,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = new RabbitmqServer(port, managementPort, child, environment, scripts, dir);
    try {
      await server.started();
    } catch (thrown) {
      await server.stop();
      throw thrown;
    }
    return server;
  }

  /** Blocks publishers, as when memory is short, or no longer; until it takes effect. */
  async setMemoryAlarm(on: boolean): Promise<void> {
    await promisify(execFile)(
      join(this.scripts, 'rabbitmqctl'),
      ['-q', 'set_vm_memory_high_watermark', on ? '0.000001' : '0.9'],
      { cwd: this.dir, env: this.environment },
    );
    const url = `http://127.0.0.1:${this.managementPort}/api/health/checks/alarms`;
    const headers = { authorization: `Basic ${btoa(`${USER}:${PASSWORD}`)}` };
    for (;;) {
      const answer = await fetch(url, { headers });
      await answer.body?.cancel();
      if (answer.status === (on ? 503 : 200)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    // The node started the daemon that knows its port, which would outlive it.
    await promisify(execFile)('epmd', ['-kill'], { env: this.environment }).catch(() => undefined);
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async started(): Promise<void> {
    const { child } = this;
    const said: string[] = [];
    const ready = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        if (!stream) continue;
        createInterface({ input: stream }).on('line', (line) => {
          said.push(line);
          if (line.includes(READY)) resolve();
        });
      }
    });
    const failed = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`rabbitmq-server ended: ${said.slice(-10).join('\n')}`)));
    });
    failed.catch(() => undefined);
    await Promise.race([ready, failed]);
  }
}

/** Four ports that are free: all are held until the last one is known. */
async function freePorts(): Promise<[number, number, number, number]> {
  const one = async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  const servers = [await one(), await one(), await one(), await one()] as const;
  const [a, b, c, d] = servers.map((server) => (server.address() as AddressInfo).port) as [
    ...[number, number, number, number],
  ];
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [a, b, c, d];
}
