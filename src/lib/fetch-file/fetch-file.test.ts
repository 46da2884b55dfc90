import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FileNotFetched, fetchFile, type Resolve } from './fetch-file.ts'
import { isPublicAddress } from './public-address.ts'

describe('an address', () => {
  const inside = [
    ...[
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '127.9.9.9',
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
    ],
    ...['192.168.1.1', '192.0.0.8', '198.18.0.1', '198.19.255.255', '224.0.0.1', '255.255.255.255', '240.0.0.1'],
    ...[
      '::',
      '::1',
      'fe80::1',
      'fc00::1',
      'fd12::1',
      'ff02::1',
      '::ffff:127.0.0.1',
      '::ffff:8.8.8.8',
      '64:ff9b::7f00:1',
    ],
    ...['2002:7f00:1::', '2001:db8::1', '2001::1', 'example.com', '', '1.2.3'],
  ]
  test.each(inside)('%p is not of the public internet', address => expect(isPublicAddress(address)).toBe(false))

  const outside = [
    '8.8.8.8',
    '1.1.1.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700:4700::1111',
    '2a00:1450:4001:82a::200e',
  ]
  test.each(outside)('%p is of the public internet', address => expect(isPublicAddress(address)).toBe(true))
})

let server: Server
let port = 0
let seen: { host: string | undefined; headers: string[] }[] = []
const pages: Readonly<Record<string, RequestListener>> = {
  '/cat.png': (_, response) => response.setHeader('content-type', 'image/png; q=1').end('cat'),
  '/big': (_, response) => response.end(Buffer.alloc(5000)),
  '/moved': (_, response) => response.writeHead(302, { location: '/cat.png' }).end(),
  '/gone': (_, response) => response.writeHead(404).end('no'),
  '/broken': (request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half')
    setImmediate(() => request.socket.destroy())
  },
  '/silent': () => undefined,
}
beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push({ host: request.headers.host, headers: Object.keys(request.headers).sort() })
    pages[request.url ?? '']?.(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const open = { maxBytes: 1000, anywhere: true }
const closed = { maxBytes: 1000, anywhere: false }
const never = new AbortController().signal
const loopback: Resolve = async () => [{ address: '127.0.0.1', family: 4 }]

const failing = (url: string, bounds = open, resolve: Resolve = loopback): Promise<string> =>
  fetchFile(url, bounds, never, resolve).then(
    () => 'fetched',
    error => (error instanceof FileNotFetched ? error.message : String(error)),
  )

describe('a file', () => {
  test('comes with its media type, and its server learns nothing of us but our name', async () => {
    seen = []
    const file = await fetchFile(`http://files.test:${port}/cat.png`, open, never, loopback)
    expect([file.mediaType, file.bytes.toString()]).toEqual(['image/png', 'cat'])
    expect(seen).toEqual([
      { host: `files.test:${port}`, headers: ['accept', 'accept-encoding', 'connection', 'host', 'user-agent'] },
    ])
  })

  test('is not fetched where its name leads inside, even if it also leads outside', async () => {
    seen = []
    const url = `http://files.test:${port}/cat.png`
    const both: Resolve = async () => [...(await loopback('')), { address: '8.8.8.8', family: 4 }]
    for (const resolve of [loopback, both])
      expect(await failing(url, closed, resolve)).toBe('its address is not a public one')
    for (const host of ['127.0.0.1', '[::1]', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]'])
      expect(await failing(`http://${host}:${port}/cat.png`, closed)).toBe('its address is not a public one')
    expect(seen).toEqual([])
  })

  const refused: readonly (readonly [string, string])[] = [
    ['/big', 'it is larger than 1000 bytes'],
    ['/moved', 'its server answered 302, a redirect, which is not followed: give the final URL'],
    ['/gone', 'its server answered 404'],
    ['/broken', 'its server broke off'],
  ]
  test.each([...refused])('at %s is refused: %s', async (path, words) =>
    expect(await failing(`http://files.test:${port}${path}`)).toBe(words),
  )

  const impossible: readonly (readonly [string, string])[] = [
    ['file:///etc/passwd', 'it is not an http or https URL'],
    ['gopher://x', 'it is not an http or https URL'],
    ['nonsense', 'it is not an http or https URL'],
    ['http://user:pass@files.test/', 'a URL may not carry a password'],
  ]
  test.each([...impossible])('%p is refused before anything is asked', async (url, words) =>
    expect(await failing(url)).toBe(words),
  )

  test('whose host has no address is said to have none', async () => {
    const nowhere: Resolve = () => Promise.reject(new Error('ENOTFOUND'))
    expect(await failing('http://nowhere.test/', open, nowhere)).toBe('its host has no address')
  })

  test('that does not come is given up when the caller says so', async () => {
    const abort = new AbortController()
    const fetching = fetchFile(`http://files.test:${port}/silent`, open, abort.signal, loopback)
    const arrived = new Promise<void>(resolve => server.once('request', () => resolve()))
    await arrived
    abort.abort(new Error('left'))
    expect(fetching).rejects.toThrow('left')
  })
})
