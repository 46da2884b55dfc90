import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './public-address.ts'

/** What a URL may cost, and where it may lead. */
export type FetchBounds = {
  readonly maxBytes: number
  /** Also to addresses that are not of the public internet. */
  readonly anywhere: boolean
}

export type FetchedFile = { readonly mediaType: string; readonly bytes: Buffer }

/** Why a file was not fetched, in words for whoever asked for it. */
export class FileNotFetched extends Error {
  override readonly name = 'FileNotFetched'
}

/** Resolves a host's addresses; tests hand in their own. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

const resolveAll: Resolve = host => lookup(host, { all: true, verbatim: true })

/**
 * Fetches a file that somebody else named. The address is checked when it is dialled, so a name that changes its mind
 * between check and call leads nowhere either; redirects are not followed, and nothing of ours is sent along.
 * Throws `FileNotFetched`; an aborted signal rejects with its reason.
 */
export async function fetchFile(
  url: string,
  bounds: FetchBounds,
  signal: AbortSignal,
  resolve: Resolve = resolveAll,
): Promise<FetchedFile> {
  const target = targetOf(url, bounds)
  const reply = await ask(target, bounds, signal, resolve)
  if (reply.statusCode !== 200) {
    reply.destroy()
    throw new FileNotFetched(`its server answered ${reply.statusCode ?? 'nothing'}${redirectNote(reply)}`)
  }
  const bytes = await bodyOf(reply, bounds.maxBytes)
  return { mediaType: (reply.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '', bytes }
}

const redirectNote = ({ statusCode = 0 }: IncomingMessage): string =>
  statusCode >= 300 && statusCode < 400 ? ', a redirect, which is not followed: give the final URL' : ''

function targetOf(url: string, { anywhere }: FetchBounds): URL {
  const target = URL.canParse(url) ? new URL(url) : undefined
  if (!target || !/^https?:$/.test(target.protocol)) throw new FileNotFetched('it is not an http or https URL')
  if (target.username || target.password) throw new FileNotFetched('a URL may not carry a password')
  // An address instead of a name is not looked up, so it is checked here.
  const literal = target.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) && !anywhere && !isPublicAddress(literal))
    throw new FileNotFetched('its address is not a public one')
  return target
}

function ask(target: URL, bounds: FetchBounds, signal: AbortSignal, resolve: Resolve): Promise<IncomingMessage> {
  const request = target.protocol === 'https:' ? tlsRequest : plainRequest
  return new Promise((answered, failed) => {
    const options = {
      signal,
      agent: false as const,
      headers: { accept: '*/*', 'user-agent': 'thalamus', 'accept-encoding': 'identity' },
      lookup: lookingUp(resolve, bounds),
    }
    const asked = request(target, options, answered)
    asked.on('error', error => failed(signal.aborted ? signal.reason : wordsFor(error)))
    asked.end()
  })
}

/** The look-up of the connection itself: only addresses that may be dialled come out of it. */
const lookingUp =
  (resolve: Resolve, { anywhere }: FetchBounds): LookupFunction =>
  (host, options, found) => {
    resolve(host).then(
      addresses => {
        const allowed = anywhere ? addresses : addresses.filter(({ address }) => isPublicAddress(address))
        const [first] = allowed
        // One private address among public ones is how a name is made to point inside: all must be public.
        if (!first || allowed.length < addresses.length)
          found(new FileNotFetched('its address is not a public one'), [])
        else if (options.all) found(null, [...allowed])
        else found(null, first.address, first.family)
      },
      () => found(new FileNotFetched('its host has no address'), []),
    )
  }

const wordsFor = (error: Error): FileNotFetched =>
  error instanceof FileNotFetched ? error : new FileNotFetched('its server could not be reached')

async function bodyOf(reply: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of reply as AsyncIterable<Buffer>) {
      length += piece.length
      if (length > maxBytes) throw new FileNotFetched(`it is larger than ${maxBytes} bytes`)
      pieces.push(piece)
    }
  } catch (error) {
    throw error instanceof FileNotFetched ? error : new FileNotFetched('its server broke off')
  } finally {
    reply.destroy()
  }
  return Buffer.concat(pieces)
}
