import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { DamagedStream, eventMessage, MessageCutter, messagesIn } from './aws-event-stream.ts'

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')
const textOf = (payload: Uint8Array): string => Buffer.from(payload).toString()

/** The test vectors of AWS's own implementation (awslabs/aws-c-event-stream, tests/message_deserializer_test.c). */
const empty = hex('00000010 00000000 05c248eb 7d98c8ff')
const withHeader = hex(`0000003d 00000020 07fd8396 0c ${Buffer.from('content-type').toString('hex')} 07 0010
  ${Buffer.from(`application/json{'foo':'bar'}`).toString('hex')} 8d9c08b1`)
const payloadOnly = hex(`0000001d 00000000 fd528c5a 7b27666f 6f273a27 626172277d c365 3936`)

describe('a message', () => {
  test('without headers and payload is read as AWS writes it', () => {
    expect([...messagesIn(empty)]).toEqual([{ headers: new Map(), payload: new Uint8Array(0) }])
    expect(Buffer.from(eventMessage({}, ''))).toEqual(Buffer.from(empty))
  })

  test('with a payload is read as AWS writes it', () => {
    expect([...messagesIn(payloadOnly)].map(({ payload }) => textOf(payload))).toEqual([`{'foo':'bar'}`])
    expect(Buffer.from(eventMessage({}, `{'foo':'bar'}`))).toEqual(Buffer.from(payloadOnly))
  })

  test('with a header is read as AWS writes it', () => {
    const read = [...messagesIn(withHeader)].map(({ headers, payload }) => [[...headers], textOf(payload)])
    expect(read).toEqual([[[['content-type', 'application/json']], `{'foo':'bar'}`]])
    expect(Buffer.from(eventMessage({ 'content-type': 'application/json' }, `{'foo':'bar'}`))).toEqual(
      Buffer.from(withHeader),
    )
  })

  test('is read back as it was written, whatever it says', () => {
    const headers = fc.dictionary(fc.string({ minLength: 1, maxLength: 40 }), fc.string({ maxLength: 200 }))
    const message = fc.record({ headers, payload: fc.uint8Array({ maxLength: 300 }) })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), written => {
        const read = [...messagesIn(Buffer.concat(written.map(each => eventMessage(each.headers, each.payload))))]
        const again = read.map(each => ({ headers: [...each.headers], payload: [...each.payload] }))
        expect(again).toEqual(
          written.map(each => ({ headers: Object.entries(each.headers), payload: [...each.payload] })),
        )
      }),
    )
  })

  test('may have headers of other types, which are stepped over', () => {
    const others = [
      Buffer.of(1, 97, 0),
      Buffer.of(1, 98, 1),
      Buffer.of(1, 99, 2, 7),
      Buffer.of(1, 100, 3, 0, 7),
      Buffer.of(1, 101, 4, 0, 0, 0, 7),
      Buffer.of(1, 102, 5, ...Buffer.alloc(8)),
      Buffer.of(1, 103, 6, 0, 2, 1, 2),
      Buffer.of(1, 104, 8, ...Buffer.alloc(8)),
      Buffer.of(1, 105, 9, ...Buffer.alloc(16)),
      Buffer.of(1, 106, 7, 0, 2, 104, 105),
    ]
    const read = [...messagesIn(framed(Buffer.concat(others), Buffer.from('x')))]
    expect(read.map(each => [[...each.headers], textOf(each.payload)])).toEqual([[[['j', 'hi']], 'x']])
  })
})

/** A message with these bytes for its headers. */
function framed(headers: Buffer, payload: Buffer): Uint8Array {
  const total = 16 + headers.length + payload.length
  const message = Buffer.alloc(total)
  message.writeUInt32BE(total, 0)
  message.writeUInt32BE(headers.length, 4)
  message.writeUInt32BE(Bun.hash.crc32(message.subarray(0, 8)), 8)
  message.set(headers, 12)
  message.set(payload, 12 + headers.length)
  message.writeUInt32BE(Bun.hash.crc32(message.subarray(0, total - 4)), total - 4)
  return message
}

describe('damage', () => {
  const message = eventMessage({ ':event-type': 'messageStart' }, '{"role":"assistant"}')

  test('to any byte of a message is noticed, and what stood before it is read', () => {
    for (let at = 0; at < message.length; at++) {
      const bytes = Buffer.concat([message, message])
      bytes.writeUInt8((message[at] ?? 0) ^ 0x10, message.length + at)
      const read: string[] = []
      expect(() => {
        for (const { payload } of messagesIn(bytes)) read.push(textOf(payload))
      }).toThrow(DamagedStream)
      expect(read).toEqual(['{"role":"assistant"}'])
    }
  })

  test('is also a message that is cut off anywhere', () => {
    for (let length = 1; length < message.length; length++)
      expect(() => [...messagesIn(message.subarray(0, length))]).toThrow(DamagedStream)
  })

  test.each([
    ['of an unknown type', Buffer.of(1, 97, 10, 0)],
    ['with a name that is longer than the headers', Buffer.of(9, 97)],
    ['with a value that is longer than the headers', Buffer.of(1, 97, 7, 0, 9, 97)],
    ['whose text is no UTF-8', Buffer.of(1, 97, 7, 0, 1, 255)],
  ])('is a header %s', (_, headers) => {
    expect(() => [...messagesIn(framed(headers, Buffer.alloc(0)))]).toThrow(DamagedStream)
  })

  test('to a length does not make the cutter wait for what never comes', () => {
    const cutter = new MessageCutter()
    const damaged = Buffer.from(message)
    damaged[0] = 0x7f
    expect(Buffer.from(cutter.push(message.subarray(0, 5)))).toEqual(Buffer.alloc(0))
    const passed = cutter.push(Buffer.concat([message.subarray(5), damaged]))
    expect(passed.length).toBe(2 * message.length)
    expect(() => [...messagesIn(passed)]).toThrow(DamagedStream)
  })

  test('is a length beyond what AWS sends, even with the right checksum', () => {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt32BE(0x0400_0000, 0)
    bytes.writeUInt32BE(Bun.hash.crc32(bytes.subarray(0, 8)), 8)
    expect(new MessageCutter().push(bytes).length).toBe(16)
  })
})

describe('cut anywhere', () => {
  const messages = ['', 'a', '{"delta":{"text":"été"}}', 'x'.repeat(300)].map(text => eventMessage({ k: 'v' }, text))
  const whole = Buffer.concat(messages)

  test('a stream comes out in whole messages, and nothing is lost', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length)), cuts => {
        const places = [0, ...cuts.sort((a, b) => a - b), whole.length]
        const cutter = new MessageCutter()
        const out = places.slice(1).map((end, i) => cutter.push(whole.subarray(places[i], end)))
        for (const bytes of out) expect(() => [...messagesIn(bytes)]).not.toThrow()
        expect(Buffer.concat([...out, cutter.end()])).toEqual(whole)
      }),
    )
  })

  test('each message leaves with the read that completes it', () => {
    const cutter = new MessageCutter()
    const left: number[] = []
    for (const byte of whole) left.push(cutter.push(Uint8Array.of(byte)).length)
    expect(left.filter(length => length > 0)).toEqual(messages.map(message => message.length))
    expect(cutter.end().length).toBe(0)
  })

  test('what came after the last whole message is handed over at the end', () => {
    const cutter = new MessageCutter()
    const half = whole.subarray(0, whole.length - 3)
    expect(cutter.push(half).length + cutter.end().length).toBe(half.length)
    expect(cutter.end().length).toBe(0)
  })
})
