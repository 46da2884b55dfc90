import { createHash, createHmac } from 'node:crypto'
import { dateAt } from './clock.ts'

/** A request as it will go out. `url` is signed as it is written: what the network is given must be the same. */
export type Signable = {
  readonly method: string
  readonly url: string
  /** Those that are signed. Others may be added to the request freely; `host` is known from the URL. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

export type AwsCredentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** For credentials that were lent for a while. */
  readonly sessionToken?: string | undefined
}

/** Whose door the request is for, and when it is knocked at, in milliseconds since 1970. */
export type Signing = { readonly region: string; readonly service: string; readonly now: number }

/**
 * The headers that prove who asks, to be added to the request: AWS Signature Version 4
 * (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). They are good for some minutes.
 */
export function sign(
  request: Signable,
  credentials: AwsCredentials,
  signing: Signing,
): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const time = timestamp(signing.now)
  const added = { 'x-amz-date': time, ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }) }
  const url = partsOf(request.url)
  const headers = canonicalHeaders({ host: url.host, ...request.headers, ...added })
  const names = headers.map(([name]) => name).join(';')
  const canonical = [
    request.method,
    canonicalPath(url.path),
    canonicalQuery(url.query),
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(request.body),
  ].join('\n')
  const scope = `${time.slice(0, 8)}/${signing.region}/${signing.service}/aws4_request`
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex')
  return {
    ...added,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  }
}

/** `20150830T123600Z`. */
const timestamp = (now: number): string =>
  dateAt(now)
    .toISOString()
    .replaceAll(/[-:]|\.\d+/g, '')

/** Cut by hand: a parsed URL would be written anew, and what is signed would not be what is sent. */
function partsOf(url: string): { readonly host: string; readonly path: string; readonly query: string } {
  const [, host = '', rest = ''] = /^[a-z]+:\/\/([^/?]*)(.*)$/s.exec(url) ?? []
  const mark = rest.indexOf('?')
  const path = mark === -1 ? rest : rest.slice(0, mark)
  return { host, path: path || '/', query: mark === -1 ? '' : rest.slice(mark + 1) }
}

function canonicalHeaders(headers: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value.trim().replaceAll(/ +/g, ' ')])
    .sort(byText)
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .map(field => field.split(/=(.*)/s, 2).map(part => encoded(decoded(part))))
    .map(([name = '', value = '']): [string, string] => [name, value])
    .sort((a, b) => byText(a, b) || byText([a[1]], [b[1]]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** By code units, as AWS sorts; what is sorted here is ASCII. */
const byText = ([a]: readonly string[], [b]: readonly string[]): number =>
  String(a) < String(b) ? -1 : Number(a !== b)

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray percent sign stands for itself.
    return text
  }
}

/** All but RFC 3986's unreserved characters. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)

/** A path is encoded once more than it was sent, by every service but S3. */
const canonicalPath = (path: string): string => path.split('/').map(encoded).join('/')

const sha256 = (said: string | Uint8Array): string => createHash('sha256').update(said).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
