/**
 * Whether a request is signed as Amazon wants it (Signature Version 4), with the access key `sim-key` and the secret
 * `sim-secret`.
 */

import { createHash, createHmac } from 'node:crypto'
import type { Received } from '../seen.ts'

const accessKey = 'sim-key'
const secret = 'sim-secret'
const algorithm = 'AWS4-HMAC-SHA256'

const hashOf = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')
const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

export const isSignature = (authorization: string): boolean => authorization.startsWith(`${algorithm} `)

export function isSignedRequest(received: Received): boolean {
  const parts = /Credential=([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]+)/.exec(
    received.headers.authorization ?? '',
  )
  const [, credential = '', names = '', signature = ''] = parts ?? []
  const [key, ...scope] = credential.split('/')
  return key === accessKey && signature === signatureOf(received, scope, names)
}

function signatureOf(received: Received, scope: readonly string[], names: string): string {
  const request = canonicalRequest(received, names)
  const text = [algorithm, received.headers['x-amz-date'] ?? '', scope.join('/'), hashOf(request)].join('\n')
  const key = scope.reduce<string | Buffer>((made, each) => mac(made, each), `AWS4${secret}`)
  return mac(key, text).toString('hex')
}

function canonicalRequest({ method, path, headers, body }: Received, names: string): string {
  const [address = '', query = ''] = path.split('?', 2)
  const lines = names.split(';').map(name => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}\n`)
  return [
    method,
    // What is in the path is written once more as it would be in an address; only S3 is spared that.
    address.split('/').map(encoded).join('/'),
    query.split('&').toSorted().join('&'),
    lines.join(''),
    names,
    headers['x-amz-content-sha256'] ?? hashOf(body),
  ].join('\n')
}

const encoded = (segment: string): string =>
  encodeURIComponent(segment).replaceAll(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
