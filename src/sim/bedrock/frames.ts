/**
 * Amazon's event-stream encoding: frames of bytes with headers and two checksums
 * (docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html).
 */

import { crc32 } from 'node:zlib'
import type { Framing } from '../framing.ts'
import type { Note } from '../steps.ts'

/** A header whose value is a string. */
const stringHeader = 7

function header(name: string, value: string): Buffer {
  const bytes = Buffer.from(value)
  const head = Buffer.from([name.length, ...Buffer.from(name), stringHeader, 0, 0])
  head.writeUInt16BE(bytes.length, head.length - 2)
  return Buffer.concat([head, bytes])
}

function frame(headers: readonly (readonly [string, string])[], payload: Uint8Array): Buffer {
  const head = Buffer.concat(headers.map(([name, value]) => header(name, value)))
  const prelude = Buffer.alloc(8)
  prelude.writeUInt32BE(16 + head.length + payload.length, 0)
  prelude.writeUInt32BE(head.length, 4)
  const message = Buffer.concat([prelude, checksum(prelude), head, payload])
  return Buffer.concat([message, checksum(message)])
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(bytes))
  return sum
}

function write({ event = 'unnamed', data, exception, spoiled }: Note): Buffer {
  const type = exception === true ? 'exception' : 'event'
  const headers = [
    [`:${type}-type`, event],
    [':content-type', 'application/json'],
    [':message-type', type],
  ] as const
  const bytes = frame(headers, Buffer.from(data))
  if (spoiled === true) bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 0xff, bytes.length - 1)
  return bytes
}

export const eventStream: Framing = {
  contentType: 'application/vnd.amazon.eventstream',
  // There are no comments: an event that nobody knows is the nearest.
  comment: write({ kind: 'noise', event: 'keepAlive', data: '{}' }),
  write,
}
