import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { seal, unseal } from '../../model/sealed.ts'
import type { Compacting } from '../dialect.ts'

/**
 * How a conversation is made shorter over a provider that has no way of its own: the model is asked to sum it up, and the
 * summary travels in the sealed item in which OpenAI's own compaction hides its state. Nothing is kept here.
 */
export const compacting: Compacting = { asked, told }

const wish =
  'Sum up our conversation so far for whoever continues it without having read it: what the user wants, what was ' +
  'found out and decided, names, numbers and open questions, exactly. Answer with the summary alone.'

function asked({ model, instructions, input }: JsonObject): JsonObject {
  const items = itemsOf(input)
  return { model, ...(instructions && { instructions }), input: [...items, message(wish)], store: false }
}

/** A text is short for one message of the user's. */
function itemsOf(input: Json | undefined): readonly Json[] {
  if (Array.isArray(input)) return input
  return typeof input === 'string' ? [message(input)] : []
}

const message = (text: string): JsonObject => ({
  type: 'message',
  role: 'user',
  content: [{ type: 'input_text', text }],
})

/** As OpenAI does, what the user said stays as it was, and all the rest is in the sealed item. */
function told(body: JsonObject, reply: JsonObject, id: string): JsonObject {
  const plain = id.replace(/[^\w-]/g, '')
  const said = itemsOf(body.input).filter(item => isObject(item) && item.role === 'user') as readonly JsonObject[]
  const kept = said.map((item, n) => ({
    ...item,
    type: 'message',
    id: item.id ?? `msg_${plain}_${n}`,
    status: 'completed',
  }))
  const summary = seal({ dialect: summaryMark, value: textOf(reply) })
  return {
    id: reply.id,
    object: 'response.compaction',
    created_at: reply.created_at,
    output: [...kept, { id: `cmp_${plain}`, type: 'compaction', encrypted_content: summary }],
    usage: reply.usage,
  }
}

/** The text of the first message of a reply. */
function textOf({ output }: JsonObject): string {
  const messages = (Array.isArray(output) ? output : []).filter(item => isObject(item) && item.type === 'message')
  const parts = messages.flatMap(item => (isObject(item) && Array.isArray(item.content) ? item.content : []))
  return parts.map(part => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('')
}

/** Who made the sealed item: no provider, so it is never handed to one. */
const summaryMark = 'summary'

/** What a compaction of ours says, in words for any model; undefined for one that a provider made. */
export function summaryIn(item: JsonObject): string | undefined {
  const sealed = typeof item.encrypted_content === 'string' ? unseal(item.encrypted_content) : undefined
  return sealed?.dialect === summaryMark ? `What was said so far, in short:\n\n${sealed.value}` : undefined
}
