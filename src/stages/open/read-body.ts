import type { Clock } from '../../lib/clock.ts'
import type { Visit } from '../../line.ts'
import { Fault } from '../../model/fault.ts'

/** A body of declared length must come at this pace after a first half minute: 32 MiB then have nine minutes. */
const graceMs = 30_000
const bytesPerMs = 64

/**
 * The whole body of a request. One over `most` bytes is refused with `too_large` before it is read: by its declared
 * length, or at the read that passes the limit. A caller that stops half-way is given up.
 */
export function readBody(
  { request, headers }: Pick<Visit, 'request' | 'headers'>,
  most: number,
  clock: Clock,
): Uint8Array | Promise<Uint8Array> {
  const declared = headers['content-length']
  const length = declared === undefined ? undefined : Number(declared)
  if (length !== undefined && length > most) throw tooLarge(most)
  // Read as a stream, a body costs 30 us more: only one of unknown length is, because it has to be watched as it comes.
  if (length === undefined) return within(graceMs + most / bytesPerMs, clock, collect(request, most))
  const body = request.bytes()
  const here = Bun.peek(body)
  return here instanceof Uint8Array ? here : within(graceMs + length / bytesPerMs, clock, body)
}

function within(ms: number, clock: Clock, body: Promise<Uint8Array>): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () =>
      reject(new Fault('invalid_request', 'The rest of the body did not come in time.', { status: 408 })),
    )
    body.then(
      bytes => {
        cancel()
        resolve(bytes)
      },
      cause => {
        cancel()
        reject(
          cause instanceof Fault
            ? cause
            : new Fault('client_closed', 'The caller left before its request was whole.', { cause }),
        )
      },
    )
  })
}

async function collect(request: Request, most: number): Promise<Uint8Array> {
  const reader = request.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined
  const reads: Uint8Array[] = []
  let bytes = 0
  for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
    bytes += next.value.length
    if (bytes > most) {
      // Nobody waits for what is left of a body that is refused.
      await reader?.cancel().catch(() => undefined)
      throw tooLarge(most)
    }
    reads.push(next.value)
  }
  return Buffer.concat(reads)
}

const tooLarge = (most: number): Fault =>
  new Fault('too_large', `The body is larger than the ${most} bytes allowed here (server.max_body).`)
