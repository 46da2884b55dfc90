import type { Chat, Message, Tool, ToolChoice } from '../model/chat.ts'
import type { Part } from '../model/part.ts'

/** Which names of tools a wire takes: of letters, digits, `_` and `-`, so many of them at the most. */
export type NameRule = { readonly most: number }

/** A chat with names that the wire takes, and which of them stand for which names of the caller's. */
export type Named = { readonly chat: Chat; readonly names?: ReadonlyMap<string, string> }

/**
 * Calls the tools by names that the wire takes, wherever a name stands: where they are offered and chosen, called and
 * answered. Names that it takes are kept; of others the letters that it does not take become `_`, and what is too long is
 * cut off. No two become one.
 */
export function withFittingNames(chat: Chat, { most }: NameRule): Named {
  const said = namesIn(chat)
  const fits = (name: string): boolean => name.length <= most && /^[\w-]+$/.test(name)
  const odd = [...said].filter(name => !fits(name))
  if (odd.length === 0) return { chat }
  const names = new Map<string, string>()
  // Where many begin alike, each is looked for behind the last.
  const tried = new Map<string, number>()
  for (const name of odd) {
    const plain = name.replaceAll(/[^\w-]/g, '_').slice(0, most)
    const stem = plain.slice(0, most - 8)
    let free = plain
    let n = tried.get(stem) ?? 1
    while (said.has(free) || names.has(free)) free = `${stem}_${++n}`
    tried.set(stem, n)
    names.set(free, name)
  }
  const given = new Map([...names].map(([wire, name]) => [name, wire]))
  return { chat: renamed(chat, name => given.get(name) ?? name), names }
}

/** Those on offer first, so that a tool keeps its name while the conversation grows. */
const namesIn = ({ tools, toolChoice, messages }: Chat): ReadonlySet<string> =>
  new Set([
    ...tools.flatMap(tool => (tool.type === 'hosted' ? [] : [tool.name])),
    ...chosen(toolChoice),
    ...messages.flatMap(({ parts }) => parts.flatMap(part => (part.type === 'tool-call' ? [part.name] : []))),
  ])

function chosen(choice: ToolChoice | undefined): readonly string[] {
  if (choice?.type === 'tool') return [choice.name]
  return choice?.type === 'only' ? choice.names : []
}

type Rename = (name: string) => string

const renamed = (chat: Chat, rename: Rename): Chat => ({
  ...chat,
  tools: chat.tools.map((tool): Tool => (tool.type === 'hosted' ? tool : { ...tool, name: rename(tool.name) })),
  toolChoice: renamedChoice(chat.toolChoice, rename),
  messages: chat.messages.map((message): Message => ({ ...message, parts: renamedParts(message.parts, rename) })),
})

function renamedChoice(choice: ToolChoice | undefined, rename: Rename): ToolChoice | undefined {
  if (choice?.type === 'tool') return { ...choice, name: rename(choice.name) }
  return choice?.type === 'only' ? { ...choice, names: choice.names.map(rename) } : choice
}

const renamedParts = (parts: readonly Part[], rename: Rename): readonly Part[] =>
  parts.map(part => {
    if (part.type === 'tool-call') return { ...part, name: rename(part.name) }
    if (part.type !== 'tool-result' || part.name === undefined) return part
    return { ...part, name: rename(part.name) }
  })
