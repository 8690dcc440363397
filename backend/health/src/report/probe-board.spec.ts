import { describe, expect, it } from '@jest/globals';
import type { ComponentHealth, StatusFamily } from '@fleetdeck/dto';
import { ProbeBoard, type BoardComponent } from './probe-board.ts';

/** A board of components whose looks are counted. */
function boardOf(names: string[], groups: Record<string, string[]>) {
  const looks = new Map<string, number>();
  const statuses = new Map<string, StatusFamily>();
  const components = new Map<string, BoardComponent>();
  const state = { running: true, stopping: false };
  const source = { components, running: () => state.running, stopping: () => state.stopping };
  const board = new ProbeBoard(source, groups);
  for (const name of names) {
    components.set(name, {
      everChecked: true,
      get health() {
        looks.set(name, (looks.get(name) ?? 0) + 1);
        return { status: statuses.get(name) ?? 'healthy', criticality: 'critical' } as ComponentHealth;
      },
    });
  }
  const looked = () => {
    const seen = Object.fromEntries(looks);
    looks.clear();
    return seen;
  };
  const become = (name: string, status: StatusFamily) => {
    statuses.set(name, status);
    board.changed(name);
  };
  const words = () => board.groups.map((group) => `${group} ${board.answer(group, 0).statusCode}`);
  return { board, state, looked, become, words };
}

describe('the board of the probes', () => {
  it('looks at a group once, however often it is asked, and again when a member changed', () => {
    const { board, looked, become, words } = boardOf(['a', 'b', 'c'], { ready: ['a'], search: ['b', 'c'] });
    expect(words()).toEqual(['live 200', 'ready 200', 'search 200']);
    looked();
    for (let i = 0; i < 100; i++) words();
    expect(looked()).toEqual({});
    for (let i = 0; i < 100; i++) become('b', 'critical');
    expect(looked()).toEqual({});
    expect(words()).toEqual(['live 200', 'ready 200', 'search 503']);
    expect(Object.keys(looked())).toEqual(['b', 'c']);
    expect(board.answer('nobody', 0).statusCode).toBe(503);
  });

  it('answers with the newest result when it is asked right after it', () => {
    const { board, become, words } = boardOf(['a', 'b'], { live: ['a'] });
    expect(board.ready).toBe(true);
    become('a', 'critical');
    expect(board.ready).toBe(false);
    expect(words()).toEqual(['live 503', 'ready 503']);
    become('a', 'healthy');
    expect(words()).toEqual(['live 200', 'ready 200']);
  });

  it('decides all anew when shutdown begins', () => {
    const { board, state, words } = boardOf(['a'], {});
    expect(words()).toEqual(['live 200', 'ready 200']);
    state.stopping = true;
    board.allChanged();
    expect(words()).toEqual(['live 200', 'ready 503']);
  });
});
