import { Fault } from '../../model/fault.ts'
import { unfold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import { noteNumbers } from '../../model/numbers.ts'
import type { Batch, StreamSource, WholeSource } from '../../model/source.ts'
import { Failed } from './failed.ts'
import { inCallersNames } from './names.ts'
import type { Speaking, Voice } from './speaking.ts'
import { makingOf } from './translate.ts'
import { unbroken } from './unbroken.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Some answer a stream's request with one JSON text. It is told as the stream that was asked for, in one piece: clients find
 * nothing in anything else, or throw. `heard` is what it was understood to say.
 */
export function asStream(
  bytes: Uint8Array,
  { events }: WholeSource,
  speaking: Speaking,
  { names }: Pick<Voice, 'names'>,
): StreamSource {
  const { visit, route, letter } = speaking
  if (letter.call.operation !== 'chat') throw unasked(route.provider)
  const making = makingOf(speaking)
  const wire = textOf(bytes, route.provider)
  const body = JSON.parse(wire) as JsonObject
  noteNumbers(body, wire)
  const answer = unbroken(inCallersNames(route.dialect.answer.read(body, wire, making.maker), names))
  const writer = visit.dialect.stream.writer(making)
  const told = Buffer.concat([writer.write(unfold(answer)), writer.end()])
  return streamOf({ bytes: told, events: [...events, { type: 'done' }] }, visit.dialect.id)
}

/** Where there is nobody who could tell it so. */
export const unasked = (provider: string): Failed =>
  new Failed(new Fault('upstream_failed', `${provider} answered a stream's request with one JSON text.`), 'unreadable')

function textOf(bytes: Uint8Array, provider: string): string {
  try {
    return strictUtf8.decode(bytes)
  } catch (cause) {
    throw new Failed(
      new Fault('upstream_failed', `${provider} answered with what is no UTF-8.`, { cause }),
      'unreadable',
    )
  }
}

function streamOf(all: Batch, dialect: string): StreamSource {
  let rest: Batch | undefined = all
  return {
    type: 'stream',
    dialect,
    next() {
      const batch = rest
      rest = undefined
      return Promise.resolve(batch)
    },
    fail: () => undefined,
    close: () => undefined,
  }
}
