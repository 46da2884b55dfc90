/** A chat's answer in chunks. Text, not objects: a chunk is written for every token. */

import { letters, mix } from '../chance.ts'
import { type Pen, type Placed, placedBlocks } from '../recite.ts'
import type { Answer } from '../script.ts'
import type { Kind, Note } from '../steps.ts'
import { callId, finishReasons, idOf, type Letter, tokenLogprob, toolCall } from './chat-parts.ts'
import { done } from './manners.ts'
import { usageBody } from './usage.ts'

export function chatPen(letter: Letter): Pen {
  const { desk, script, style } = letter
  const { behaving } = desk
  const write = chunkWriter(letter)
  const role = behaving['role-every'] === undefined ? '' : '"role":"assistant",'
  const usage = `,"usage":${JSON.stringify(usageBody(script.usage))}`
  const wanted = style.includeUsage && behaving['no-usage'] === undefined
  return {
    open: (answer, nth) => [write('open', nth, opening(letter, answer, nth))],
    begin: placed =>
      placed.block.type === 'call' && placed.block !== script.answers[placed.answer]?.blocks[0]
        ? [write('open', placed.answer, beginning(letter, placed))]
        : [],
    piece: (placed, token) => [
      write(
        placed.block.type === 'call' ? 'argument' : 'token',
        placed.answer,
        role + delta(placed, token),
        placed.block.type === 'text' ? token : undefined,
      ),
    ],
    end: () => [],
    finish: ({ finish }, nth) =>
      behaving['no-finish'] === undefined
        ? [
            write('finish', nth, '', undefined, {
              finish: `"${finishReasons[finish]}"`,
              usage: wanted && behaving['usage-twice'] !== undefined ? usage : undefined,
            }),
          ]
        : [],
    *close() {
      if (wanted) yield write('usage', undefined, '', undefined, { usage })
      if (behaving['no-done'] === undefined) yield done
    },
  }
}

type Ending = { readonly finish?: string; readonly usage?: string | undefined }

/** Without the number of an answer it is a chunk without choices. */
type Write = (kind: Kind, nth: number | undefined, delta: string, token?: string, ending?: Ending) => Note

function chunkWriter({ desk, style, logprobs }: Letter): Write {
  const head =
    `{"id":"${idOf(desk)}","object":"chat.completion.chunk","created":${desk.created},"model":${JSON.stringify(desk.name)},` +
    '"service_tier":"default","system_fingerprint":"fp_sim","choices":['
  const noUsage = style.includeUsage ? ',"usage":null' : ''
  let chunk = 0
  const padding = () =>
    style.obfuscate ? `,"obfuscation":"${letters(mix(desk.mark, chunk++), mix(chunk, 7) % 12)}"` : ''
  const choice = (nth: number, delta: string, token: string | undefined, finish: string | undefined) => {
    const probable =
      logprobs === undefined || finish !== undefined ? 'null' : JSON.stringify(deltaLogprobs(token, logprobs))
    return `{"index":${nth},"delta":{${delta}},"logprobs":${probable},"finish_reason":${finish ?? 'null'}}`
  }
  return (kind, nth, delta, token, { finish, usage = noUsage } = {}) => ({
    kind,
    data: `${head}${nth === undefined ? '' : choice(nth, delta, token, finish)}]${usage}${padding()}}`,
  })
}

const deltaLogprobs = (token: string | undefined, top: number) => ({
  content: token === undefined ? [] : [tokenLogprob(token, top)],
  refusal: null,
})

/** An answer that begins with a call opens with it. */
function opening(letter: Letter, answer: Answer, nth: number): string {
  const [first] = placedBlocks(answer, nth, letter.desk.behaving)
  if (first?.block.type !== 'call') return '"role":"assistant","content":"","refusal":null'
  return `"role":"assistant","content":null,${beginning(letter, first)},"refusal":null`
}

function beginning({ desk }: Letter, { block, answer, call }: Placed): string {
  const name = block.type === 'call' ? block.name : ''
  const begun = { index: call, ...toolCall(name, '', callId(desk, answer, call)) }
  return `"tool_calls":[${JSON.stringify(begun)}]`
}

function delta({ block, call }: Placed, token: string): string {
  const said = JSON.stringify(token)
  switch (block.type) {
    case 'thinking':
      return `"reasoning_content":${said}`
    case 'call':
      return `"tool_calls":[{"index":${call},"function":{"arguments":${said}}}]`
    case 'text':
    case 'secret':
      return `"content":${said}`
  }
}
