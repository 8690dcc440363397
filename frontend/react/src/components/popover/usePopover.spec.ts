import { describe, expect, it } from '@jest/globals';
import { place } from './usePopover.ts';

const view = { width: 1000, height: 800 };
const panel = { width: 300, height: 200 };

describe('place', () => {
  it('puts the panel below its anchor, along its left edge, or its right one from right to left', () => {
    const anchor = { left: 400, right: 500, top: 100, bottom: 130 };
    expect(place(anchor, panel, view, false)).toMatchObject({ left: 400, top: 134 });
    expect(place(anchor, panel, view, true)).toMatchObject({ left: 200, top: 134 });
  });

  it('keeps it inside the window', () => {
    expect(place({ left: 900, right: 990, top: 0, bottom: 30 }, panel, view, false).left).toBe(696);
    expect(place({ left: 0, right: 90, top: 0, bottom: 30 }, panel, view, true).left).toBe(4);
  });

  it('puts it above where only there it fits, and cuts it where it fits nowhere', () => {
    expect(place({ left: 0, right: 9, top: 700, bottom: 730 }, panel, view, false).top).toBe(496);
    const tall = { width: 300, height: 2000 };
    expect(place({ left: 0, right: 9, top: 500, bottom: 530 }, tall, view, false)).toMatchObject({
      top: 4,
      maxHeight: 492,
    });
    expect(place({ left: 0, right: 9, top: 100, bottom: 130 }, tall, view, false)).toMatchObject({
      top: 134,
      maxHeight: 662,
    });
  });
});
