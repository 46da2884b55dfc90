import { askedIn } from '../lib/asked.ts'
import type { Caller } from '../model/caller.ts'
import { Fault } from '../model/fault.ts'
import type { Keys } from '../ports/keys.ts'

/** Where a client may carry its key, as OpenAI's, Anthropic's, Google's and Azure's SDKs send it. */
const keyHeaders = ['x-api-key', 'x-goog-api-key', 'api-key']

const bearer = /^Bearer +(\S+) *$/i

/** Longer than any key is not a key, and is not hashed. */
const longestKey = 1024

/** Who is asking? The key is hashed before anything looks it up. Refuses with `unauthenticated`. */
export function authenticate(request: Request, keys: Keys, hash: (secret: string) => string): Caller | Promise<Caller> {
  const secret = presented(request)
  if (secret === undefined)
    throw unauthenticated('This request carries no key. Send it as Authorization: Bearer thal_…')
  const found = secret.length > longestKey ? undefined : keys.find(hash(secret))
  return found instanceof Promise ? found.then(known) : known(found)
}

function known(caller: Caller | undefined): Caller {
  if (caller) return caller
  throw unauthenticated('This key is not known here, or was revoked. `thalamus keys create` makes one.')
}

const unauthenticated = (message: string): Fault => new Fault('unauthenticated', message)

function presented({ headers, url }: Request): string | undefined {
  const authorization = headers.get('authorization')
  // Others are for whoever stands before us: a proxy that asks for a password, and hands on what it was sent.
  const borne = authorization === null ? undefined : bearer.exec(authorization)?.[1]
  if (borne !== undefined) return borne
  for (const name of keyHeaders) {
    const value = headers.get(name)
    if (value) return value.trim()
  }
  return url.includes('?') ? (new URLSearchParams(askedIn(url)[1]).get('key') ?? undefined) : undefined
}
