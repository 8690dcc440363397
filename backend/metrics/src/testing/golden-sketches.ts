interface GoldenSketch {
  hex: string;
  values: number[];
  /** p50, p95 and p99. */
  quantiles: (number | null)[];
}

/** Encoded sketches of every version of the codec. They never change: whoever can read a version can read these. */
export const GOLDEN_SKETCHES: { v1: Record<string, GoldenSketch> } = {
  v1: {
    empty: {
      hex: '01001f5d0c05',
      values: [],
      quantiles: [null, null, null],
    },
    'one value': {
      hex: '0101000000000040454000000000004045400000000000404540f89c093cc750ff',
      values: [42.5],
      quantiles: [42.5, 42.5, 42.5],
    },
    'negative, zero and positive': {
      hex: '0106000000000000084000003426f56b0cc300003426f56b0c43c2cd09b21ab1cc040094bb04f31001dc1a000f0551',
      values: [-1000000000000000, -3, 0, 0, 1e-9, 2, 2, 2, 1000000000000000],
      quantiles: [9.981178865884129e-10, 1.980196442093994, 1.980196442093994],
    },
    'a minute of durations': {
      hex: '012933333333f382b340000000000000344048e17a14ae0f7140e09b0904080a0c0a0c0a0a0a0a080a080808060806060806060406060406040604040404040404040404046cec809b',
      values: [
        20, 245.06, 209.57, 176.17, 145, 116.23, 90.09, 66.87, 47, 31.18, 21, 254.25, 218.25, 184.32, 152.57,
        123.19, 96.37, 72.38, 51.62, 34.7, 22.83, 263.55, 227.06, 192.6, 160.3, 130.3, 102.82, 78.09, 56.48,
        38.52, 25.2, 272.98, 236, 201.02, 168.16, 137.58, 109.44, 84, 61.57, 42.63, 28,
      ],
      quantiles: [110.32711219852204, 253.46514458803122, 263.7059686116851],
    },
  },
};
