import { sseText } from '../../lib/sse.ts'
import type { Delta } from '../../model/delta.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'
import type { Making, StreamWriter } from '../dialect.ts'
import { dialectId, fault as faults } from './fault.ts'
import { headOf } from './reply-head.ts'
import { writeTier, writeUsage } from './usage-report.ts'
import { ChoiceWriter } from './write-choice.ts'

const encoder = new TextEncoder()
const nothing = new Uint8Array(0)

/** A stream for a caller: a chunk for each thing that is said, the usage if it was asked for, and `[DONE]`. */
export function writer(making: Making): StreamWriter {
  const choices: Map<number, ChoiceWriter> = new Map()
  let frame = framing({}, making)
  let usage: Usage | undefined
  let tier: string | undefined

  function write(deltas: readonly Delta[]): Uint8Array {
    const text = deltas.map(writeDelta).join('')
    return text === '' ? nothing : encoder.encode(text)
  }

  function writeDelta(delta: Delta): string {
    switch (delta.type) {
      case 'start':
        frame = framing(delta, making)
        return ''
      case 'usage':
        usage = delta.usage
        tier = delta.tier ?? tier
        return ''
      case 'extras':
        return delta.dialect === dialectId
          ? frame.around('', { ...delta.fields, ...(making.call.wantsUsage && { usage: null }) })
          : ''
      case 'fault':
      case 'done':
        return ''
      case 'text':
      case 'reasoning':
      case 'refusal':
      case 'tool':
      case 'input':
      case 'seal':
      case 'citation':
      case 'media':
      case 'opaque':
      case 'logprobs':
      case 'stop':
        return choiceOf(delta.choice ?? 0)
          .write(delta)
          .map(choice => frame.around(choice))
          .join('')
      default:
        return delta satisfies never
    }
  }

  function choiceOf(index: number): ChoiceWriter {
    const there = choices.get(index)
    if (there) return there
    const made = new ChoiceWriter(index, making)
    choices.set(index, made)
    return made
  }

  function end(): Uint8Array {
    choiceOf(0)
    const closing = [...choices.values()].flatMap(choice => choice.end()).map(choice => frame.around(choice))
    const report =
      usage && making.call.wantsUsage ? frame.around('', { ...writeTier(tier), usage: writeUsage(usage) }) : ''
    return encoder.encode(`${closing.join('')}${report}${sseText('[DONE]')}`)
  }

  return { write, end, fail: (fault, requestId) => faults.frame(fault, requestId) }
}

/** The text around a choice is the same in every chunk, so it is made once. */
function framing(start: Parameters<typeof headOf>[0], making: Making) {
  const { id, created, model } = headOf(start, making)
  const head = JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1)
  const tail = making.call.wantsUsage ? ',"usage":null}' : '}'

  function around(choice: string, more?: JsonObject): string {
    return sseText(`${head},"choices":[${choice}]${more ? `,${JSON.stringify(more).slice(1)}` : tail}`)
  }
  return { around }
}
