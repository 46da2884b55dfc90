/** `/v1/chat/completions`: reads the messages, writes the answer whole or in chunks, field for field as OpenAI does. */

import { letters, mix } from './chance.ts'
import type { Desk, Dialect, Spoken } from './dialect.ts'
import { flag, integer, type JsonObject, wrongValue } from './json.ts'
import { perform } from './models.ts'
import { done, event, interleave, openai, page, usageBody } from './openai.ts'
import { logprobOf, type StreamStyle } from './openai-ask.ts'
import { readChat } from './openai-messages.ts'
import type { Answer, Call, Script } from './script.ts'
import { type Step, send } from './steps.ts'
import { tokens } from './words.ts'

export const openaiChat: Dialect = {
  ...openai,
  use: 'chat',
  read(body, desk) {
    const { ask, style } = readChat(body, desk.behaving.think !== undefined)
    const script = perform(desk.model, ask, desk.behaving, desk.recall)
    const letter = { desk, script, style, logprobs: readLogprobs(body) }
    return spoken(letter)
  },
}

type Letter = {
  readonly desk: Desk
  readonly script: Script
  readonly style: StreamStyle
  /** How many alternatives each token is shown with; `undefined` where none of it is asked for. */
  readonly logprobs: number | undefined
}

function readLogprobs(body: JsonObject): number | undefined {
  const top = integer(body, 'top_logprobs', { min: 0, max: 20 })
  if (flag(body, 'logprobs')) return top ?? 0
  if (top === undefined) return undefined
  throw wrongValue('top_logprobs', "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.")
}

const spoken = (letter: Letter): Spoken => ({
  stream: letter.style.stream,
  tokens: letter.script.usage.prompt + letter.script.usage.completion,
  said: letter.script.usage.completion,
  whole: () => page(wholeBody(letter)),
  events: () => events(letter),
})

const idOf = ({ mark }: Desk): string => `chatcmpl-${letters(mark, 29)}`
const callId = ({ mark }: Desk, index: number): string => `call_${letters(mix(mark, index), 24)}`

function wholeBody(letter: Letter) {
  const { desk, script } = letter
  return {
    id: idOf(desk),
    object: 'chat.completion',
    created: desk.created,
    model: desk.name,
    choices: script.answers.map((answer, index) => ({
      index,
      message: message(answer, desk, index),
      logprobs: letter.logprobs === undefined ? null : wholeLogprobs(answer, letter.logprobs),
      finish_reason: desk.behaving['no-finish'] === undefined ? finishReasons[answer.finish] : null,
    })),
    ...(desk.behaving['no-usage'] === undefined ? { usage: usageBody(script.usage) } : {}),
    service_tier: 'default',
    system_fingerprint: 'fp_sim',
  }
}

/** A named function that was forced ends with `stop`: so does OpenAI. */
const finishReasons = { stop: 'stop', length: 'length', call: 'tool_calls', 'forced-call': 'stop' } as const

function message(answer: Answer, desk: Desk, index: number) {
  return {
    role: 'assistant',
    content: answer.call === undefined ? answer.text : null,
    ...(shows(answer, desk) ? { reasoning_content: answer.thinking } : {}),
    ...(answer.call === undefined ? {} : { tool_calls: [toolCall(answer.call, callId(desk, index))] }),
    refusal: null,
    annotations: [],
  }
}

const shows = (answer: Answer, { behaving }: Desk): boolean => behaving.think !== undefined && answer.thinking !== ''

const toolCall = ({ name, arguments: said }: Call, id: string) => ({
  id,
  type: 'function',
  function: { name, arguments: said },
})

function wholeLogprobs({ text }: Answer, top: number) {
  return { content: [...tokens(text)].map(token => tokenLogprob(token, top)), refusal: null }
}

function tokenLogprob(token: string, top: number) {
  const place = (each: string, rank: number) => ({
    token: each,
    logprob: logprobOf(token) - rank,
    bytes: bytesOf(each),
  })
  const others = Array.from({ length: top }, (_, rank) => place(rank === 0 ? token : `${token}${rank}`, rank))
  return { ...place(token, 0), top_logprobs: others }
}

