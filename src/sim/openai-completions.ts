/** `/v1/completions`: a prompt continued, in the older format. */

import { letters } from './chance.ts'
import type { Desk, Dialect } from './dialect.ts'
import { flag, integer, isList, type Json, type JsonObject, missing, wrongType } from './json.ts'
import { perform } from './models.ts'
import { done, event, interleave, openai, page, usageBody } from './openai.ts'
import { isTokenList, logprobOf, readCommon, readStreamStyle } from './openai-ask.ts'
import type { Answer, Prompt, Script } from './script.ts'
import { type Step, send } from './steps.ts'
import { tokens } from './words.ts'

export const openaiCompletions: Dialect = {
  ...openai,
  use: 'chat',
  read(body, desk) {
    const prompts = readPrompts(body)
    const ask = { ...readCommon(body), prompts }
    const { stream, includeUsage } = readStreamStyle(body)
    const script = perform(desk.model, ask, desk.behaving, desk.recall)
    const before = flag(body, 'echo')
      ? prompts.flatMap(({ last }) => Array.from({ length: ask.copies }, () => last))
      : []
    const letter = { desk, script, before, includeUsage, logprobs: integer(body, 'logprobs', { min: 0, max: 5 }) }
    return {
      stream,
      tokens: script.usage.prompt + script.usage.completion,
      said: script.usage.completion,
      whole: () => page(wholeBody(letter)),
      events: () => events(letter),
    }
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

function readPrompts(body: JsonObject): readonly Prompt[] {
  const { prompt } = body
  if (prompt === undefined || prompt === null) throw missing('prompt')
  const several = isList(prompt) && !isTokenList(prompt) ? prompt : [prompt]
  return several.map(readPrompt)
}

function readPrompt(prompt: Json): Prompt {
  if (typeof prompt === 'string') return { text: prompt, last: prompt, media: 0 }
  if (isTokenList(prompt)) return { text: '', last: prompt.join(' '), media: prompt.length }
  throw wrongType('prompt', 'a string, array of strings, array of tokens, or array of token arrays', prompt)
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
      text: `${before[index] ?? ''}${answer.text}`,
      index,
      logprobs:
        logprobs === undefined ? null : logprobsOf([...tokens(answer.text)], before[index]?.length ?? 0, logprobs),
      finish_reason: behaving['no-finish'] === undefined ? finishOf(answer) : null,
    })),
    ...(behaving['no-usage'] === undefined ? { usage: usageBody(script.usage) } : {}),
  }
}

const finishOf = ({ finish }: Answer): 'length' | 'stop' => (finish === 'length' ? 'length' : 'stop')

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

function* events(letter: Letter): Generator<Step> {
  const { desk, script, includeUsage } = letter
  const { behaving } = desk
  const usage = `"usage":${JSON.stringify(usageBody(script.usage))}`
  yield* interleave(script.answers.map((answer, index) => choiceEvents(letter, answer, index)))
  if (includeUsage && behaving['no-usage'] === undefined) {
    yield send('usage', event(`${headOf(desk)},"model":${JSON.stringify(desk.name)},${usage},"choices":[]}`))
  }
  if (behaving['no-done'] === undefined) yield done
}

const headOf = (desk: Desk): string => `{"id":"${idOf(desk)}","object":"text_completion","created":${desk.created}`

function* choiceEvents(letter: Letter, answer: Answer, index: number): Generator<Step> {
  const { desk, before, logprobs, includeUsage } = letter
  const head = `${headOf(desk)},"choices":[`
  const tail = `],"model":${JSON.stringify(desk.name)}${includeUsage ? ',"usage":null' : ''}}`
  let offset = before[index]?.length ?? 0
  const write = (piece: string, finish: string): string => {
    const probable = logprobs === undefined || piece === '' ? null : logprobsOf([piece], offset, logprobs)
    const text = `"text":${JSON.stringify(piece)},"index":${index},"logprobs":${JSON.stringify(probable)}`
    return event(`${head}{${text},"finish_reason":${finish}}${tail}`)
  }
  if (before[index] !== undefined) yield send('open', write(before[index], 'null'))
  for (const piece of tokens(answer.text)) {
    yield send('token', write(piece, 'null'))
    offset += piece.length
  }
  if (desk.behaving['no-finish'] === undefined) yield send('finish', write('', JSON.stringify(finishOf(answer))))
}
