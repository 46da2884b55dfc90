import type { Making, StreamWriter } from '../../src/dialects/dialect.ts'
import { FrameCutter } from '../../src/lib/sse.ts'
import type { Answer } from '../../src/model/answer.ts'
import type { Delta } from '../../src/model/delta.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { inWholeCharacters } from '../../src/stages/pursue/whole-characters.ts'
import { callerDialect, providerDialect } from '../wire/dialects.ts'
import type { Exchange } from './exchanges.ts'

/** A recorded reply told again in another dialect as the relay does it, without a network between. */

const requestId = 'req_0001'

/** Who made it: nobody that is known, and the same for all, so that only its own dialect opens what it sealed. */
const makerOf = ({ dialect }: Exchange): string => `${dialect}/recorded`

function makingFor(exchange: Exchange, caller: string): Making {
  const { streamed, request } = exchange
  return {
    id: requestId,
    created: 1_700_000_000,
    maker: makerOf(exchange),
    call: { operation: 'chat', model: 'recorded', stream: streamed, wantsUsage: true },
    body: caller === exchange.dialect ? (request ?? {}) : {},
  }
}

/** What a stream says that comes in these pieces, a list for each read that brought whole frames. */
export function batchesIn(exchange: Exchange, pieces: readonly Uint8Array[]): readonly (readonly Delta[])[] {
  const { stream } = providerDialect(exchange.dialect)
  const cutter = stream.cutter?.(false) ?? new FrameCutter()
  const reader = inWholeCharacters(stream.reader(makerOf(exchange)))
  const frames = pieces.map(piece => cutter.push(piece))
  return [...frames, cutter.end()].filter(bytes => bytes.length > 0).map(bytes => reader.read(bytes))
}

/** The stream for a caller: up to the first fault, or to the closing mark. */
export function streamFor(caller: string, exchange: Exchange, batches: readonly (readonly Delta[])[], as = {}): string {
  const making = makingFor(exchange, caller)
  const writer = callerDialect(caller).stream.writer({ ...making, call: { ...making.call, ...as } })
  const told: Uint8Array[] = []
  for (const deltas of batches) {
    const end = deltas.findIndex(({ type }) => type === 'fault' || type === 'done')
    told.push(writer.write(end === -1 ? deltas : deltas.slice(0, end + 1)))
    if (end !== -1) return text([...told, closing(writer, deltas[end])])
  }
  return text([...told, writer.end()])
}

const closing = (writer: StreamWriter, last: Delta | undefined): Uint8Array =>
  last?.type === 'fault' ? writer.fail(last.fault, requestId) : writer.end()

const text = (told: readonly Uint8Array[]): string => Buffer.concat(told).toString()

/** What a whole reply says. */
export function answerIn(exchange: Exchange): Answer {
  const wire = exchange.bytes.toString()
  return providerDialect(exchange.dialect).answer.read(JSON.parse(wire) as JsonObject, wire, makerOf(exchange))
}

/** As the caller gets it. */
export const wholeFor = (caller: string, exchange: Exchange, answer: Answer): JsonObject =>
  JSON.parse(JSON.stringify(callerDialect(caller).answer.write(answer, makingFor(exchange, caller)))) as JsonObject
