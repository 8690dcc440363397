import { createElement as h } from 'react';
import { WebSocketManager } from '@fleetdeck/client';
import { defineTopics, topic } from '@fleetdeck/dto';
import { useTopic } from '@fleetdeck/react';
import { note, show, Table } from './table.mjs';

const topics = defineTopics({ rows: topic({ mode: 'latest', key: 'row' }) });
const socket = new WebSocketManager('/ws/platform', { topics });
const onMessage = ({ data }) => note(data);

show(() => {
  const { data } = useTopic('rows', { topics, socket, onMessage });
  return h(Table, { values: data });
});
