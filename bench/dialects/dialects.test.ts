import { describe, expect, test } from 'bun:test'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts'
import { cohereChat } from '../../src/dialects/cohere-chat/index.ts'
import type { ProviderDialect } from '../../src/dialects/dialect.ts'
import { geminiGenerate } from '../../src/dialects/gemini-generate/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import { fold } from '../../src/model/fold.ts'
import { textOf, USED, WORDS } from '../content.ts'
import { SPOKEN } from './all.ts'
import type { Spoken } from './dialect.ts'

const readers = [openaiChat, openaiResponses, anthropicMessages, geminiGenerate, bedrockConverse, cohereChat]
const pairs = SPOKEN.map(spoken => [spoken.id, spoken, readers.find(({ id }) => id === spoken.id)] as const)

/** What Thalamus makes of it, in the words of no dialect. */
const understood = (reader: ProviderDialect, spoken: Spoken) => {
  const { opening, words, closing } = spoken.frames(WORDS, { usage: true })
  const frames = Buffer.concat([...opening, ...words, ...closing].map(frame => Buffer.from(frame)))
  return fold(reader.stream.reader('mock/gpt-bench').read(new Uint8Array(frames)))
}

describe.each(pairs)('the upstream speaks %s', (_, spoken, reader = expect.unreachable()) => {
  test('so that a whole reply is understood', () => {
    const wire = JSON.stringify(spoken.whole(textOf('')))
    const { choices, usage } = reader.answer.read(JSON.parse(wire), wire, 'mock/gpt-bench')
    expect(choices[0]?.parts).toMatchObject([{ type: 'text', text: textOf('') }])
    expect(choices[0]?.stop?.reason).toBe('end')
    expect(usage).toMatchObject(USED)
  })

  test('so that a stream is understood', () => {
    const { choices, usage } = understood(reader, spoken)
    expect(choices[0]?.parts).toMatchObject([{ type: 'text', text: WORDS.join('') }])
    expect(choices[0]?.stop?.reason).toBe('end')
    expect(usage).toMatchObject(USED)
  })

  test('where it is asked', () => {
    const [whole, stream] = [false, true].map(
      stream => spoken.base + reader.path({ operation: 'chat', model: 'gpt-bench', stream }),
    )
    expect([whole, stream].map(path => spoken.answersAt(path ?? ''))).toEqual([true, true])
    expect(spoken.streams(stream ?? '', Buffer.from('{"stream":true}'))).toBe(true)
    expect(spoken.streams(whole ?? '', Buffer.from('{}'))).toBe(false)
  })

  test('and nobody else answers there', () => {
    const path = spoken.base + reader.path({ operation: 'chat', model: 'gpt-bench', stream: false })
    expect(SPOKEN.filter(one => one.answersAt(path))).toEqual([spoken])
  })
})
