/** `/v1/completions`: a prompt continued, in the older format. */

import { letters } from '../chance.ts'
import type { Desk, Dialect } from '../dialect.ts'
import { Field } from '../field.ts'
import { isList, type Json } from '../json.ts'
import { perform } from '../perform.ts'
import type { Pen } from '../recite.ts'
import { type Answer, type Prompt, type Script, textOf } from '../script.ts'
import { spoken } from '../spoken.ts'
import type { Kind, Note } from '../steps.ts'
import { tokens } from '../words.ts'
import { isTokenList, logprobOf, readCommon, readStreamStyle } from './ask.ts'
import { done, openai, page } from './manners.ts'
import { usageBody } from './usage.ts'
import { words } from './words.ts'

export const openaiCompletions: Dialect = {
  ...openai,
  use: 'chat',
  summons: body => ({ model: body.model, stream: body.stream === true }),
  read(json, desk) {
    const body = new Field(words, json)
    const prompts = readPrompts(body.get('prompt'))
    const ask = { ...readCommon(body), prompts }
    const { stream, includeUsage } = readStreamStyle(body)
    const script = perform(desk.model, ask, desk.behaving, desk.recall)
    const before = body.get('echo').flag()
      ? prompts.flatMap(({ last }) => Array.from({ length: ask.copies }, () => last))
      : []
    const letter = { desk, script, before, includeUsage, logprobs: body.get('logprobs').integer({ min: 0, max: 5 }) }
    return spoken({ desk, script, stream, whole: () => page(wholeBody(letter)), pen: () => completionPen(letter) })
  },
}

type Letter = {
  readonly desk: Desk
  readonly script: Script
  /** What each answer is led by: its prompt, where that was asked for. */
  readonly before: readonly string[]
  readonly includeUsage: boolean
  readonly logprobs: number | undefined
}

function readPrompts(prompt: Field): readonly Prompt[] {
  const { value = null } = prompt.needed()
  const several = isList(value) && !isTokenList(value) ? value : [value]
  return several.map(each => readPrompt(prompt, each))
}

function readPrompt(field: Field, prompt: Json): Prompt {
  if (typeof prompt === 'string') return { text: prompt, last: prompt, rounds: 0, media: 0 }
  if (isTokenList(prompt)) return { text: '', last: prompt.join(' '), rounds: 0, media: prompt.length }
  throw field.wrongType('a string, array of strings, array of tokens, or array of token arrays')
}

const idOf = ({ mark }: Desk): string => `cmpl-${letters(mark, 29)}`

function wholeBody({ desk, script, before, logprobs }: Letter) {
  const { behaving } = desk
  return {
    id: idOf(desk),
    object: 'text_completion',
    created: desk.created,
    model: desk.name,
    choices: script.answers.map((answer, index) => ({
      text: `${before[index] ?? ''}${textOf(answer)}`,
      index,
      logprobs:
        logprobs === undefined ? null : logprobsOf([...tokens(textOf(answer))], before[index]?.length ?? 0, logprobs),
      finish_reason: behaving['no-finish'] === undefined ? finishOf(answer) : null,
    })),
    ...(behaving['no-usage'] === undefined ? { usage: usageBody(script.usage) } : {}),
  }
}

const finishOf = ({ finish }: Answer): string =>
  finish === 'filtered' ? 'content_filter' : finish === 'length' ? 'length' : 'stop'

function logprobsOf(pieces: readonly string[], start: number, top: number) {
  let offset = start
  return {
    tokens: pieces,
    token_logprobs: pieces.map(logprobOf),
    top_logprobs: top === 0 ? null : pieces.map(piece => ({ [piece]: logprobOf(piece) })),
    text_offset: pieces.map(piece => {
      offset += piece.length
      return offset - piece.length
    }),
  }
}

function completionPen({ desk, script, before, includeUsage, logprobs }: Letter): Pen {
  const { behaving } = desk
  const head = `{"id":"${idOf(desk)}","object":"text_completion","created":${desk.created},"choices":[`
  const model = `"model":${JSON.stringify(desk.name)}`
  const offsets = before.map(({ length }) => length)
  const write = (kind: Kind, nth: number, piece: string, finish: string): Note => {
    const offset = offsets[nth] ?? 0
    const probable = logprobs === undefined || piece === '' ? null : logprobsOf([piece], offset, logprobs)
    const text = `"text":${JSON.stringify(piece)},"index":${nth},"logprobs":${JSON.stringify(probable)}`
    if (kind === 'token') offsets[nth] = offset + piece.length
    return { kind, data: `${head}{${text},"finish_reason":${finish}}],${model}${includeUsage ? ',"usage":null' : ''}}` }
  }
  return {
    open: (_, nth) => (before[nth] === undefined ? [] : [write('open', nth, before[nth], 'null')]),
    begin: () => [],
    piece: ({ answer }, token) => [write('token', answer, token, 'null')],
    end: () => [],
    finish: (answer, nth) =>
      behaving['no-finish'] === undefined ? [write('finish', nth, '', JSON.stringify(finishOf(answer)))] : [],
    *close() {
      const usage = `],${model},"usage":${JSON.stringify(usageBody(script.usage))}}`
      if (includeUsage && behaving['no-usage'] === undefined) yield { kind: 'usage', data: head + usage }
      if (behaving['no-done'] === undefined) yield done
    },
  }
}
