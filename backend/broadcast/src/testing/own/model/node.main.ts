// One node of the model in a process of its own: the real gateway, and a port on which it is told what to publish.
import 'reflect-metadata';
import { startFakeGateway } from '../../fake-gateway.ts';
import { serveControl, type Command } from './control.ts';
import { CAP_BYTES, modelPolicies, modelTopics } from './model-topics.ts';

/** What a node is started with. */
export interface NodeSettings {
  run: number;
  fanout: 'direct' | 'stock';
  /** 0: any. */
  port: number;
  /** 0: any. */
  controlPort: number;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as NodeSettings;
const counts = new Map<string, number>();
const gateway = await startFakeGateway({
  topics: modelTopics,
  policies: modelPolicies((topic) => counts.get(topic) ?? 0),
  principals: (token) => ({ subject: token.split('.')[0] ?? token, role: 'operator' }),
  realTime: true,
  fanout: settings.fanout,
  port: settings.port,
  maxBufferedBytesPerClient: CAP_BYTES,
});

function obey(command: Command): void {
  switch (command.do) {
    case 'publish':
      gateway.broadcaster.publish(command.topic, command.data);
      counts.set(command.topic, (counts.get(command.topic) ?? 0) + 1);
      return;
    case 'kill':
      gateway.faults.kill(command.target);
      return;
    case 'freeze':
      gateway.faults.freeze(command.target);
      return;
    case 'thaw':
      gateway.faults.thaw(command.target);
      return;
    case 'expire':
      gateway.faults.expire(command.subject);
      return;
    case 'revoke':
      gateway.broadcaster.revoke(command.subject, command.topic);
  }
}

const control = await serveControl(settings.controlPort, settings.run, obey);
process.on('message', (message) => {
  if (message !== 'stop') return;
  control.server.close();
  void gateway.stop().then(() => process.exit(0));
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: gateway.url, controlPort: control.port });
