import type { Chance } from './chance.ts'

/** Hurts a body as bytes: what lines, disks and servers in between do to one. */
export const hurtBytes = (bytes: Buffer, chance: Chance): Buffer => chance.of(ways)(bytes, chance)

type Way = (bytes: Buffer, chance: Chance) => Buffer

const ways: readonly Way[] = [
  (bytes, chance) => bytes.subarray(0, chance.below(bytes.length)),
  (bytes, chance) => bytes.subarray(chance.below(bytes.length)),
  (bytes, chance) => flipped(bytes, chance.below(bytes.length), chance.below(256)),
  // Never part of UTF-8.
  (bytes, chance) => flipped(bytes, chance.below(bytes.length), 0xff),
  bytes => Buffer.concat([bytes, bytes]),
  bytes => Buffer.concat([Buffer.from('\ufeff'), bytes]),
  () => Buffer.of(),
  () => Buffer.from('<html><body><h1>502 Bad Gateway</h1></body></html>'),
  (_, chance) =>
    Buffer.from(chance.of(['null', '[]', '7', '"text"', '{}', '{"error":"no"}', '[{"error":{"code":500}}]'])),
]

function flipped(bytes: Buffer, at: number, byte: number): Buffer {
  const hurt = Buffer.from(bytes)
  hurt[at] = byte
  return hurt
}
