// As the documentation of react-use-websocket has it: the last message, taken in by an effect.
import { createElement as h, useEffect, useState } from 'react';
import imported from 'react-use-websocket';
import { note, show, Table } from './table.mjs';

// A CommonJS package, which bundlers hand over with its exports around it.
const useWebSocket = imported.default ?? imported;
const address = `${globalThis.location.origin.replace(/^http/, 'ws')}/peer`;

show(() => {
  const { lastJsonMessage } = useWebSocket(address);
  const [values, setValues] = useState(() => new Map());
  useEffect(() => {
    if (!lastJsonMessage) return;
    note(lastJsonMessage);
    setValues((before) => new Map(before).set(lastJsonMessage.row, lastJsonMessage));
  }, [lastJsonMessage]);
  return h(Table, { values });
});
