import type { Thalamus } from './thalamus.ts'

/** A caller with ordinary manners: one POST, its reply read to the end. */

export type Answered = {
  readonly id: string
  readonly status: number
  readonly headers: Headers
  /** As it came; a stream that breaks off shows as `broke`. */
  readonly text: string
  readonly broke: boolean
  json(): unknown
}

type Ask = {
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly key?: string
  /** Called when the first bytes of the reply's body have come. */
  readonly heard?: () => void
}

export const hello = [{ role: 'user', content: 'one two three four five six' }]

/** Asks with a body given as a text or bytes, or with the fields of a chat besides `messages`. */
export async function ask(
  house: Pick<Thalamus, 'url' | 'key'>,
  body: string | Uint8Array<ArrayBuffer> | { readonly model: string },
  { path = '/v1/chat/completions', headers = {}, signal, key = house.key, heard = () => undefined }: Ask = {},
): Promise<Answered> {
  const response = await fetch(house.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify({ messages: hello, ...body }),
    ...(signal && { signal }),
  })
  const { text, broke } = await read(response, heard)
  return {
    id: response.headers.get('x-request-id') ?? '',
    status: response.status,
    headers: response.headers,
    text,
    broke,
    json: () => JSON.parse(text) as unknown,
  }
}

type Read = { readonly text: string; readonly broke: boolean }

async function read(response: Response, heard: () => void): Promise<Read> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const bytes of response.body ?? []) {
      if (text === '') heard()
      text += decoder.decode(bytes, { stream: true })
    }
    return { text, broke: false }
  } catch {
    return { text, broke: true }
  }
}
