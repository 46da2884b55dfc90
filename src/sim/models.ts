/** The models: which there are, how they behave unasked, and what they say to what is asked of them. */

import type { Behaving } from './behave.ts'
import { mix } from './chance.ts'
import { wrongValue } from './json.ts'
import { Refusal } from './refusal.ts'
import { fill } from './schema.ts'
import type { Answer, Ask, Call, Prompt, Script, Tool, Usage } from './script.ts'
import { count, first, lorem, loremBytes } from './words.ts'

export type Model = {
  readonly name: string
  readonly use: 'chat' | 'embed'
  readonly behaves: Behaving
  /** Calls a tool when it may, not only when it must. */
  readonly callsTools: boolean
  readonly says: 'echo' | 'lorem'
}

const chat = { use: 'chat', behaves: {}, callsTools: false, says: 'lorem' } as const

export const models: readonly Model[] = [
  { ...chat, name: 'echo', says: 'echo' },
  { ...chat, name: 'lorem' },
  { ...chat, name: 'tools', callsTools: true, says: 'echo' },
  { ...chat, name: 'slow', behaves: { slow: 2000 } },
  { ...chat, name: 'flaky', behaves: { flaky: 1 } },
  { ...chat, name: 'embed', use: 'embed' },
]

/** By the name before the first `+`; refused by the whole name that was asked for. */
export function findModel(base: string, name: string): Model {
  const model = models.find(each => each.name === base)
  if (model !== undefined) return model
  throw new Refusal(404, `The model \`${name}\` does not exist or you do not have access to it.`, {
    code: 'model_not_found',
  })
}

/** The largest limit that can be asked for. */
export const longest = 131_072

/** Five sentences. */
const usualLength = 60

/** What the model says to all prompts, and what it cost; `recall` says how much of a prompt is in the cache. */
export function perform(model: Model, ask: Ask, behaving: Behaving, recall: (text: string) => number): Script {
  const answers = ask.prompts.flatMap(prompt =>
    Array.from({ length: ask.copies }, (_, nth) => answer(model, ask, prompt, behaving, nth)),
  )
  return { answers, usage: usageOf(ask, answers, recall) }
}

function answer(model: Model, ask: Ask, prompt: Prompt, behaving: Behaving, nth: number): Answer {
  const seed = mix(ask.seed, nth)
  const room = ask.limit ?? Number.POSITIVE_INFINITY
  const thinking = lorem(Math.min(ask.thinking, room), seed)
  const left = Math.max(0, room - ask.thinking)
  const tool = toolToCall(model, ask)
  if (tool !== undefined) return calling(ask, tool, thinking, left)
  const stopped = untilStop(whatIsSaid(model, ask, prompt, behaving, seed, left), ask.stops)
  const text = first(stopped.text, left)
  const cut = text.length < stopped.text.length || (stopped.endless && !stopped.atStop)
  return { thinking, text, call: undefined, finish: cut ? 'length' : 'stop' }
}

function toolToCall(model: Model, { choice, tools, answered }: Ask): Tool | undefined {
  switch (choice.type) {
    case 'none':
      return undefined
    case 'auto':
      return model.callsTools && !answered ? tools[0] : undefined
    case 'required':
      if (tools[0] === undefined)
        throw wrongValue('tool_choice', "'tool_choice' is only allowed when 'tools' are specified.")
      return tools[0]
    case 'named': {
      const tool = tools.find(each => each.name === choice.name)
      if (tool !== undefined) return tool
      throw wrongValue('tool_choice', `Tool choice '${choice.name}' not found in 'tools' parameter.`)
    }
  }
}

function calling(ask: Ask, tool: Tool, thinking: string, left: number): Answer {
  const whole = JSON.stringify(fill(tool.schema))
  const said = first(whole, Math.max(0, left - count(tool.name)))
  const call: Call = { name: tool.name, arguments: said }
  const done = ask.choice.type === 'named' ? 'forced-call' : 'call'
  return { thinking, text: '', call, finish: said.length < whole.length ? 'length' : done }
}

type Said = {
  readonly text: string
  /** The model would have gone on had the limit not been. */
  readonly endless: boolean
}

function whatIsSaid(model: Model, ask: Ask, prompt: Prompt, behaving: Behaving, seed: number, left: number): Said {
  if (behaving.big !== undefined) return { text: loremBytes(behaving.big, seed), endless: false }
  if (ask.format.type === 'json') return { text: JSON.stringify(fill(ask.format.schema)), endless: false }
  if (model.says === 'echo') return { text: prompt.last, endless: false }
  if (ask.limit === undefined) return { text: lorem(usualLength, seed), endless: false }
  return { text: lorem(left, seed), endless: true }
}

function untilStop({ text, endless }: Said, stops: readonly string[]): Said & { readonly atStop: boolean } {
  const places = stops.map(stop => text.indexOf(stop)).filter(place => place >= 0)
  if (places.length === 0) return { text, endless, atStop: false }
  return { text: text.slice(0, Math.min(...places)), endless, atStop: true }
}

function usageOf(ask: Ask, answers: readonly Answer[], recall: (text: string) => number): Usage {
  const usage = { prompt: 0, cached: 0, completion: 0, thinking: 0 }
  for (const { text, media } of ask.prompts) {
    usage.prompt += count(text) + media
    usage.cached += recall(text)
  }
  for (const each of answers) {
    const thinking = count(each.thinking)
    usage.thinking += thinking
    usage.completion += thinking + count(each.text) + callTokens(each.call)
  }
  return usage
}

const callTokens = (call: Call | undefined): number =>
  call === undefined ? 0 : count(call.name) + count(call.arguments)
