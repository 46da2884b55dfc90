import { expect, test } from 'bun:test'
import { messageReader } from './http.ts'

const SIZED = 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world'
const CHUNKED =
  'HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nb\r\n, two\r\nrows\r\n0\r\nx-end: 1\r\n\r\n'
const EMPTY = 'GET /mock/stats HTTP/1.1\r\nhost: x\r\n\r\n'
const BYTES = Buffer.from(SIZED + CHUNKED + EMPTY + SIZED)

test('messages are read alike wherever the bytes between them are cut', () => {
  const whole = read([BYTES])
  expect(whole).toEqual([
    'HTTP/1.1 200:hello world',
    'HTTP/1.1 201:hello, two\r\nrows',
    'GET /mock/st:',
    'HTTP/1.1 200:hello world',
  ])
  for (let cut = 1; cut < BYTES.length; cut += 1)
    expect(read([BYTES.subarray(0, cut), BYTES.subarray(cut)])).toEqual(whole)
})

test('messages are read alike when they come byte by byte', () => {
  expect(read([...BYTES].map(byte => Buffer.from([byte])))).toEqual(read([BYTES]))
})

test('a message that is not whole is not ended', () => {
  expect(read([Buffer.from(SIZED).subarray(0, -1)])).toEqual([])
  expect(read([Buffer.from(CHUNKED).subarray(0, -2)])).toEqual([])
})

function read(pieces: readonly Buffer[]): readonly string[] {
  const messages: string[] = []
  let text = ''
  const feed = messageReader({
    head: head => {
      text = `${head.slice(0, 12)}:`
    },
    body: piece => {
      text += piece.toString()
    },
    end: () => messages.push(text),
  })
  for (const piece of pieces) feed(piece)
  return messages
}