const bytesOf = (token: string): readonly number[] => [...Buffer.from(token)]

function* events(letter: Letter): Generator<Step> {
  const { desk, script, style } = letter
  const writeChunk = chunkWriter(letter)
  yield* interleave(script.answers.map((answer, index) => choiceEvents(letter, writeChunk, answer, index)))
  if (style.includeUsage && desk.behaving['no-usage'] === undefined) {
    yield send('usage', writeChunk('', `,"usage":${JSON.stringify(usageBody(script.usage))}`))
  }
  if (desk.behaving['no-done'] === undefined) yield done
}

type WriteChunk = (choice: string, usage?: string) => string

/** Text, not objects: a chunk is written for every token. */
function chunkWriter({ desk, style }: Letter): WriteChunk {
  const head =
    `{"id":"${idOf(desk)}","object":"chat.completion.chunk","created":${desk.created},"model":${JSON.stringify(desk.name)},` +
    '"service_tier":"default","system_fingerprint":"fp_sim","choices":['
  const noUsage = style.includeUsage ? ',"usage":null' : ''
  let nth = 0
  return (choice, usage = noUsage) => {
    const padding = style.obfuscate ? `,"obfuscation":"${letters(mix(desk.mark, nth++), mix(nth, 7) % 12)}"` : ''
    return event(`${head}${choice}]${usage}${padding}}`)
  }
}

function* choiceEvents(letter: Letter, writeChunk: WriteChunk, answer: Answer, index: number): Generator<Step> {
  const { desk } = letter
  const write = choiceWriter(letter, writeChunk, index)
  const role = desk.behaving['role-every'] === undefined ? '' : '"role":"assistant",'
  yield send('open', write(opening(answer, desk, index)))
  if (shows(answer, desk)) {
    for (const token of tokens(answer.thinking))
      yield send('token', write(`${role}"reasoning_content":${JSON.stringify(token)}`))
  }
  for (const token of tokens(answer.text))
    yield send('token', write(`${role}"content":${JSON.stringify(token)}`, token))
  for (const token of tokens(answer.call?.arguments ?? ''))
    yield send('token', write(`${role}${argumentsDelta(token)}`))
  if (desk.behaving['no-finish'] === undefined) yield send('finish', finishing(letter, writeChunk, answer, index))
}

/** Writes a delta with its choice around it. */
function choiceWriter({ logprobs }: Letter, writeChunk: WriteChunk, index: number) {
  return (delta: string, token?: string): string => {
    const probable = logprobs === undefined ? 'null' : JSON.stringify(deltaLogprobs(token, logprobs))
    return writeChunk(`{"index":${index},"delta":{${delta}},"logprobs":${probable},"finish_reason":null}`)
  }
}

const deltaLogprobs = (token: string | undefined, top: number) => ({
  content: token === undefined ? [] : [tokenLogprob(token, top)],
  refusal: null,
})

function opening({ call }: Answer, desk: Desk, index: number): string {
  if (call === undefined) return '"role":"assistant","content":"","refusal":null'
  const begun = { index: 0, ...toolCall({ name: call.name, arguments: '' }, callId(desk, index)) }
  return `"role":"assistant","content":null,"tool_calls":[${JSON.stringify(begun)}],"refusal":null`
}

const argumentsDelta = (token: string): string =>
  `"tool_calls":[{"index":0,"function":{"arguments":${JSON.stringify(token)}}}]`

function finishing({ desk, script, style }: Letter, writeChunk: WriteChunk, answer: Answer, index: number): string {
  const choice = `{"index":${index},"delta":{},"logprobs":null,"finish_reason":"${finishReasons[answer.finish]}"}`
  const twice =
    desk.behaving['usage-twice'] !== undefined && style.includeUsage && desk.behaving['no-usage'] === undefined
  return twice ? writeChunk(choice, `,"usage":${JSON.stringify(usageBody(script.usage))}`) : writeChunk(choice)
}
