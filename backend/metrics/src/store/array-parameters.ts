/** Arrays in PostgreSQL's binary format, which `pg` sends as it stands: neither side turns a number into text and back. */

/** Type numbers of `pg_type`, which never change. */
const OID = { bytea: 17, integer: 23, double: 701 } as const;

/** Dimensions, whether there are nulls, type, length, index of the first element. */
const HEAD_BYTES = 20;
const NULL_LENGTH = -1;

/** For a parameter of type `integer[]`. */
export function integerArray(numbers: readonly (number | null)[]): Buffer {
  return arrayOf(numbers, OID.integer, 4, (bytes, number, at) => bytes.writeInt32BE(number, at));
}

/** For a parameter of type `double precision[]`. */
export function doubleArray(numbers: readonly (number | null)[]): Buffer {
  return arrayOf(numbers, OID.double, 8, (bytes, number, at) => bytes.writeDoubleBE(number, at));
}

/** For a parameter of type `bytea[]`. */
export function bytesArray(values: readonly (Uint8Array | null)[]): Buffer {
  const payload = values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + 4 * values.length + payload);
  let at = writeHead(bytes, OID.bytea, values.length);
  for (const value of values) {
    at = bytes.writeInt32BE(value?.length ?? NULL_LENGTH, at);
    if (value === null) continue;
    bytes.set(value, at);
    at += value.length;
  }
  return bytes;
}

function arrayOf(
  numbers: readonly (number | null)[],
  oid: number,
  width: number,
  write: (bytes: Buffer, number: number, at: number) => number,
): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + (4 + width) * numbers.length);
  let at = writeHead(bytes, oid, numbers.length);
  for (const number of numbers) {
    at = bytes.writeInt32BE(number === null ? NULL_LENGTH : width, at);
    if (number !== null) at = write(bytes, number, at);
  }
  return bytes.subarray(0, at);
}

function writeHead(bytes: Buffer, oid: number, length: number): number {
  let at = bytes.writeInt32BE(1, 0);
  at = bytes.writeInt32BE(1, at);
  at = bytes.writeInt32BE(oid, at);
  at = bytes.writeInt32BE(length, at);
  return bytes.writeInt32BE(1, at);
}
