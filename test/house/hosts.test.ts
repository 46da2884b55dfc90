import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { connect } from 'node:net'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'

/** Requests whose Host says nothing that a URL could hold, or that have none: health checks of HTTP/1.0 are among them. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let house: Thalamus
beforeAll(async () => {
  house = await startThalamus()
})
afterAll(() => house?.stop())

/** Sends a text as it stands and reads to the end of the connection. */
function raw(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text))
    socket.on('data', bytes => {
      heard += bytes
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(heard))
  })
}

const hosts: readonly (readonly [name: string, line: string, host: string])[] = [
  ['HTTP/1.0 without a host', 'HTTP/1.0', ''],
  ['an empty host', 'HTTP/1.1', 'Host: \r\n'],
  ['a host in two words', 'HTTP/1.1', 'Host: a b\r\n'],
  ['a host with a path', 'HTTP/1.1', 'Host: x/metrics\r\n'],
  ['a host with a query', 'HTTP/1.1', 'Host: x?y\r\n'],
  ['a port that is none', 'HTTP/1.1', 'Host: a:99999\r\n'],
]

describe.each([...hosts])('with %s', (_, version, host) => {
  async function send(url: string, method: string, path: string, headers: readonly string[] = [], body = '') {
    const fields = [...headers, `Content-Length: ${body.length}`, 'Connection: close'].join('\r\n')
    const heard = await raw(url, `${method} ${path} ${version}\r\n${host}${fields}\r\n\r\n${body}`)
    return { status: Number(heard.split(' ')[1]), body: heard.slice(heard.indexOf('\r\n\r\n') + 4) }
  }

  test('the probes of both ports answer, and the figures', async () => {
    for (const url of [house.url, house.adminUrl]) {
      expect(await send(url, 'GET', '/readyz')).toMatchObject({ status: 200 })
      expect(await send(url, 'GET', '/healthz?x=http://y/')).toMatchObject({ status: 200 })
    }
    expect((await send(house.adminUrl, 'GET', '/metrics')).status).toBe(200)
  })

  test('a model answers, and a key in the query is a key', async () => {
    const body = JSON.stringify({ model: 'sim/echo', messages: [{ role: 'user', content: 'hi' }] })
    const json = 'Content-Type: application/json'
    const headers = [json, `Authorization: Bearer ${house.key}`]
    expect((await send(house.url, 'POST', '/v1/chat/completions', headers, body)).status).toBe(200)
    expect((await send(house.url, 'POST', `/v1/chat/completions?key=${house.key}`, [json], body)).status).toBe(200)
    expect((await send(house.url, 'POST', '/v1/chat/completions?key=wrong', [json], body)).status).toBe(401)
    expect((await send(house.url, 'GET', '/nowhere')).status).toBe(404)
  })

  test('the admin API answers who has the token, and nobody else', async () => {
    const token = `Authorization: Bearer ${house.adminToken}`
    expect((await send(house.adminUrl, 'GET', '/admin/v1/keys', [token])).body).toContain('"object":"list"')
    expect((await send(house.adminUrl, 'GET', '/admin/v1/keys')).status).toBe(401)
    const made = await send(
      house.adminUrl,
      'POST',
      '/admin/v1/keys',
      [token, 'Content-Type: application/json'],
      JSON.stringify({ name: crypto.randomUUID() }),
    )
    expect(made.status).toBe(201)
  })
})
