import { FrameWriter } from '../../lib/sse.ts'
import { type ChoiceDelta, type Delta, isOfChoice, type ReplyDelta } from '../../model/delta.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'
import type { Making, StreamWriter } from '../dialect.ts'
import { fault as faults } from './fault.ts'
import { dialectId } from './id.ts'
import { headOf } from './reply-head.ts'
import { writeTier, writeUsage } from './usage.ts'
import { ChoiceWriter } from './write-choice.ts'

/** A stream for a caller: a chunk for each thing that is said, the usage if it was asked for, and `[DONE]`. */
export function writer(making: Making): StreamWriter {
  const choices: Map<number, ChoiceWriter> = new Map()
  const { wantsUsage } = making.call
  const frames = new FrameWriter()
  let chunk: Chunk | undefined
  let early: JsonObject = {}
  let usage: Usage | undefined
  let tier: string | undefined

  function write(deltas: readonly Delta[]): Uint8Array {
    for (const delta of deltas) {
      if (isOfChoice(delta)) say(delta)
      else hear(delta)
    }
    return frames.take()
  }

  function say(delta: ChoiceDelta): void {
    start({})
    tell(choiceOf(delta.choice ?? 0).write(delta))
  }

  function hear(delta: ReplyDelta): void {
    switch (delta.type) {
      case 'start':
        start(delta)
        break
      case 'usage':
        usage = delta.usage
        tier = delta.tier ?? tier
        break
      case 'extras':
        if (delta.dialect === dialectId) writeExtras(delta.fields)
        break
      case 'fault':
      case 'done':
        break
      default:
        delta satisfies never
    }
  }

  /** The first name stays: all chunks of a stream have the same. */
  function start(named: Parameters<typeof headOf>[0]): void {
    if (chunk) return
    chunk = chunks(named, making)
    writeExtras(early)
  }

  /** Facts that come before there is a name wait for it (Azure's filters). */
  function writeExtras(fields: JsonObject): void {
    if (!chunk) early = { ...early, ...fields }
    else if (Object.keys(fields).length > 0) frames.add(chunk('', { ...fields, ...(wantsUsage && { usage: null }) }))
  }

  function tell(said: readonly string[]): void {
    for (const choice of said) if (chunk) frames.add(chunk(choice))
  }

  function choiceOf(index: number): ChoiceWriter {
    const there = choices.get(index)
    if (there) return there
    const made = new ChoiceWriter(index, making)
    choices.set(index, made)
    return made
  }

  function end(): Uint8Array {
    start({})
    choiceOf(0)
    tell([...choices.values()].flatMap(choice => choice.end()))
    if (chunk && usage && wantsUsage) frames.add(chunk('', { ...writeTier(tier), usage: writeUsage(usage) }))
    frames.add('[DONE]')
    return frames.take()
  }

  return { write, end, fail: (fault, requestId) => faults.frame(fault, requestId) }
}

type Chunk = (choice: string, more?: JsonObject) => string

/** The text around a choice is the same in every chunk, so it is made once. */
function chunks(start: Parameters<typeof headOf>[0], making: Making): Chunk {
  const { id, created, model } = headOf(start, making)
  const head = JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1)
  const tail = making.call.wantsUsage ? ',"usage":null}' : '}'
  return (choice, more) => `${head},"choices":[${choice}]${more ? `,${JSON.stringify(more).slice(1)}` : tail}`
}
