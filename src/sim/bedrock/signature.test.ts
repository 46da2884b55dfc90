import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createHash, createHmac } from 'node:crypto'
import { type Sim, startSim } from '../sim.ts'

let sim: Sim
beforeAll(() => {
  sim = startSim()
})
afterAll(() => sim.stop())

const body = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'x' }] }] })

/** Written from Amazon's description, step by step (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). */
function signed(path: string, secret: string, key = 'sim-key') {
  const time = '20261122T120000Z'
  const { host } = new URL(sim.origin)
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const mac = (by: string | Buffer, text: string) => createHmac('sha256', by).update(text).digest()
  const request = `POST\n${path.replaceAll('%', '%25')}\n\nhost:${host}\nx-amz-date:${time}\n\nhost;x-amz-date\n${hash(body)}`
  const scope = '20261122/us-east-1/bedrock/aws4_request'
  const day = mac(`AWS4${secret}`, '20261122')
  const signing = mac(mac(mac(day, 'us-east-1'), 'bedrock'), 'aws4_request')
  const signature = mac(signing, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash(request)}`).toString('hex')
  return {
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 Credential=${key}/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  }
}

const path = '/model/echo%2Bauth/converse'
const post = (headers: Record<string, string>) => fetch(sim.origin + path, { method: 'POST', headers, body })

test('a request that is signed is let in', async () => {
  expect((await post(signed(path, 'sim-secret'))).status).toBe(200)
})

test.each([
  ['with another secret', () => signed(path, 'other')],
  ['with another key', () => signed(path, 'sim-secret', 'other')],
  ['for another path', () => signed('/model/lorem/converse', 'sim-secret')],
])('one that is signed %s is not', async (_, headers) => {
  const response = await post(headers())
  expect(response.status).toBe(403)
  expect(response.headers.get('x-amzn-errortype')).toStartWith('UnrecognizedClientException:')
})
