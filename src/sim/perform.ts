/** What a model says to what is asked of it, and what that cost. */

import type { Behaving } from './behave.ts'
import { mix } from './chance.ts'
import type { Model } from './models.ts'
import { fill } from './schema.ts'
import type { Answer, Ask, Block, Prompt, Script, Tool, Usage } from './script.ts'
import { count, first, lorem, loremBytes } from './words.ts'

/** Five sentences. */
const usualLength = 60

/** `recall` says how much of a prompt is in the cache. */
export function perform(model: Model, ask: Ask, behaving: Behaving, recall: (text: string) => number): Script {
  const answers = ask.prompts.flatMap(prompt =>
    Array.from({ length: ask.copies }, (_, nth) => answer(model, ask, prompt, behaving, nth)),
  )
  return { answers, usage: usageOf(ask, answers, recall) }
}

/** What the tokens of a prompt cost when nothing is answered. */
export const promptTokens = (prompts: readonly Prompt[]): number =>
  prompts.reduce((sum, { text, media }) => sum + count(text) + media, 0)

function answer(model: Model, ask: Ask, prompt: Prompt, behaving: Behaving, nth: number): Answer {
  const seed = mix(ask.seed, nth)
  const room = ask.limit ?? Number.POSITIVE_INFINITY
  const thinking = lorem(Math.min(ask.thinking.tokens, room), seed)
  const left = Math.max(0, room - ask.thinking.tokens)
  const tool = toolToCall(model, ask, prompt.rounds < (behaving.rounds ?? 1))
  const said =
    tool === undefined ? speaking(model, ask, prompt, behaving, seed, left) : calling(ask, tool, behaving, left)
  const finish = behaving.filtered === undefined ? said.finish : 'filtered'
  return { ...said, finish, thinking, blocks: [...thoughts(ask, thinking, seed), ...said.blocks] }
}

function thoughts({ thinking: { shown, secret } }: Ask, whole: string, seed: number): readonly Block[] {
  const text = shown === 'text' ? whole : ''
  const open: readonly Block[] = shown === 'not' || whole === '' ? [] : [{ type: 'thinking', text, whole }]
  return secret ? [...open, { type: 'secret', text: lorem(8, seed) }] : open
}

function toolToCall(model: Model, { choice, tools, answered }: Ask, goesOn: boolean): Tool | undefined {
  switch (choice.type) {
    case 'none':
      return undefined
    case 'auto':
      return model.callsTools && (goesOn || !answered) ? tools[0] : undefined
    case 'required':
      return tools.find(({ name }) => choice.names === undefined || choice.names.includes(name))
    case 'named':
      return tools.find(({ name }) => name === choice.name)
  }
}

type Said = Pick<Answer, 'blocks' | 'finish' | 'stop'>

function calling(ask: Ask, tool: Tool, behaving: Behaving, room: number): Said {
  const preface = behaving.preface === undefined ? '' : first(`I will call ${tool.name}.`, room)
  const blocks: Block[] = preface === '' ? [] : [{ type: 'text', text: preface }]
  let left = room - count(preface)
  for (const { name, schema } of severalFrom(ask, tool, behaving)) {
    const whole = JSON.stringify(fill(schema))
    const text = first(whole, Math.max(0, left - count(name)))
    blocks.push({ type: 'call', name, text })
    left -= count(name) + count(whole)
    if (text.length < whole.length) return { blocks, finish: 'length', stop: undefined }
  }
  return { blocks, finish: ask.choice.type === 'named' ? 'forced-call' : 'call', stop: undefined }
}

/** The tool itself and, where several are called at once, those after it in their order. */
function severalFrom({ choice, tools, parallel }: Ask, tool: Tool, behaving: Behaving): readonly Tool[] {
  const size = parallel ? Math.max(1, behaving.parallel ?? 1) : 1
  const among = choice.type === 'named' ? [tool] : tools
  const from = among.indexOf(tool)
  return Array.from({ length: size }, (_, nth) => among[(from + nth) % among.length] ?? tool)
}

function speaking(model: Model, ask: Ask, prompt: Prompt, behaving: Behaving, seed: number, left: number): Said {
  const stopped = untilStop(whatIsSaid(model, ask, prompt, behaving, seed, left), ask.stops)
  const text = first(stopped.text, left)
  const blocks: readonly Block[] = text === '' ? [] : [{ type: 'text', text }]
  if (text.length < stopped.text.length || (stopped.endless && stopped.stop === undefined))
    return { blocks, finish: 'length', stop: undefined }
  return { blocks, finish: stopped.stop === undefined ? 'stop' : 'stop-sequence', stop: stopped.stop }
}

type Speech = {
  readonly text: string
  /** The model would have gone on had the limit not been. */
  readonly endless: boolean
}

function whatIsSaid(model: Model, ask: Ask, prompt: Prompt, behaving: Behaving, seed: number, left: number): Speech {
  if (behaving.big !== undefined) return { text: loremBytes(behaving.big, seed), endless: false }
  if (ask.format.type === 'json') return { text: JSON.stringify(fill(ask.format.schema)), endless: false }
  if (model.says === 'echo') return { text: prompt.last, endless: false }
  if (ask.limit === undefined) return { text: lorem(usualLength, seed), endless: false }
  return { text: lorem(left, seed), endless: true }
}

function untilStop(
  { text, endless }: Speech,
  stops: readonly string[],
): Speech & { readonly stop: string | undefined } {
  let end = text.length
  let hit: string | undefined
  for (const stop of stops) {
    const place = text.indexOf(stop)
    if (place < 0 || place >= end) continue
    end = place
    hit = stop
  }
  return { text: text.slice(0, end), endless, stop: hit }
}

function usageOf(ask: Ask, answers: readonly Answer[], recall: (text: string) => number): Usage {
  const usage = { prompt: 0, cached: 0, written: 0, completion: 0, thinking: 0 }
  for (const prompt of ask.prompts) {
    const size = count(prompt.text)
    const cached = ask.cache === 'none' ? 0 : recall(prompt.text)
    usage.prompt += size + prompt.media
    usage.cached += cached
    if (ask.cache === 'marked') usage.written += cacheable(size) - cached
  }
  for (const { thinking, blocks } of answers) {
    const thought = count(thinking)
    usage.thinking += thought
    usage.completion += blocks.reduce((sum, block) => sum + tokensOf(block), thought)
  }
  return usage
}

/** As much of a prompt as the cache takes: as `prefixes.ts` remembers it. */
const cacheable = (size: number): number => (size < 1024 ? 0 : size - (size % 128))

function tokensOf(block: Block): number {
  switch (block.type) {
    case 'thinking':
      return 0
    case 'call':
      return count(block.name) + count(block.text)
    case 'text':
    case 'secret':
      return count(block.text)
  }
}
