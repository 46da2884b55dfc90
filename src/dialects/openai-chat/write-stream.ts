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
  const { wantsUsage } = making.call
  let frame: Frame | undefined
  let early: JsonObject = {}
  let usage: Usage | undefined
  let tier: string | undefined

  function write(deltas: readonly Delta[]): Uint8Array {
    const text = deltas.map(writeDelta).join('')
    return text === '' ? nothing : encoder.encode(text)
  }

  function writeDelta(delta: Delta): string {
    switch (delta.type) {
      case 'start':
        return start(delta)
      case 'usage':
        usage = delta.usage
        tier = delta.tier ?? tier
        return ''
      case 'extras':
        return delta.dialect === dialectId ? writeExtras(delta.fields) : ''
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
        return start({}) + framed(choiceOf(delta.choice ?? 0).write(delta))
      default:
        return delta satisfies never
    }
  }

  /** The first name stays: all chunks of a stream have the same. */
  function start(named: Parameters<typeof headOf>[0]): string {
    if (frame) return ''
    frame = framing(named, making)
    return writeExtras(early)
  }

  /** Facts that come before there is a name wait for it (Azure's filters). */
  function writeExtras(fields: JsonObject): string {
    if (!frame) early = { ...early, ...fields }
    if (!frame || Object.keys(fields).length === 0) return ''
    return frame.around('', { ...fields, ...(wantsUsage && { usage: null }) })
  }

  const framed = (said: readonly string[]): string => said.map(choice => frame?.around(choice) ?? '').join('')

  function choiceOf(index: number): ChoiceWriter {
    const there = choices.get(index)
    if (there) return there
    const made = new ChoiceWriter(index, making)
    choices.set(index, made)
    return made
  }

  function end(): Uint8Array {
    const began = start({})
    choiceOf(0)
    const closing = framed([...choices.values()].flatMap(choice => choice.end()))
    const report = usage && wantsUsage ? frame?.around('', { ...writeTier(tier), usage: writeUsage(usage) }) : ''
    return encoder.encode(`${began}${closing}${report ?? ''}${sseText('[DONE]')}`)
  }

  return { write, end, fail: (fault, requestId) => faults.frame(fault, requestId) }
}

type Frame = { around(choice: string, more?: JsonObject): string }

/** The text around a choice is the same in every chunk, so it is made once. */
function framing(start: Parameters<typeof headOf>[0], making: Making): Frame {
  const { id, created, model } = headOf(start, making)
  const head = JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1)
  const tail = making.call.wantsUsage ? ',"usage":null}' : '}'

  function around(choice: string, more?: JsonObject): string {
    return sseText(`${head},"choices":[${choice}]${more ? `,${JSON.stringify(more).slice(1)}` : tail}`)
  }
  return { around }
}
